// SPDX-License-Identifier: BSD-2-Clause

//! Invocations: results and errors (3.2 to 3.5).

use super::{DEBUG, child, number};
use crate::code;
use crate::layout::{OWN_TCB, SMC, TWIN_A_TIME, UART_IRQ, VSPACE};
use crate::report::TRANSMIT;
use crate::suite::{Event, Suite};
use core::fmt::Write;
use sel4::sys::invocation_label as method;
use sel4::{Error, MessageInfo, VCpuReg, Word, cap};
use sel4_microkit::{Channel, get_mr};

/// The guest's virtual processor.
pub const VCPU: cap::VCpu = cap::VCpu::from_bits(330);

/// Invokes `label` on slot `target`: label of the answer, its length and first words.
pub fn invoke(target: u64, label: u32, words: &[Word]) -> (u64, usize, [Word; 4]) {
    let info = MessageInfo::new(label.into(), 0, 0, words.len());
    sel4::with_ipc_buffer_mut(|buffer| buffer.msg_regs_mut()[..words.len()].copy_from_slice(words));
    let fast = &words[..words.len().min(sel4::NUM_FAST_MESSAGE_REGISTERS)];
    let answer = cap::Unspecified::from_bits(target).call_with_mrs(info, fast);
    (answer.info.label(), answer.info.length(), answer.msg)
}

pub fn run(suite: &mut Suite) {
    caches(suite);
    threads(suite);
    own_thread(suite);
    priorities(suite);
    time(suite);
    registers(suite);
    vcpu(suite);
    virtual_interrupts(suite);
    firmware(suite);
    interrupt(suite);
}

fn caches(suite: &mut Suite) {
    let start = suite.shared_address;
    let methods = [
        ("clean", method::ARMVSpaceClean_Data),
        (
            "clean and invalidate",
            method::ARMVSpaceCleanInvalidate_Data,
        ),
        ("unify", method::ARMVSpaceUnify_Instruction),
    ];
    let report = &mut suite.report;
    for (name, label) in methods {
        let call = |start, end| {
            let (error, length, words) = invoke(VSPACE, label, &[start, end]);
            (name, error, length, if length > 0 { words[0] } else { 0 })
        };
        report.equal(
            "a cache operation on a page succeeds",
            call(start, start + 0x1000),
            (name, 0, 0, 0),
        );
        report.equal(
            "an empty range is InvalidArgument(1)",
            call(start, start),
            (name, 1, 1, 1),
        );
        report.equal(
            "a backward range is InvalidArgument(1)",
            call(start + 64, start),
            (name, 1, 1, 1),
        );
        report.equal(
            "beyond user space is IllegalOperation",
            call(1 << 40, (1 << 40) + 64),
            (name, 3, 0, 0),
        );
        report.equal(
            "an unmapped start succeeds",
            call(0x7000_0000, 0x7000_0040),
            (name, 0, 0, 0),
        );
        report.equal(
            "crossing the first page is a RangeError",
            call(start, start + 0x1001).1,
            4,
        );
    }
    let (error, ..) = invoke(VSPACE, methods[0].1, &[start]);
    report.equal("a missing argument is TruncatedMessage", error, 7);
}

