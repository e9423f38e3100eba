// SPDX-License-Identifier: BSD-2-Clause

//! Section 4: faults, their messages, and what a reply does.

use tombolo_kernel_spec::CapKind;

use super::system::{Builder, CHILD, ENTRY, FAULT, NB_SEND, RECV, System, USER, VCPU_TCB, tcb};
use crate::Event;
use crate::objects::ThreadState;

const RESUME: u64 = 13;

/// A parent that receives and its child, which runs.
fn family() -> System {
    let mut builder = Builder::new();
    builder.header.debug = 1;
    let parent = builder.pd("parent", 9);
    builder.pd("child", 5);
    builder.child(parent, 1, 6);
    let mut system = builder.start();
    system.recv();
    assert_eq!(system.name(), "child");
    let context = system.me();
    context.pc = 0x5000;
    context.sp = 0x6000;
    context.spsr = 0x8000_0040;
    for register in 0..31 {
        context.x[register] = 100 + register as u64;
    }
    system
}

fn x0_to_x7() -> Vec<u64> {
    (100..107).chain([77]).collect()
}

#[test]
fn every_fault_has_its_label_and_message() {
    let missing = vec![0x5000, 3, 1, 2, 0];
    let mut unknown = x0_to_x7();
    unknown.extend([0x5000, 0x6000, 0x5004, 0x8000_0040, 77]);
    let debug = |breakpoint| Event::DebugException {
        reason: 1,
        breakpoint,
    };
    let vm = Event::VmFault {
        address: 0xdead,
        fsr: 0x93cb_8006,
        is_fetch: false,
    };
    let user = Event::UserException {
        number: 0x200_0000,
        code: 0,
    };
    let cases: Vec<(Option<Event>, u64, Vec<u64>)> = vec![
        (None, 1, missing),
        (Some(Event::Syscall), 2, unknown),
        (
            Some(user),
            3,
            vec![0x5000, 0x6000, 0x8000_0040, 0x200_0000, 0],
        ),
        (Some(debug(None)), 4, vec![0x5000, 1]),
        (Some(debug(Some((8, 2)))), 4, vec![0x5000, 1, 8, 2]),
        (Some(vm), 6, vec![0x5000, 0xdead, 0, 0x93cb_8006]),
        (Some(Event::VgicMaintenance { index: Some(2) }), 7, vec![2]),
        (
            Some(Event::VgicMaintenance { index: None }),
            7,
            vec![u64::MAX],
        ),
        (
            Some(Event::VcpuFault { hsr: 0x1fe0_0000 }),
            8,
            vec![0x1fe0_0000],
        ),
        (Some(Event::VppiEvent { intid: 27 }), 9, vec![27]),
    ];
    for (event, label, words) in cases {
        let mut system = family();
        match event {
            None => system.call(RECV, &[(0, 3)]),
            Some(Event::Syscall) => system.call(77, &[]),
            Some(event) => system.event(event),
        }
        assert_eq!(system.name(), "parent", "fault {label}");
        assert_eq!(system.me().x[0], 1 << 62 | 6);
        assert_eq!(system.answer(tcb(0)), (label, words));
    }
}

#[test]
fn an_answered_fault_restarts_the_instruction_and_writes_nothing() {
    for event in [
        Event::VcpuFault { hsr: 1 },
        Event::VppiEvent { intid: 27 },
        Event::VgicMaintenance { index: None },
        Event::VmFault {
            address: 0,
            fsr: 0,
            is_fetch: true,
        },
    ] {
        let mut system = family();
        let before = *system.me();
        system.event(event);
        system.reply_recv(9, &[1, 2, 3]);
        assert_eq!(system.name(), "child", "the label is ignored");
        assert_eq!(*system.me(), before);
    }
}

#[test]
fn an_answered_capability_fault_repeats_the_system_call() {
    let mut system = family();
    system.call(RECV, &[(0, 3)]);
    system.reply_recv(0, &[]);
    assert_eq!((system.name(), system.regs().pc), ("child", 0x5000));
}

