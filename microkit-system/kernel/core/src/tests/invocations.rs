// SPDX-License-Identifier: BSD-2-Clause

//! Section 3: invocations of threads, scheduling contexts, SMC and caches.

use tombolo_kernel_spec::CapKind;

use super::fake::Action;
use super::system::{Builder, CHILD, IRQ, REPLY, SMC, System, USER, VSPACE, tcb};
use crate::hardware::CacheOp;
use crate::objects::ThreadState;

const OWN_TCB: u64 = USER;
const OWN_SC: u64 = 2 * USER;
const CHILD_SC: u64 = 3 * USER;
const OWN_NOTIFICATION: u64 = 4 * USER;
const ONE_SMC: u64 = 5 * USER;
const HANDLER: u64 = 6 * USER;

/// `parent` runs, with all kinds of capabilities; `child` is ready.
fn family(debug: bool) -> System {
    let mut builder = Builder::new();
    builder.header.debug = debug.into();
    let parent = builder.pd("parent", 9);
    builder.pd("child", 5);
    builder.child(parent, 1, 0);
    builder.irq(parent, 0, 33);
    builder.cap(parent, OWN_TCB, CapKind::Tcb, 0, 0);
    builder.cap(parent, OWN_SC, CapKind::SchedContext, 0, 0);
    builder.cap(parent, CHILD_SC, CapKind::SchedContext, 1, 0);
    builder.cap(parent, OWN_NOTIFICATION, CapKind::Notification, 0, 0);
    builder.cap(parent, SMC, CapKind::Smc, 0, 0);
    builder.cap(parent, ONE_SMC, CapKind::Smc, 0, 0x8400_0000);
    builder.cap(parent, HANDLER, CapKind::Endpoint, parent, 5);
    builder.start()
}

const OK: (u64, &[u64]) = (0, &[]);
const ILLEGAL: (u64, &[u64]) = (3, &[]);
const TRUNCATED: (u64, &[u64]) = (7, &[]);