fn threads(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let read = probe.tcb.tcb_read_registers(false, 37).err();
    let range = (get_mr(0), get_mr(1));
    let report = &mut suite.report;
    report.equal(
        "reading 37 registers is RangeError(1, 36)",
        (read, range),
        (Some(Error::RangeError), (1, 36)),
    );
    let read = probe.tcb.tcb_read_registers(false, 0).err();
    report.equal(
        "reading no register is a RangeError",
        read,
        Some(Error::RangeError),
    );
    let (error, ..) = invoke(probe.tcb.bits(), method::TCBWriteRegisters, &[0, 4, 0]);
    report.equal(
        "writing fewer registers than announced is TruncatedMessage",
        error,
        7,
    );
    report.equal("a TCB has flags", probe.tcb.tcb_set_flags(0, 0), Ok(0));
    report.equal("flags can be set", probe.tcb.tcb_set_flags(0, 1), Ok(1));
    report.equal("and cleared", probe.tcb.tcb_set_flags(1, 0), Ok(0));
    report.equal(
        "suspending twice succeeds",
        (probe.tcb.tcb_suspend(), probe.tcb.tcb_suspend()),
        (Ok(()), Ok(())),
    );
    report.equal(
        "a slot of another type is no TCB",
        cap::Tcb::from_bits(330).tcb_resume(),
        Err(Error::IllegalOperation),
    );
    report.equal(
        "an empty slot is no TCB",
        cap::Tcb::from_bits(202).tcb_resume(),
        Err(Error::InvalidCapability),
    );
    let thread = suite.child(child::TWIN_A);
    thread.start([code::UDF], &thread.context());
    thread.tcb.tcb_suspend().expect("a TCB can be suspended");
    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "a suspended thread does not run",
        event.child(),
        Some(child::PROBE),
    );
    thread.tcb.tcb_resume().expect("a TCB can be resumed");
    let event = suite.wait();
    suite
        .report
        .equal("a resumed one does", event.child(), Some(child::TWIN_A));
    thread.tcb.tcb_resume().expect("a TCB can be resumed");
    let event = suite.wait();
    suite.report.equal(
        "resumed out of a fault it runs the instruction again",
        event.child(),
        Some(child::TWIN_A),
    );
}

fn own_thread(suite: &mut Suite) {
    let own = cap::Tcb::from_bits(OWN_TCB);
    let read = own.tcb_read_registers(false, 1).err();
    let written = own.tcb_write_registers(false, 1, &mut sel4::UserContext::default());
    let report = &mut suite.report;
    let illegal = Error::IllegalOperation;
    report.equal(
        "a thread cannot read its own registers",
        read,
        Some(illegal),
    );
    report.equal("nor write them", written, Err(illegal));
    report.equal(
        "the bits below a user slot's number do not matter",
        cap::Tcb::from_bits(OWN_TCB | 0x123).tcb_set_flags(0, 0),
        Ok(0),
    );
}

fn priorities(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let own = cap::Tcb::from_bits(OWN_TCB);
    let first = |suite: &mut Suite| {
        for thread in [&twin, &probe] {
            thread.start([code::UDF], &thread.context());
        }
        [suite.wait(), suite.wait()].map(|event| event.child())
    };
    let order = first(suite);
    suite.report.equal(
        "the higher priority runs first",
        order,
        [Some(probe.id), Some(twin.id)],
    );
    suite.report.equal(
        "a priority can be lowered",
        probe.tcb.tcb_set_priority(own, 35),
        Ok(()),
    );
    let order = first(suite);
    suite.report.equal(
        "and the thread runs later",
        order,
        [Some(twin.id), Some(probe.id)],
    );
    suite.report.equal(
        "a priority can be restored",
        probe.tcb.tcb_set_priority(own, 50),
        Ok(()),
    );
    let got = (probe.tcb.tcb_set_priority(own, 101), get_mr(0), get_mr(1));
    let expected = (Err(Error::RangeError), 0, 100);
    suite.report.equal(
        "a priority above the authority's is RangeError(0, its own)",
        got,
        expected,
    );
    let got = probe.tcb.tcb_set_priority(cap::Tcb::from_bits(VSPACE), 1);
    suite.report.equal(
        "something else is no authority",
        got,
        Err(Error::InvalidCapability),
    );
}

