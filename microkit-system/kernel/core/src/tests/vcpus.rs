// SPDX-License-Identifier: BSD-2-Clause

//! Sections 3.3, 3.4 and 5.6: vCPUs.

use super::fake::Action;
use super::system::{Builder, System, VCPU, VCPU_TCB, tcb};

fn vmm() -> System {
    let mut builder = Builder::new();
    let vmm = builder.pd("vmm", 9);
    builder.vcpu("guest", 5, vmm, 0);
    builder.vcpu("second", 5, vmm, 1);
    builder.start()
}

fn inject(virq: u64, priority: u64, group: u64, index: u64) -> [u64; 1] {
    [virq | priority << 16 | group << 24 | index << 32]
}

#[test]
fn a_vcpus_spsr_is_taken_in_guest_modes_and_forced_otherwise() {
    for (spsr, expected) in [
        (0x1c5, 0x1c5),
        (0x5, 0x5),
        (0x3c4, 0x3c4),
        (0x3c0, 0x3c0),
        (0x3c9, 0x140),
        (0x8000_03cd, 0x8000_0140),
        (0x8000_0010, 0x8000_0140),
    ] {
        let mut system = vmm();
        system.invoke(VCPU_TCB, 3, &[0, 3, 0, 0, spsr], &[]);
        assert_eq!(system.context(1).spsr, expected, "{spsr:#x}");
    }
}

#[test]
fn vcpus_are_not_started_and_run_when_written_with_resume() {
    let mut system = vmm();
    assert_eq!(system.invoke(VCPU_TCB, 3, &[1, 1, 0x80000], &[]).0, 0);
    system.recv();
    assert_eq!(system.name(), "guest");
    let view = system.kernel.thread(tcb(1));
    assert_eq!(
        (view.vcpu, view.vmid, view.fpu_disabled),
        (Some(0), 2, false)
    );
    assert_eq!(system.kernel.thread(tcb(2)).vcpu, Some(1));
    assert_eq!(system.kernel.thread(tcb(0)).vcpu, None);
}

#[test]
fn vcpu_registers_are_read_and_written_by_number() {
    let mut system = vmm();
    assert_eq!(system.invoke(VCPU, 58, &[23, 9], &[]), (0, vec![]));
    assert_eq!(system.invoke(VCPU, 57, &[23], &[]), (0, vec![9]));
    for id in [24, u64::MAX, 1 << 32] {
        assert_eq!(system.invoke(VCPU, 57, &[id], &[]), (1, vec![1]));
        assert_eq!(system.invoke(VCPU, 58, &[id, 0], &[]), (1, vec![1]));
    }
    assert_eq!(system.invoke(VCPU, 57, &[], &[]).0, 7);
    assert_eq!(system.invoke(VCPU, 58, &[0], &[]).0, 7);
}

#[test]
fn injection_checks_each_field() {
    let mut system = vmm();
    for (argument, error) in [
        (inject(1024, 0, 0, 0), (4, vec![0, 0x3ff])),
        (inject(27, 32, 0, 0), (4, vec![0, 31])),
        (inject(27, 0, 2, 0), (4, vec![0, 1])),
        (inject(27, 0, 0, 4), (4, vec![0, 3])),
        (inject(27, 31, 1, 3), (0, vec![])),
    ] {
        assert_eq!(system.invoke(VCPU, 56, &argument, &[]), error);
    }
    let injected = Action::Inject {
        vcpu: 0,
        index: 3,
        virq: 27,
        priority: 31,
        group: 1,
    };
    assert_eq!(system.hw.actions, [injected]);
}

#[test]
fn injection_into_a_busy_list_register_fails() {
    let mut system = vmm();
    system.hw.busy_list_register = Some(2);
    assert_eq!(
        system.invoke(VCPU, 56, &inject(27, 0, 0, 2), &[]),
        (8, vec![])
    );
}

#[test]
fn only_the_virtual_timers_ppi_is_acknowledged() {
    let mut system = vmm();
    assert_eq!(system.invoke(VCPU, 59, &[28], &[]), (1, vec![0]));
    assert_eq!(system.invoke(VCPU, 59, &[200], &[]), (4, vec![0, 159]));
    assert_eq!(system.invoke(VCPU + 1, 59, &[27], &[]), (0, vec![]));
    assert_eq!(system.hw.actions, [Action::AckVppi(1)]);
}

#[test]
fn set_tcb_replaces_older_bindings() {
    let mut system = vmm();
    system.invoke(VCPU_TCB + 1, 3, &[0, 3, 0, 0, 5], &[]);
    assert_eq!(system.invoke(VCPU, 55, &[], &[VCPU_TCB + 1]), (0, vec![]));
    assert_eq!(system.kernel.thread(tcb(1)).vcpu, None);
    assert_eq!(system.kernel.thread(tcb(2)).vcpu, Some(0));
    assert_eq!(system.context(2).spsr, 5);
    assert_eq!(system.context(1).spsr, 0x140, "EL0 without a vCPU");
    assert_eq!(system.invoke(VCPU, 55, &[], &[VCPU]), (2, vec![1]));
}