/// `(capability, label, MRs, capability arguments, label of answer, MRs)`.
type Case = (
    u64,
    u64,
    &'static [u64],
    &'static [u64],
    (u64, &'static [u64]),
);

#[test]
fn arguments_are_checked_and_errors_say_what_is_wrong() {
    let cases: &[Case] = &[
        // Labels that the object does not know.
        (CHILD, 0, &[], &[], ILLEGAL),
        (CHILD, 5, &[], &[], ILLEGAL),
        (CHILD, 37, &[], &[], ILLEGAL),
        (CHILD, 1 << 51, &[], &[], ILLEGAL),
        (IRQ, 28, &[], &[], ILLEGAL),
        (VSPACE, 43, &[], &[], ILLEGAL),
        (SMC, 39, &[0; 8], &[], ILLEGAL),
        // ReadRegisters, WriteRegisters.
        (CHILD, 2, &[0], &[], TRUNCATED),
        (CHILD, 2, &[0, 0], &[], (4, &[1, 36])),
        (CHILD, 2, &[0, 37], &[], (4, &[1, 36])),
        (OWN_TCB, 2, &[0, 1], &[], ILLEGAL),
        (CHILD, 3, &[0], &[], TRUNCATED),
        (CHILD, 3, &[0, 2, 1], &[], TRUNCATED),
        (CHILD, 3, &[0, u64::MAX, 1], &[], TRUNCATED),
        (CHILD, 3, &[0, 0], &[], OK),
        (OWN_TCB, 3, &[0, 0], &[], ILLEGAL),
        // SetPriority, SetMCPriority, under the authority's MCP of 9.
        (CHILD, 6, &[4], &[], TRUNCATED),
        (CHILD, 6, &[], &[OWN_TCB], TRUNCATED),
        (CHILD, 6, &[4], &[VSPACE], (2, &[1])),
        (CHILD, 6, &[4], &[300], (2, &[1])),
        (CHILD, 6, &[10], &[OWN_TCB], (4, &[0, 9])),
        (CHILD, 6, &[256], &[OWN_TCB], (4, &[0, 9])),
        (CHILD, 6, &[9], &[OWN_TCB], OK),
        (CHILD, 7, &[10], &[OWN_TCB], (4, &[0, 9])),
        (CHILD, 7, &[9], &[OWN_TCB], OK),
        // SetSchedParams.
        (CHILD, 8, &[9, 9], &[OWN_TCB, CHILD_SC], TRUNCATED),
        (CHILD, 8, &[9, 9], &[OWN_TCB, CHILD_SC, HANDLER], OK),
        (CHILD, 8, &[9, 9], &[OWN_TCB, OWN_SC, HANDLER], ILLEGAL),
        (CHILD, 8, &[9, 9], &[OWN_TCB, VSPACE, HANDLER], (2, &[2])),
        (CHILD, 8, &[9, 9], &[OWN_TCB, CHILD_SC, VSPACE], (2, &[3])),
        (OWN_TCB, 8, &[9, 9], &[OWN_TCB, 300, 300], ILLEGAL),
        // SetTimeoutEndpoint.
        (CHILD, 9, &[], &[], TRUNCATED),
        (CHILD, 9, &[], &[VSPACE], (2, &[1])),
        (CHILD, 9, &[], &[HANDLER], OK),
        // SetTLSBase, SetFlags.
        (CHILD, 16, &[], &[], TRUNCATED),
        (CHILD, 16, &[8], &[], OK),
        (CHILD, 17, &[0], &[], TRUNCATED),
        (CHILD, 17, &[0, 3], &[], (0, &[1])),
        (CHILD, 17, &[1, 0], &[], (0, &[0])),
        // Scheduling contexts.
        (CHILD_SC, 34, &[], &[], TRUNCATED),
        (CHILD_SC, 34, &[], &[CHILD], ILLEGAL),
        (CHILD_SC, 34, &[], &[VSPACE], (2, &[1])),
        (CHILD_SC, 34, &[], &[OWN_NOTIFICATION], OK),
        (CHILD_SC, 36, &[], &[OWN_TCB], ILLEGAL),
        (CHILD_SC, 36, &[], &[REPLY], (2, &[1])),
        (OWN_SC, 36, &[], &[OWN_TCB], ILLEGAL),
        (CHILD_SC, 36, &[], &[CHILD], OK),
        (CHILD_SC, 35, &[], &[], OK),
        (CHILD_SC, 37, &[], &[], (0, &[0])),
        (CHILD_SC, 38, &[], &[], (0, &[0])),
        (OWN_SC, 38, &[], &[], ILLEGAL),
        // SMC.
        (SMC, 43, &[0; 7], &[], TRUNCATED),
        (
            SMC,
            43,
            &[1, 2, 3, 4, 5, 6, 7, 8],
            &[],
            (0, &[2, 3, 4, 5, 6, 7, 8, 9]),
        ),
        (ONE_SMC, 43, &[1, 2, 3, 4, 5, 6, 7, 8], &[], ILLEGAL),
        (
            ONE_SMC,
            43,
            &[0x8400_0000, 0, 0, 0, 0, 0, 0, 0],
            &[],
            (0, &[0x8400_0001, 1, 1, 1, 1, 1, 1, 1]),
        ),
        // Cache operations.
        (VSPACE, 39, &[0], &[], TRUNCATED),
        (VSPACE, 39, &[8, 8], &[], (1, &[1])),
        (VSPACE, 39, &[8, 1 << 40], &[], ILLEGAL),
        (VSPACE, 39, &[8, 16], &[], OK),
    ];
    for (cptr, label, mrs, caps, (answer, words)) in cases {
        let mut system = family(false);
        let found = system.invoke(*cptr, *label, mrs, caps);
        let what = format!("label {label} on {cptr:#x} with {mrs:x?}, {caps:x?}");
        assert_eq!(found, (*answer, words.to_vec()), "{what}");
        assert_eq!(system.me().x[0], 0);
    }
}

#[test]
fn labels_of_the_debug_configuration_are_four_higher_from_16_on() {
    for (cptr, release, mrs) in [
        (CHILD, 17, &[0, 1][..]),
        (IRQ, 27, &[]),
        (CHILD_SC, 37, &[]),
        (SMC, 43, &[0; 8]),
        (VSPACE, 42, &[0, 8]),
    ] {
        assert_eq!(family(false).invoke(cptr, release, mrs, &[]).0, 0);
        assert_eq!(family(true).invoke(cptr, release + 4, mrs, &[]).0, 0);
        assert_eq!(family(true).invoke(cptr, release, mrs, &[]).0, 3);
    }
    assert_eq!(family(true).invoke(CHILD, 12, &[], &[]).0, 0);
}

#[test]
fn registers_are_written_and_read_in_the_order_of_user_context() {
    let mut system = family(false);
    let mut mrs = vec![0, 36];
    mrs.extend(1000..1036);
    assert_eq!(system.invoke(CHILD, 3, &mrs, &[]).0, 0);
    let context = *system.context(1);
    assert_eq!((context.pc, context.sp), (1000, 1001));
    assert_eq!(context.spsr, 0x140, "sanitised");
    let order = [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 18, 29, 30, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22,
        23, 24, 25, 26, 27, 28,
    ];
    for (position, register) in order.into_iter().enumerate() {
        assert_eq!(context.x[register], 1003 + position as u64);
    }
    assert_eq!((context.tpidr_el0, context.tpidrro_el0), (1034, 1035));
    let (label, words) = system.invoke(CHILD, 2, &[0, 36], &[]);
    assert_eq!(label, 0);
    mrs[4] = 0x140;
    assert_eq!(words, mrs[2..]);
}

#[test]
fn a_count_of_1_writes_the_pc_alone_and_more_than_36_is_cut() {
    let mut system = family(false);
    system.context(1).sp = 5;
    system.invoke(CHILD, 3, &[0, 1, 0x77], &[]);
    assert_eq!((system.context(1).pc, system.context(1).sp), (0x77, 5));
    let mut mrs = vec![0, 50];
    mrs.extend([3; 50]);
    assert_eq!(system.invoke(CHILD, 3, &mrs, &[]).0, 0);
}

#[test]
fn suspend_stops_and_resume_continues_where_it_was() {
    let mut system = family(false);
    system.context(1).pc = 0x8888;
    system.invoke(CHILD, 12, &[], &[]);
    system.recv();
    assert_eq!(system.name(), "");
    system.kernel.signal(crate::ids::Id::new(0).unwrap(), 1);
    system.event(crate::Event::Timer);
    system.invoke(CHILD, 13, &[], &[]);
    system.recv();
    assert_eq!((system.name(), system.regs().pc), ("child", 0x8888));
}

#[test]
fn resume_of_a_blocked_thread_repeats_its_call_and_leaves_a_runnable_one_alone() {
    let mut system = family(false);
    system.recv();
    let svc = system.me().pc;
    system.recv();
    system.kernel.signal(crate::ids::Id::new(0).unwrap(), 1);
    system.event(crate::Event::Timer);
    for _ in 0..2 {
        system.invoke(CHILD, 13, &[], &[]);
        assert_eq!(system.context(1).pc, svc);
    }
}

#[test]
fn a_thread_that_suspends_itself_stops() {
    let mut system = family(false);
    system.invoke(OWN_TCB, 12, &[], &[]);
    assert_eq!(system.name(), "child");
    assert_eq!(system.kernel.tcbs[tcb(0)].state, ThreadState::Inactive);
}

#[test]
fn a_lower_priority_of_its_own_lets_others_run() {
    let mut system = family(false);
    system.invoke(OWN_TCB, 6, &[1], &[OWN_TCB]);
    assert_eq!(system.name(), "child");
}

#[test]
fn a_thread_bound_to_a_context_again_runs_again() {
    let mut system = family(false);
    system.invoke(CHILD_SC, 35, &[], &[]);
    system.recv();
    assert_eq!(system.name(), "");
    system.kernel.signal(crate::ids::Id::new(0).unwrap(), 1);
    system.event(crate::Event::Timer);
    assert_eq!(system.invoke(CHILD_SC, 34, &[], &[CHILD]).0, 0);
    system.recv();
    assert_eq!(system.name(), "child");
}

#[test]
fn consumed_tells_the_microseconds_since_last_asked() {
    let mut system = family(false);
    system.compute(300);
    assert_eq!(system.invoke(OWN_SC, 37, &[], &[]), (0, vec![300]));
    system.compute(50);
    assert_eq!(system.invoke(OWN_SC, 37, &[], &[]), (0, vec![50]));
}

#[test]
fn yield_to_an_equal_runs_it_first_and_tells_the_time_used_later() {
    let mut system = family(false);
    system.invoke(CHILD, 6, &[9], &[OWN_TCB]);
    system.invoke(CHILD_SC, 38, &[], &[]);
    assert_eq!(system.name(), "child");
    system.compute(70);
    system.recv();
    assert_eq!(system.name(), "parent");
    assert_eq!(system.answer(tcb(0)), (0, vec![70]));
}

#[test]
fn cache_operations_reach_the_leaf_and_stay_in_it() {
    let mut system = family(false);
    let (root, level2, level3) = (0x4000_0000, 0x5000_0000, 0x5000_1000);
    // Level 1 entry 600 lies in the second of the concatenated tables.
    let base = 600u64 << 30;
    system.hw.memory.insert(root + 8 * 600, level2 | 3);
    system.hw.memory.insert(level2 + 8, 0x6020_0000 | 0x4fd);
    system.hw.memory.insert(level2 + 16, level3 | 3);
    system
        .hw
        .memory
        .insert(level3 + 24, 0x0060_0000_7000_3000 | 0x4ff);
    let block = base + 0x20_0000;
    let page = base + 0x40_3000;
    for (label, start, end, answer) in [
        (39, block + 0x1f_ff00, block + 0x20_0000, OK),
        (
            40,
            block,
            block + 0x20_0001,
            (4, &[block, block + 0x1f_ffff][..]),
        ),
        (41, page + 0x10, page + 0x1000, OK),
        (
            42,
            page + 0x10,
            page + 0x1001,
            (4, &[page + 0x10, page + 0xfff][..]),
        ),
        (42, page - 1, page, OK),
    ] {
        let found = system.invoke(VSPACE, label, &[start, end], &[]);
        assert_eq!(found, (answer.0, answer.1.to_vec()), "{start:#x}..{end:#x}");
    }
    assert_eq!(
        system.hw.actions,
        [
            Action::Cache(CacheOp::Clean, 0x603f_ff00, 0x100),
            Action::Cache(CacheOp::CleanInvalidate, 0x7000_3010, 0xff0),
        ]
    );
}