fn time(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let context = cap::SchedContext::from_bits(TWIN_A_TIME);
    let consumed = || {
        let (error, length, words) = invoke(TWIN_A_TIME, method::SchedContextConsumed, &[]);
        (error, length, words[0])
    };
    let bind = |target: u64| {
        sel4::with_ipc_buffer_mut(|buffer| buffer.caps_or_badges_mut()[0] = target);
        let info = MessageInfo::new(method::SchedContextBind.into(), 0, 1, 0);
        cap::Unspecified::from_bits(TWIN_A_TIME).call(info).label()
    };
    let report = &mut suite.report;
    let (error, length, used) = consumed();
    report.equal(
        "the time a thread used can be asked for",
        (error, length),
        (0, 1),
    );
    // Half of `scheduling`'s sixteen slices, and little else.
    report.within("in microseconds", used, 6800, 9500);
    report.equal("and is counted from zero again", consumed(), (0, 1, 0));
    report.equal(
        "a bound scheduling context cannot be bound again",
        bind(probe.tcb.bits()),
        3,
    );
    report.equal(
        "a scheduling context can be unbound",
        context.unbind(),
        Ok(()),
    );
    twin.start([code::UDF], &twin.context());
    let event = suite.run(&probe, stop, &[]);
    let guest = suite.guest();
    let second = suite.run(&guest, guest_stop, &[]);
    let got = (event.child(), second.child());
    suite.report.equal(
        "a thread without one does not run",
        got,
        (Some(probe.id), Some(guest.id)),
    );
    suite.report.equal(
        "it cannot go to a thread that has one",
        bind(probe.tcb.bits()),
        3,
    );
    suite
        .report
        .equal("it can be bound again", bind(twin.tcb.bits()), 0);
    let event = suite.wait();
    suite
        .report
        .equal("and the thread runs", event.child(), Some(twin.id));
}

code::code!(guest_stop: "smc #0");
code::code!(stop: "udf #0");
code::code!(tls: "mrs x1, tpidr_el0", "mov x2, #0x77", "msr tpidr_el0, x2", "mrs x3, tpidrro_el0", "udf #0");

fn registers(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    probe.tcb.tcb_suspend().expect("a TCB can be suspended");
    for (given, kept) in [(u64::MAX, 0xf000_0000), (0x3c9, 0), (0x1c5, 0)] {
        let mut context = probe.context().0;
        *context.spsr_mut() = given;
        let done = probe.tcb.tcb_write_all_registers(false, &mut context);
        *context.spsr_mut() = kept | super::start::STATUS;
        let read = probe.tcb.tcb_read_all_registers(false);
        suite.report.equal(
            "a child's status keeps its flags only",
            (done, read),
            (Ok(()), Ok(context)),
        );
    }
    let event = suite.run(&probe, tls, &[]);
    let context = probe.registers();
    let got = (
        event.label(),
        context.x(1),
        context.x(3),
        context.0.inner().tpidr_el0,
    );
    suite.report.equal(
        "TPIDR_EL0 and TPIDRRO_EL0 are the thread's",
        got,
        (Some(3), 0xa200, 0xa300, 0x77),
    );
    let done = probe.tcb.tcb_set_tls_base(0x1234);
    let base = probe.registers().0.inner().tpidr_el0;
    suite.report.equal(
        "SetTLSBase writes TPIDR_EL0",
        (done, base),
        (Ok(()), 0x1234),
    );

    let guest = suite.guest().tcb;
    guest.tcb_suspend().expect("a TCB can be suspended");
    for (given, status) in [
        (0x3c5, 0x3c5),
        (0x3c4, 0x3c4),
        (0x3c0, 0x3c0),
        (0x3c9, super::start::STATUS),
    ] {
        let mut context = probe.context().0;
        *context.spsr_mut() = given;
        let done = guest.tcb_write_all_registers(false, &mut context);
        *context.spsr_mut() = status;
        let read = guest.tcb_read_all_registers(false);
        suite.report.equal(
            "a guest's status is EL0t, EL1t, EL1h or forced",
            (done, read),
            (Ok(()), Ok(context)),
        );
    }
}

fn vcpu(suite: &mut Suite) {
    let report = &mut suite.report;
    let read = |id: Word| {
        let (error, length, words) = invoke(VCPU.bits(), method::ARMVCPUReadReg, &[id]);
        (error, if length > 0 { words[0] } else { 0 })
    };
    let write = |id: Word, value| invoke(VCPU.bits(), method::ARMVCPUWriteReg, &[id, value]).0;
    report.equal(
        "SCTLR_EL1 starts as the kernel says",
        VCPU.vcpu_read_regs(VCpuReg::SCTLR),
        Ok(0x34d5_8820),
    );
    for id in [
        1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 22, 23,
    ] {
        report.equal(
            "every other register starts as zero",
            (id, read(id)),
            (id, (0, 0)),
        );
    }
    for id in [2, 3, 11, 12, 13, 14, 15, 17, 18, 22] {
        let value = id << 12;
        let got = (id, write(id, value), read(id), write(id, 0));
        report.equal("what is written is read back", got, (id, 0, (0, value), 0));
    }
    report.equal(
        "reading register 24 is InvalidArgument(1)",
        read(24),
        (1, 1),
    );
    report.equal("writing register 24 is InvalidArgument(1)", write(24, 0), 1);
    report.equal(
        "a missing register number is TruncatedMessage",
        invoke(330, method::ARMVCPUReadReg, &[]).0,
        7,
    );
    report.equal(
        "AckVPPI(28) is InvalidArgument",
        VCPU.vcpu_ack_vppi(28),
        Err(Error::InvalidArgument),
    );
    report.equal(
        "AckVPPI(200) is RangeError",
        VCPU.vcpu_ack_vppi(200),
        Err(Error::RangeError),
    );
    report.equal(
        "AckVPPI(27) succeeds unasked",
        VCPU.vcpu_ack_vppi(27),
        Ok(()),
    );
}

