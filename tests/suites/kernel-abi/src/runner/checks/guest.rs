// SPDX-License-Identifier: BSD-2-Clause

//! What a guest runs into (4.2), its timer and its interrupts (5.4 to 5.6).

use super::invocations::{VCPU, invoke};
use super::label;
use crate::code::{self, Code};
use crate::layout::{GUEST_GICC, GUEST_NOTHING, GUEST_RAM, GUEST_ROM, SECOND_VCPU};
use crate::suite::{Event, Suite};
use sel4::sys::invocation_label as method;
use sel4::{Error, VCpuReg, cap};

/// Syndrome of a guest's `SMC #0`.
const SMC: u64 = 0x5e00_0000;
/// Syndrome of a guest's WFI.
const WFI: u64 = 0x07e0_0000;
/// INTID of the virtual timer.
const TIMER: u64 = 27;
/// A virtual interrupt of the guest's.
const VIRTUAL: u16 = 40;

macro_rules! free {
    ($($instruction:literal),+ $(,)?) => {
        &[$(($instruction, { code::code!(row: $instruction, "smc #0"); row as Code })),+]
    };
}

/// Instructions of EL1 that do not trap. x1 is an address in the guest's RAM.
const FREE: &[(&str, Code)] = free![
    "mrs x11, midr_el1",
    "mrs x11, id_aa64mmfr0_el1",
    "mrs x11, actlr_el1",
    "mrs x11, s3_1_c11_c0_2", // L2CTLR_EL1
    "dc cisw, xzr",
    "tlbi vmalle1",
    "dc zva, x1",
    "mrs x11, pmcr_el0",
    "msr mdscr_el1, xzr",
    "msr oslar_el1, xzr",
    "mrs x11, cntpct_el0",
    "mrs x11, cntvct_el0",
    "mrs x11, cntp_ctl_el0",
    "mrs x11, sctlr_el1",
    "msr daifset, #0xf",
    "wfe",
];

code::code!(wfi: "wfi", "smc #0");
code::code!(smc: "smc #0");
code::code!(load: "ldr x11, [x1]", "smc #0");
code::code!(store: "str w2, [x1]", "smc #0");
code::code!(pair: "ldp x11, x12, [x1]", "smc #0");
code::code!(fetch: "br x1");
code::code!(counters: "mrs x11, cntvct_el0", "isb", "mrs x12, cntpct_el0", "isb", "mrs x13, cntvct_el0", "smc #0");
code::code!(hypercall: "hvc #0", "smc #0");
code::code!(fire: "mov x2, #1", "msr cntv_cval_el0, xzr", "msr cntv_ctl_el0, x2", "isb", "1: b 1b");
// x1 is the CPU interface: enable it, open the mask, acknowledge what is pending.
code::code!(acknowledge:
    "mov w2, #1", "str w2, [x1]",
    "mov w2, #0xf0", "str w2, [x1, #4]",
    "dsb sy",
    "ldr w11, [x1, #0xc]",
    "smc #0",
    "str w11, [x1, #0x10]",
    "dsb sy",
    "1: b 1b",
);
code::code!(float: "mrs x2, cpacr_el1", "mov x3, #0x300000", "msr cpacr_el1, x3", "isb",
    "fmov d7, x1", "smc #0", "fmov x4, d7", "smc #0");

pub fn run(suite: &mut Suite) {
    traps(suite);
    memory(suite);
    hypercalls(suite);
    own_exceptions(suite);
    floating_point(suite);
    timer(suite);
    interrupts(suite);
    two(suite);
}

fn trap(suite: &Suite, syndrome: u64) -> Event {
    Event::fault(&suite.guest(), label::VCPU_FAULT, &[syndrome])
}