#[test]
fn an_unknown_system_call_is_answered_with_registers() {
    let mut system = family();
    system.call(77, &[]);
    let answer = [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        0x5008,
        0x7000,
        0xbad,
        0xffff_ffff,
        13,
    ];
    system.reply_recv(0, &answer);
    assert_eq!(system.name(), "child");
    let context = *system.me();
    assert_eq!(context.x[..8], [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!((context.pc, context.sp), (0x5008, 0x7000));
    assert_eq!(context.spsr, 0xf000_0040, "sanitised");
    assert_eq!(context.x[30], 130);
}

#[test]
fn a_short_answer_writes_only_what_it_has() {
    let mut system = family();
    system.call(77, &[]);
    system.reply_recv(0, &[1]);
    let context = *system.me();
    assert_eq!((context.x[0], context.x[1], context.pc), (1, 101, 0x5000));
}

#[test]
fn a_label_in_the_answer_stops_unknown_system_calls_and_user_exceptions() {
    for number in [None, Some(5)] {
        let mut system = family();
        match number {
            None => system.call(77, &[]),
            Some(number) => system.event(Event::UserException { number, code: 0 }),
        }
        system.reply_recv(1, &[]);
        assert_eq!(system.name(), "");
        assert_eq!(system.kernel.tcbs[tcb(1)].state, ThreadState::Inactive);
    }
}

#[test]
fn an_unanswered_fault_stops_the_child_at_the_next_receive_and_resume_brings_it_back() {
    let mut system = family();
    system.event(Event::VcpuFault { hsr: 1 });
    assert!(matches!(
        system.kernel.tcbs[tcb(1)].state,
        ThreadState::BlockedOnReply { .. }
    ));
    system.recv();
    assert_eq!(system.name(), "");
    assert_eq!(system.kernel.tcbs[tcb(1)].state, ThreadState::Inactive);
    system.kernel.signal(crate::ids::Id::new(0).unwrap(), 1);
    system.event(Event::Timer);
    system.invoke(CHILD + 6, RESUME, &[], &[]);
    system.recv();
    assert_eq!((system.name(), system.regs().pc), ("child", 0x5000));
}

#[test]
fn a_fault_waits_for_a_handler_that_does_not_receive() {
    let mut builder = Builder::new();
    let parent = builder.pd("parent", 2);
    builder.pd("child", 5);
    builder.child(parent, 1, 6);
    let mut system = builder.start();
    system.event(Event::VcpuFault { hsr: 3 });
    assert_eq!(system.name(), "parent");
    system.recv();
    assert_eq!(system.answer(tcb(0)), (8, vec![3]));
    system.reply_recv(0, &[]);
    assert_eq!(system.name(), "child");
}

#[test]
fn a_fault_without_parent_is_reported_and_the_thread_never_runs_again() {
    let mut builder = Builder::new();
    builder.pd("server", 5);
    let mut system = builder.start();
    system.event(Event::VmFault {
        address: 0x10,
        fsr: 0x93cb_8006,
        is_fetch: false,
    });
    assert_eq!(system.name(), "");
    let report = format!(
        "server: VMFault of access at address 0x10 (ESR 0x93cb8006) \
         at pc {ENTRY:#x}: never runs again"
    );
    assert_eq!(system.hw.reports(), [report]);
}

/// A parent that is the timeout handler of its limited child, which runs.
fn timed(budget_us: u64) -> System {
    let mut builder = Builder::new();
    let parent = builder.pd("parent", 9);
    builder.pd_with("child", 5, budget_us, 1000);
    builder.child(parent, 1, 6);
    builder.cap(parent, USER, CapKind::Endpoint, parent, 99);
    let mut system = builder.start();
    assert_eq!(system.invoke(CHILD + 6, 9, &[], &[USER]).0, 0);
    system.recv();
    system
}

#[test]
fn an_exhausted_budget_is_a_fault_with_a_timeout_endpoint() {
    let mut system = timed(200);
    system.compute(200);
    assert_eq!((system.name(), system.regs().x[0]), ("parent", 99));
    assert_eq!(system.answer(tcb(0)), (5, vec![0x101, 200]));
    system.reply_recv(0, &[0x9000, 0x8000]);
    assert_eq!(system.name(), "", "until the next refill");
    system.compute(800);
    let context = system.regs();
    assert_eq!((context.pc, context.sp), (0x9000, 0x8000));
    system.compute(200);
    assert_eq!(system.name(), "parent", "again");
    system.reply_recv(1, &[]);
    assert_eq!(system.kernel.tcbs[tcb(1)].state, ThreadState::Inactive);
}

#[test]
fn a_round_robin_thread_has_no_timeout_faults() {
    let mut system = timed(1000);
    assert_eq!(system.compute(5000), [("child".to_string(), 5000)]);
}

#[test]
fn a_child_can_forge_fault_messages_of_its_own() {
    let mut system = family();
    system.message(NB_SEND, FAULT, 6, &[1, 2, 3, 4]);
    assert_eq!(system.name(), "parent");
    assert_eq!(system.me().x[0], 1 << 62 | 6);
    assert_eq!(system.answer(tcb(0)), (6, vec![1, 2, 3, 4]));
}

#[test]
fn a_handler_without_room_gets_the_first_four_words() {
    let mut builder = Builder::new();
    let parent = builder.pd("parent", 9);
    builder.pd("child", 5);
    builder.child(parent, 1, 6);
    builder.tcbs[0].ipc_buffer = 0;
    let mut system = builder.start();
    system.recv();
    system.call(77, &[]);
    assert_eq!(system.me().x[1], 2 << 12 | 4);
}

#[test]
fn vcpu_faults_are_skipped_by_moving_the_pc_before_the_reply() {
    let mut builder = Builder::new();
    let vmm = builder.pd("vmm", 9);
    builder.vcpu("guest", 5, vmm, 0);
    let mut system = builder.start();
    assert_eq!(system.name(), "vmm");
    system.invoke(VCPU_TCB, 3, &[1, 1, 0x4000_0000], &[]);
    system.recv();
    assert_eq!((system.name(), system.regs().pc), ("guest", 0x4000_0000));
    system.event(Event::VcpuFault { hsr: 0x5e00_0000 });
    assert_eq!(system.name(), "vmm");
    let (label, words) = system.invoke(VCPU_TCB, 2, &[0, 1], &[]);
    assert_eq!((label, words), (0, vec![0x4000_0000]));
    system.invoke(VCPU_TCB, 3, &[0, 1, 0x4000_0004], &[]);
    system.reply_recv(0, &[]);
    assert_eq!((system.name(), system.regs().pc), ("guest", 0x4000_0004));
}