fn virtual_interrupts(suite: &mut Suite) {
    let inject = |virq, priority, group, index| {
        let done = VCPU.vcpu_inject_irq(virq, priority, group, index);
        let range = if done == Err(Error::RangeError) {
            (get_mr(0), get_mr(1))
        } else {
            (0, 0)
        };
        (done, range)
    };
    let report = &mut suite.report;
    report.equal(
        "list register 4 is RangeError(0, 3)",
        inject(40, 0, 0, 4),
        (Err(Error::RangeError), (0, 3)),
    );
    report.equal(
        "INTID 1024 is RangeError(0, 0x3ff)",
        inject(1024, 0, 0, 0),
        (Err(Error::RangeError), (0, 0x3ff)),
    );
    report.equal(
        "priority 32 is RangeError(0, 31)",
        inject(40, 32, 0, 0),
        (Err(Error::RangeError), (0, 31)),
    );
    report.equal(
        "group 2 is RangeError(0, 1)",
        inject(40, 0, 2, 0),
        (Err(Error::RangeError), (0, 1)),
    );
    report.equal(
        "a free list register takes an interrupt",
        inject(40, 0, 0, 3).0,
        Ok(()),
    );
}

fn firmware(suite: &mut Suite) {
    let psci_version = 0x8400_0000;
    let (error, length, words) = invoke(
        SMC,
        method::ARMSMCCall,
        &[psci_version, 0, 0, 0, 0, 0, 0, 0],
    );
    let report = &mut suite.report;
    report.equal(
        "PSCI_VERSION by SMC answers 8 words",
        (error, length, words[0] >> 16),
        (0, 8, 1),
    );
    let (error, ..) = invoke(SMC, method::ARMSMCCall, &[psci_version]);
    report.equal("an SMC needs all 8 words", error, 7);
}

/// The UART's transmit interrupt, from the device to the protection domain and back.
fn interrupt(suite: &mut Suite) {
    let channel = Channel::new(UART_IRQ);
    let probe = suite.child(child::PROBE);
    suite.report.equal(
        "an interrupt can be acknowledged unasked",
        channel.irq_ack(),
        Ok(()),
    );
    let uart = &mut suite.report.uart;
    uart.clear(TRANSMIT);
    uart.enable(TRANSMIT);
    // `Uart` never fails; an empty line has no speaker.
    let _ = uart.write_str("\r\n");
    let event = suite.wait();
    suite.report.equal(
        "an interrupt notifies its channel",
        event,
        Event::Notified(1 << UART_IRQ),
    );
    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "it does not again before it is acknowledged",
        event.child(),
        Some(child::PROBE),
    );
    suite
        .report
        .equal("acknowledging succeeds", channel.irq_ack(), Ok(()));
    let event = suite.wait();
    suite.report.equal(
        "a level that is still high interrupts again",
        event,
        Event::Notified(1 << UART_IRQ),
    );
    suite.report.uart.enable(0);
    suite.report.uart.clear(TRANSMIT);
    suite
        .report
        .equal("acknowledging succeeds", channel.irq_ack(), Ok(()));
    let got = suite.system_call(&probe, number::YIELD, &[]).is_ok();
    suite
        .report
        .equal("a level that has fallen does not", got, true);
    let _ = DEBUG;
}
