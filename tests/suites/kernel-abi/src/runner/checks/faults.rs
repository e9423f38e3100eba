// SPDX-License-Identifier: BSD-2-Clause

//! Faults: what a protection domain runs into (4.1), and what answers do (4).

use super::{DEBUG, child, label};
use crate::code::{self, Code};
use crate::layout::{CODE, SHARED};
use crate::suite::{Event, Suite};

/// What an instruction comes to.
#[derive(Clone, Copy)]
enum Outcome {
    /// It executes.
    Executes,
    /// Trapped to EL2 with this syndrome.
    Trap(u64),
    /// Trapped to EL2 as access to a system register; the syndrome follows from
    /// the instruction (Arm ARM, ISS encoding of exception class 0x18).
    RegisterTrap,
    /// The same, with a syndrome in which QEMU 7.2 swaps fields op1 and op2.
    SomeRegisterTrap,
    /// Undefined at EL0.
    Undefined,
    /// Breakpoint instruction: a fault of its own kind in debug.
    Breakpoint(u64),
}

macro_rules! rows {
    ($($instruction:literal => $outcome:expr,)+) => {
        &[$((
            $instruction,
            { code::code!(row: $instruction, "udf #0"); row as Code },
            $outcome,
        )),+]
    };
}

/// An instruction, as text and as code that ends with UDF, and what it comes to.
type Row = (&'static str, Code, Outcome);

// x1 is an address in the shared page.
const ROWS: &[Row] = rows! {
    "wfi" => Outcome::Executes,
    "wfe" => Outcome::Executes,
    "yield" => Outcome::Executes,
    "mrs x11, cntpct_el0" => Outcome::Executes,
    "mrs x11, cntfrq_el0" => Outcome::Executes,
    "mrs x11, cntp_ctl_el0" => Outcome::Executes,
    "mrs x11, ctr_el0" => Outcome::Executes,
    "mrs x11, dczid_el0" => Outcome::Executes,
    "dc cvau, x1" => Outcome::Executes,
    "dc cvac, x1" => Outcome::Executes,
    "dc civac, x1" => Outcome::Executes,
    "ic ivau, x1" => Outcome::Executes,
    "ldr x11, [x1, #1]" => Outcome::Executes,
    ".inst 0x1e2703e0" /* fmov s0, wzr */ => Outcome::Executes,
    "mrs x11, cntvct_el0" => Outcome::Trap(0x6234_f961),
    "dc zva, x0" => Outcome::Trap(0x6212_dc08),
    "mrs x11, cntv_ctl_el0" => Outcome::RegisterTrap,
    "mrs x11, pmccntr_el0" => Outcome::RegisterTrap,
    "mrs x11, mdccsr_el0" => Outcome::RegisterTrap,
    "mrs x11, daif" => Outcome::RegisterTrap,
    "msr daifset, #2" => Outcome::SomeRegisterTrap,
    "mrs x11, sctlr_el1" => Outcome::Undefined,
    "mrs x11, midr_el1" => Outcome::Undefined,
    "mrs x11, currentel" => Outcome::Undefined,
    "msr tpidrro_el0, x1" => Outcome::Undefined,
    "hlt #0" => Outcome::Undefined,
    "smc #0" => Outcome::Undefined,
    "hvc #0" => Outcome::Undefined,
    "eret" => Outcome::Undefined,
    "dc ivac, x1" => Outcome::Undefined,
    "ic iallu" => Outcome::Undefined,
    "tlbi vmalle1" => Outcome::Undefined,
    "udf #0" => Outcome::Undefined,
    "brk #0x1234" => Outcome::Breakpoint(0xf200_1234),
};

code::code!(nop: "nop", "udf #0");
code::code!(null_load: "ldr x11, [x1]", "udf #0");
code::code!(store: "str x0, [x1]", "udf #0");
code::code!(branch: "br x1");
code::code!(system_call: "svc #0", "nop", "udf #0");

/// Number of the user exception for an undefined instruction.
const UNDEFINED: u64 = 0x200_0000;

pub fn run(suite: &mut Suite) {
    instructions(suite);
    floating_point(suite);
    memory(suite);
    stack(suite);
    unknown_system_calls(suite);
    answers(suite);
}

/// Syndrome of a trapped system instruction (Arm ARM: ISS of exception class 0x18).
fn syndrome(instruction: u32) -> u64 {
    let field = |low: u32, width: u32| u64::from(instruction >> low & ((1 << width) - 1));
    let (op0, op1, crn, crm, op2, rt) = (
        field(19, 2),
        field(16, 3),
        field(12, 4),
        field(8, 4),
        field(5, 3),
        field(0, 5),
    );
    0x6200_0000 | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | rt << 5 | crm << 1 | field(21, 1)
}

fn instructions(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    for (text, code, outcome) in ROWS {
        let status = 0xa000_0000 | super::start::STATUS;
        let undefined = |pc| {
            Event::fault(
                &probe,
                label::USER_EXCEPTION,
                &[pc, 0xa100, status, UNDEFINED, 0],
            )
        };
        let trap = |esr| Event::fault(&probe, label::VCPU_FAULT, &[esr]);
        let first = code::words(*code).next().unwrap_or_default();
        let expected = match *outcome {
            Outcome::Executes => undefined(probe.base() + 4),
            Outcome::Undefined => undefined(probe.base()),
            Outcome::Trap(esr) => trap(esr),
            Outcome::RegisterTrap => trap(syndrome(first)),
            Outcome::SomeRegisterTrap => trap(0x18),
            Outcome::Breakpoint(_) if DEBUG => {
                Event::fault(&probe, label::DEBUG_EXCEPTION, &[probe.base(), 3])
            }
            Outcome::Breakpoint(esr) => trap(esr),
        };
        let event = suite.run(&probe, *code, &[(1, SHARED + 0x100), (0, SHARED + 0x100)]);
        let event = match (outcome, event) {
            (Outcome::SomeRegisterTrap, Event::Child(_, label::VCPU_FAULT, 1, words)) => {
                trap(words[0] >> 26)
            }
            _ => event,
        };
        suite.report.equal(text, event, expected);
    }
}

fn floating_point(suite: &mut Suite) {
    code::code!(fmov: ".inst 0x1e2703e0", "udf #0");
    let nofpu = suite.child(child::NOFPU);
    let event = suite.run(&nofpu, fmov, &[]);
    let fault = Event::fault(&nofpu, label::VCPU_FAULT, &[0x1fe0_0000]);
    suite.report.equal(
        "floating point without the right to it is trapped",
        event,
        fault,
    );
    code::code!(set: "fmov d7, x1", "svc #0", "fmov x2, d7", "udf #0");
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    for (thread, value) in [(&twin, 0x1111), (&probe, 0x2222)] {
        // An unknown system call stops it while its value is in the register.
        let event = suite.run(thread, set, &[(1, value), (7, 0)]);
        suite.report.equal(
            "a thread stops amid floating point",
            event.label(),
            Some(label::UNKNOWN_SYSCALL),
        );
    }
    let mut got = [0; 2];
    for (thread, got) in [twin, probe].iter().zip(&mut got) {
        thread.resume_after();
        *got = suite.end(thread).map_or(0, |context| context.x(2));
    }
    suite.report.equal(
        "floating-point registers are each thread's own",
        got,
        [0x1111, 0x2222],
    );
}

fn memory(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let pc = probe.base();
    let high = 1 << 40;
    let cases = [
        ("a null load", null_load as Code, 0, [pc, 0, 0, 0x93cb_8006]),
        ("a store to text", store, CODE, [pc, CODE, 0, 0x93c0_804f]),
        (
            "a fetch from data",
            branch,
            SHARED,
            [SHARED, SHARED, 1, 0x8200_000f],
        ),
        ("a fetch from nowhere", branch, 0, [0, 0, 1, 0x8200_0006]),
        (
            "a load beyond user space",
            null_load,
            high,
            [pc, high, 0, 0x9200_0000],
        ),
    ];
    for (name, code, address, words) in cases {
        let event = suite.run(&probe, code, &[(1, address)]);
        suite
            .report
            .equal(name, event, Event::fault(&probe, label::VM_FAULT, &words));
    }
    let event = suite.run(&probe, branch, &[(1, pc + 2)]);
    suite.report.equal(
        "an unaligned program counter",
        event,
        Event::fault(&probe, label::VCPU_FAULT, &[0x8a00_0000]),
    );
}

/// The IPC buffer has unmapped pages around it (6.4).
fn stack(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    for (name, address, fault) in [
        ("the IPC buffer is mapped", 0xff_ffff_f000, false),
        ("a guard page is below the IPC buffer", 0xff_ffff_e000, true),
        ("the stack is below the guard page", 0xff_ffff_dff8, false),
        (
            "the stack's last page is its size away",
            0xff_ffff_c000,
            false,
        ),
        ("nothing is below the stack", 0xff_ffff_bff8, true),
    ] {
        let event = suite.run(&probe, null_load, &[(1, address)]);
        let expected = if fault {
            label::VM_FAULT
        } else {
            label::USER_EXCEPTION
        };
        suite.report.equal(name, event.label(), Some(expected));
    }
}

fn unknown_system_calls(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let debug_put_char = if DEBUG { -33 } else { -12 };
    for number in [0, 1, -33, debug_put_char, i64::MAX, i64::MIN] {
        let event = suite.run(&probe, system_call, &[(7, number as u64)]);
        let mut words = [0; 13];
        (0..7).for_each(|n| words[n] = 0xa000 + n as u64);
        words[7] = number as u64;
        words[8] = probe.base();
        words[9] = 0xa100;
        words[10] = probe.base() + 4;
        words[11] = 0xa000_0000 | super::start::STATUS;
        words[12] = number as u64;
        let fault = Event::fault(&probe, label::UNKNOWN_SYSCALL, &words);
        suite
            .report
            .equal("an unknown system call's fault", event, fault);
    }
}

fn answers(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let twin = suite.child(child::TWIN_A);
    let event = suite.run(&probe, null_load, &[(1, 0)]);
    suite.answer(1, &[5, 6, 7]);
    let again = suite.wait();
    suite.report.equal(
        "any answer to a VM fault restarts the instruction",
        again,
        event,
    );

    suite.run(&probe, system_call, &[(7, 0)]);
    suite.answer(
        0,
        &[
            0x10,
            0x11,
            0x12,
            0x13,
            0x14,
            0x15,
            0x16,
            0x17,
            probe.base() + 4,
            0x99,
            0,
            0x6000_0000,
        ],
    );
    let got = suite.end(&probe);
    let values: [(usize, u64); 8] = core::array::from_fn(|n| (n, 0x10 + n as u64));
    let mut expected = probe.context().with(&values).at(8);
    *expected.0.sp_mut() = 0x99;
    *expected.0.spsr_mut() = 0x6000_0000 | super::start::STATUS;
    // Word 10 is the link register's place.
    let mut got = got.unwrap_or_else(|_| probe.context());
    expected = expected.with(&[(30, got.x(30))]);
    *got.0.pc_mut() += 0;
    suite.report.equal(
        "an answer to an unknown system call writes registers and restarts",
        got,
        expected,
    );

    suite.run(&probe, system_call, &[(7, 0)]);
    suite.answer(0, &[0x10, 0x11]);
    let event = suite.wait();
    let got = (
        event.label(),
        event.word(0),
        event.word(1),
        event.word(2),
        event.word(8),
    );
    let expected = (
        Some(label::UNKNOWN_SYSCALL),
        Some(0x10),
        Some(0x11),
        Some(0xa002),
        Some(probe.base()),
    );
    suite
        .report
        .equal("a short answer writes that many registers", got, expected);

    suite.run(&probe, nop, &[]);
    suite.answer(0, &[probe.base(), 0x5550]);
    let event = suite.wait();
    let got = (event.label(), event.word(0), event.word(1));
    let expected = (
        Some(label::USER_EXCEPTION),
        Some(probe.base() + 4),
        Some(0x5550),
    );
    suite.report.equal(
        "an answer to a user exception writes PC and SP",
        got,
        expected,
    );

    for code in [system_call as Code, nop] {
        suite.run(&probe, code, &[(7, 0)]);
        suite.answer(1, &[]);
        let event = suite.run(&twin, nop, &[]);
        suite.report.equal(
            "an answer with a label leaves the thread stopped",
            event.child(),
            Some(twin.id),
        );
    }
    probe.tcb.tcb_resume().expect("a TCB can be resumed");
    let event = suite.wait();
    suite.report.equal(
        "Resume brings it back to the same instruction",
        event.word(0),
        Some(probe.base() + 4),
    );
}
