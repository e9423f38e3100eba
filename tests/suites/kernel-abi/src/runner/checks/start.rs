// SPDX-License-Identifier: BSD-2-Clause

//! Start: symbols, order of protection domains, registers (6.3, 6.4).

use super::{DEBUG, child, label};
use crate::memory::STARTED;
use crate::suite::{Event, Suite};
use crate::{code, methods};
use sel4_microkit::{
    Channel, MessageInfo, get_mr, pd_is_passive, pd_name, set_mr, var, with_msg_regs,
};

code::code!(guest_stop: "smc #0");

/// Program status of a protection domain, flags aside: release masks FIQ and SError.
pub const STATUS: u64 = if DEBUG { 0x40 } else { 0x140 };

/// A child's name as it writes it.
fn name(text: &str) -> u64 {
    text.bytes()
        .take(8)
        .enumerate()
        .fold(0, |word, (index, byte)| {
            word | u64::from(byte) << (8 * index)
        })
}

pub fn run(suite: &mut Suite) {
    let size: u64 = *var!(shared_size: u64 = 0);
    let report = &mut suite.report;
    report.equal(
        "the tool patches the name into the ELF file",
        pd_name(),
        Ok("runner"),
    );
    report.equal("the runner is not passive", pd_is_passive(), false);
    report.equal("the tool patches a region's size", size, 0x1000);
    order(suite);
    servers(suite);
}

/// Who is started when, and with what.
fn order(suite: &mut Suite) {
    let before = suite.shared.list(STARTED);
    let names = [3, name("high_b"), name("high_c"), name("high_a")];
    suite.report.equal(
        "higher priorities start first, equal ones in reverse order of names",
        before,
        names,
    );
    let event = suite.wait();
    let entry = suite.child(child::ENTRY);
    let registers = entry.registers();
    let pc = *registers.0.pc();
    let status = if DEBUG { 0x40 } else { 0x140 };
    suite.report.equal(
        "a protection domain starts at its entry with x0 zero",
        event,
        Event::fault(&entry, label::VM_FAULT, &[pc, 0x7f8, 0, 0x93c1_8006]),
    );
    let mut start = sel4::UserContext::default();
    *start.pc_mut() = pc;
    *start.sp_mut() = 0xff_ffff_e000;
    *start.spsr_mut() = status;
    suite.report.equal(
        "it starts with the stack's top in SP and all else zero",
        registers.0,
        start,
    );
    let after: [u64; 7] = suite.shared.list(STARTED);
    let names = [6, name("limited"), name("probe"), name("nofpu")];
    suite.report.equal(
        "lower priorities run once the runner waits",
        [after[0], after[4], after[5], after[6]],
        names,
    );
    // Whoever has a priority above the guest's has started when it stops.
    let guest = suite.guest();
    let event = suite.run(&guest, guest_stop, &[]);
    suite.report.equal(
        "a guest does not run until it is started",
        event.child(),
        Some(0),
    );
    let last: [u64; 2] = suite.shared.list(STARTED + 7);
    suite.report.equal(
        "the twins have started",
        last,
        [name("twin_b"), name("twin_a")],
    );
}

/// Protected calls as protection domains make them, through the run-time.
fn servers(suite: &mut Suite) {
    let server = Channel::new(crate::layout::TO_SERVER);
    let active = Channel::new(crate::layout::TO_ACTIVE);
    for (who, channel) in [("the passive", server), ("the active", active)] {
        (0..6).for_each(|n| set_mr(n, 10 + n as u64));
        let answer = channel.pp_call(MessageInfo::new(methods::ADD, 6));
        let got = (who, answer.label(), answer.count(), get_mr(0));
        suite
            .report
            .equal("a server adds six words", got, (who, methods::OK, 1, 75));
        let answer = channel.pp_call(MessageInfo::new(methods::FILL, 0));
        let good = with_msg_regs(|words| words.iter().zip(0..).all(|(word, n)| *word == 3 * n));
        let got = (who, answer.label(), answer.count(), good);
        suite.report.equal(
            "a server answers with 120 words",
            got,
            (who, methods::FILLED, 120, true),
        );
        channel.notify();
        channel.notify();
        channel.pp_call(MessageInfo::new(methods::STATE, 0));
        let got = (who, get_mr(0), get_mr(1));
        let passive = u64::from(channel == server);
        suite.report.equal(
            "a server of higher priority handles each notification at once",
            got,
            (who, passive, 2),
        );
        channel.pp_call(MessageInfo::new(methods::NOTIFY, 0));
        let event = suite.wait();
        let badge = 1 << channel.index();
        suite
            .report
            .equal("a server notifies back", event, Event::Notified(badge));
    }
}