fn traps(suite: &mut Suite) {
    let guest = suite.guest();
    for (text, code) in FREE {
        let event = suite.run(&guest, *code, &[(1, GUEST_RAM + 0x800)]);
        let got = (event, *guest.registers().0.pc() - GUEST_RAM);
        suite.report.equal(text, got, (trap(suite, SMC), 4));
    }
    let event = suite.run(&guest, smc, &[]);
    let mut expected = guest.context();
    *expected.0.spsr_mut() = 0xa000_01c5;
    let got = (event, guest.registers());
    suite.report.equal(
        "SMC is reported with the program counter at it",
        got,
        (trap(suite, SMC), expected),
    );
    suite.answer(0, &[]);
    let event = suite.wait();
    suite.report.equal(
        "the answer alone executes it again",
        event,
        trap(suite, SMC),
    );
    let event = suite.run(&guest, wfi, &[]);
    let got = (event, *guest.registers().0.pc());
    suite.report.equal(
        "WFI is reported with the program counter at it",
        got,
        (trap(suite, WFI), GUEST_RAM),
    );
    guest.resume_after();
    let event = suite.wait();
    suite.report.equal(
        "moved on and resumed, the guest goes on",
        event,
        trap(suite, SMC),
    );
    suite.run(&guest, counters, &[]);
    let got = guest.registers();
    let ordered = got.x(11) <= got.x(12) && got.x(12) <= got.x(13);
    suite
        .report
        .equal("virtual and physical count are the same", ordered, true);
}

fn memory(suite: &mut Suite) {
    let guest = suite.guest();
    let cases = [
        (
            "a load from nowhere",
            load as Code,
            GUEST_NOTHING,
            GUEST_RAM,
            0,
            0x93cb_8006,
        ),
        (
            "a store to nowhere",
            store,
            GUEST_NOTHING,
            GUEST_RAM,
            0,
            0x9382_0046,
        ),
        (
            "a store to a page it may read",
            store,
            GUEST_ROM,
            GUEST_RAM,
            0,
            0x9382_004f,
        ),
        (
            "a load of two registers",
            pair,
            GUEST_NOTHING,
            GUEST_RAM,
            0,
            0x9200_0006,
        ),
        (
            "a fetch from nowhere",
            fetch,
            GUEST_NOTHING,
            GUEST_NOTHING,
            1,
            0x8200_0006,
        ),
        (
            "a fetch from a page it may read",
            fetch,
            GUEST_ROM,
            GUEST_ROM,
            1,
            0x8200_000f,
        ),
    ];
    for (name, code, address, pc, is_fetch, syndrome) in cases {
        let event = suite.run(&guest, code, &[(1, address)]);
        let fault = Event::fault(&guest, label::VM_FAULT, &[pc, address, is_fetch, syndrome]);
        suite.report.equal(name, event, fault);
    }
    let event = suite.run(&guest, load, &[(1, GUEST_ROM)]);
    suite
        .report
        .equal("a load from a page it may read", event, trap(suite, SMC));
    suite.run(&guest, load, &[(1, GUEST_NOTHING)]);
    suite.answer(1, &[]);
    let event = suite.wait();
    suite.report.equal(
        "any answer executes the access again",
        event.word(1),
        Some(GUEST_NOTHING),
    );
}

/// In release a guest's HVC is a system call of a thread without capabilities.
fn hypercalls(suite: &mut Suite) {
    let guest = suite.guest();
    let event = suite.run(&guest, hypercall, &[(7, -11_i64 as u64)]);
    suite
        .report
        .equal("HVC with Yield's number yields", event, trap(suite, SMC));
    suite.run(&guest, hypercall, &[(0, 1), (1, 0), (7, -1_i64 as u64)]);
    let got = guest.registers();
    suite.report.equal(
        "HVC with Call's number finds no capability",
        (got.x(0), got.x(1)),
        (0, 0x2001),
    );
    let event = suite.run(&guest, hypercall, &[(0, 1), (6, 4), (7, -7_i64 as u64)]);
    suite.report.equal(
        "HVC with Recv's number is a capability fault",
        event.label(),
        Some(label::CAP_FAULT),
    );
    let event = suite.run(&guest, hypercall, &[(7, 0)]);
    let got = (event.label(), event.word(8), event.word(12));
    let expected = (Some(label::UNKNOWN_SYSCALL), Some(GUEST_RAM), Some(0));
    suite.report.equal(
        "HVC with another number is an unknown system call",
        got,
        expected,
    );
}

/// Exceptions that go to the guest's own vectors, without its VMM.
fn own_exceptions(suite: &mut Suite) {
    let guest = suite.guest();
    let offset = 0x800;
    VCPU.vcpu_write_regs(VCpuReg::VBAR, GUEST_RAM + offset)
        .expect("VBAR_EL1 can be written");
    let instructions = [
        ("SVC", 0xd400_02e1_u32, 0x5600_0017),
        ("UDF", 0, 0x200_0000),
        ("BRK", 0xd422_4680, 0xf200_1234),
        ("floating point", 0x1e27_03e0, 0x1fe0_0000),
    ];
    for (name, instruction, syndrome) in instructions {
        // The vector for exceptions from EL1 with its own stack is at 0x200.
        let handler = (GUEST_RAM + offset + 0x200 - guest.base()) / 4;
        let code = (0..=handler).map(|n| match n {
            0 => instruction,
            n if n == handler => code::SMC,
            _ => code::UDF,
        });
        VCPU.vcpu_write_regs(VCpuReg::CPACR, 0)
            .expect("CPACR_EL1 can be written");
        guest.start(code, &guest.context());
        let event = suite.wait();
        let got = (
            name,
            event,
            VCPU.vcpu_read_regs(VCpuReg::ESR),
            VCPU.vcpu_read_regs(VCpuReg::ELR_EL1),
        );
        let return_to = GUEST_RAM + if name == "SVC" { 4 } else { 0 };
        let expected = (name, trap(suite, SMC), Ok(syndrome), Ok(return_to));
        suite.report.equal(
            "an exception of the guest's own goes to its vectors",
            got,
            expected,
        );
    }
}

fn floating_point(suite: &mut Suite) {
    code::code!(disturb: "fmov d7, x1", "udf #0");
    let guest = suite.guest();
    let probe = suite.child(super::child::PROBE);
    suite.run(&guest, float, &[(1, 0x3333)]);
    let event = suite.run(&probe, disturb, &[(1, 0x4444)]);
    suite.report.equal(
        "a child uses floating point meanwhile",
        event.label(),
        Some(label::USER_EXCEPTION),
    );
    guest.resume_after();
    let event = suite.wait();
    let got = (event, guest.registers().x(4));
    suite.report.equal(
        "a guest's floating-point registers are its own",
        got,
        (trap(suite, SMC), 0x3333),
    );
}

fn timer(suite: &mut Suite) {
    let guest = suite.guest();
    let event = suite.run(&guest, fire, &[]);
    let expired = Event::fault(&guest, label::VPPI_EVENT, &[TIMER]);
    suite
        .report
        .equal("the virtual timer is reported", event, expired);
    suite.report.equal(
        "its control register says expired",
        VCPU.vcpu_read_regs(VCpuReg::CNTV_CTL),
        Ok(5),
    );
    let event = suite.run(&guest, smc, &[]);
    suite.report.equal(
        "it is not reported again before it is acknowledged",
        event,
        trap(suite, SMC),
    );
    suite
        .report
        .equal("AckVPPI succeeds", VCPU.vcpu_ack_vppi(TIMER), Ok(()));
    code::code!(spin: "1: b 1b");
    let event = suite.run(&guest, spin, &[]);
    suite
        .report
        .equal("then it is, as it still fires", event, expired);
    VCPU.vcpu_write_regs(VCpuReg::CNTV_CTL, 0)
        .expect("CNTV_CTL can be written");
    VCPU.vcpu_ack_vppi(TIMER)
        .expect("INTID 27 can be acknowledged");
    let event = suite.run(&guest, smc, &[]);
    suite
        .report
        .equal("turned off it does not", event, trap(suite, SMC));
}

fn interrupts(suite: &mut Suite) {
    let guest = suite.guest();
    // `invocations` left INTID 40 in list register 3.
    suite.run(&guest, acknowledge, &[(1, GUEST_GICC)]);
    let got = guest.registers().x(11);
    suite.report.equal(
        "an injected interrupt is the guest's to acknowledge",
        got,
        VIRTUAL.into(),
    );
    // Injecting into the busy register now is left out: seL4 looks at the state it
    // saved last, which may be stale, so a VMM keeps its own book.
    guest.resume_after();
    let event = suite.wait();
    let freed = Event::fault(&guest, label::VGIC_MAINTENANCE, &[3]);
    suite
        .report
        .equal("its end is reported with the list register", event, freed);
    suite.report.equal(
        "the list register is free again",
        VCPU.vcpu_inject_irq(VIRTUAL, 0, 0, 3),
        Ok(()),
    );
    let event = suite.run(&guest, wfi, &[]);
    let got = (event, *guest.registers().0.pc() - GUEST_RAM);
    suite.report.equal(
        "WFI with an interrupt pending falls through",
        got,
        (trap(suite, SMC), 4),
    );
    suite.run(&guest, acknowledge, &[(1, GUEST_GICC)]);
    guest.resume_after();
    let event = suite.wait();
    suite
        .report
        .equal("and its end is reported too", event, freed);
    for (index, priority) in [(1, 20), (2, 4)] {
        let virq = VIRTUAL + index;
        let got = VCPU.vcpu_inject_irq(virq, priority, 0, index as u8);
        suite
            .report
            .equal("two interrupts can be pending", got, Ok(()));
    }
    suite.run(&guest, acknowledge, &[(1, GUEST_GICC)]);
    suite.report.equal(
        "the more urgent comes first",
        guest.registers().x(11),
        u64::from(VIRTUAL) + 2,
    );
    guest.resume_after();
    let event = suite.wait();
    suite.report.equal(
        "its list register is named",
        event,
        Event::fault(&guest, label::VGIC_MAINTENANCE, &[2]),
    );
    let read = invoke(VCPU.bits(), method::ARMVCPUReadReg, &[20]).0;
    suite
        .report
        .equal("a stopped guest's registers can be read", read, 0);
}

/// Writes every register of its own that is switched with it, then says so.
/// x1 is what it writes.
const OWN: Code = {
    code::code!(own:
        "mov x3, #0x300000", "msr cpacr_el1, x3", "isb",
        "msr ttbr0_el1, x1", "msr tpidr_el1, x1", "msr contextidr_el1, x1", "msr far_el1, x1",
        "msr elr_el1, x1", "msr cntv_cval_el0, x1", "mov sp, x1", "msr tpidr_el0, x1",
        "fmov d9, x1",
        "smc #0",
        "mrs x2, ttbr0_el1", "mrs x3, tpidr_el1", "mrs x4, contextidr_el1", "mrs x5, far_el1",
        "mrs x6, elr_el1", "mrs x7, cntv_cval_el0", "mov x8, sp", "mrs x9, tpidr_el0",
        "fmov x10, d9",
        "smc #0",
    );
    own
};

/// Two virtual processors in turn.
fn two(suite: &mut Suite) {
    let (guest, second) = (suite.guest(), suite.second());
    let other = cap::VCpu::from_bits(330 + SECOND_VCPU);
    for (vcpu, value) in [(&guest, 0x1000), (&second, 0x2000)] {
        suite.run(vcpu, OWN, &[(1, value)]);
    }
    for (vcpu, value) in [(&guest, 0x1000), (&second, 0x2000)] {
        vcpu.resume_after();
        suite.wait();
        let context = vcpu.registers();
        let got: [u64; 9] = core::array::from_fn(|n| context.x(2 + n));
        suite.report.equal(
            "a virtual processor's registers are its own",
            got,
            [value; 9],
        );
    }
    let got = (
        VCPU.vcpu_read_regs(VCpuReg::TTBR0),
        other.vcpu_read_regs(VCpuReg::TTBR0),
    );
    suite.report.equal(
        "loaded or not, they can be read",
        got,
        (Ok(0x1000), Ok(0x2000)),
    );

    let got = (
        VCPU.vcpu_inject_irq(50, 0, 0, 0),
        other.vcpu_inject_irq(51, 0, 0, 0),
    );
    suite
        .report
        .equal("both can be interrupted", got, (Ok(()), Ok(())));
    for (vcpu, virq) in [(&guest, 50), (&second, 51)] {
        suite.run(vcpu, acknowledge, &[(1, GUEST_GICC)]);
        suite.report.equal(
            "each has its own list registers",
            vcpu.registers().x(11),
            virq,
        );
    }
    let got = VCPU.vcpu_inject_irq(52, 0, 0, 0);
    suite.report.equal(
        "an active list register that was saved is busy",
        got,
        Err(Error::DeleteFirst),
    );
    for vcpu in [&guest, &second] {
        vcpu.resume_after();
        let event = suite.wait();
        let freed = Event::fault(vcpu, label::VGIC_MAINTENANCE, &[0]);
        suite.report.equal("and its own maintenance", event, freed);
    }
}
