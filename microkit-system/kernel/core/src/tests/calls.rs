// SPDX-License-Identifier: BSD-2-Clause

//! Sections 1 and 2.2: system calls, messages and endpoints.

use tombolo_kernel_spec::{CapKind, Rights};

use super::system::{
    Builder, CALL, INPUT, NB_RECV, NB_SEND, NOTIFY, PP, RECV, REPLY, REPLY_RECV, SEND, System,
    USER, YIELD, tcb,
};
use crate::objects::ThreadState;

/// An active server above two clients of equal priority; `client` runs, the
/// server receives.
fn served() -> System {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let client = builder.pd("client", 5);
    let other = builder.pd("another", 5);
    builder.channel(client, server, 3);
    builder.channel(other, server, 4);
    // The clients may also send without a right to be answered.
    for pd in [client, other] {
        let right = Rights::WRITE;
        builder.cap_with(pd, USER, CapKind::Endpoint, server, 77, right);
    }
    let mut system = builder.start();
    system.recv();
    assert_eq!(system.name(), "client");
    system
}

#[test]
fn a_call_brings_badge_label_and_registers_and_a_reply_brings_an_answer() {
    let mut system = served();
    system.me().x[9] = 99;
    system.message(CALL, PP + 3, 0xabc, &[1, 2]);
    assert_eq!(system.name(), "server");
    let x = system.me().x;
    assert_eq!((x[0], x[1]), (1 << 63 | 3, 0xabc << 12 | 2));
    assert_eq!((x[2], x[3], x[4]), (1, 2, 0), "the rest of x2–x5 is left");
    system.reply_recv(5, &[7]);
    assert_eq!(system.name(), "client");
    assert_eq!(system.answer(tcb(1)), (5, vec![7]));
    let x = system.me().x;
    assert_eq!((x[0], x[3], x[9]), (0, 2, 99), "others are preserved");
}

#[test]
fn long_messages_go_through_both_buffers_but_for_their_first_four_words() {
    let mut system = served();
    let words: Vec<u64> = (100..220).collect();
    system.message(CALL, PP + 3, 1, &words);
    assert_eq!(system.answer(tcb(0)), (1, words));
    let server = system.kernel.buffer(tcb(0)).unwrap().0;
    for index in 0..4 {
        assert_eq!(system.hw.memory.get(&(server + 8 + 8 * index)), None);
    }
}

#[test]
fn a_length_above_120_is_taken_as_120() {
    let mut system = served();
    system.call(CALL, &[(0, PP + 3), (1, 127)]);
    assert_eq!(system.me().x[1], 120);
}

#[test]
fn capabilities_named_in_a_message_are_not_transferred() {
    let mut system = served();
    system.call(CALL, &[(0, PP + 3), (1, 3 << 9 | 2 << 7 | 1)]);
    assert_eq!(system.me().x[1], 1);
}

#[test]
fn senders_queue_by_priority_and_first_come_first_served() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 1);
    for (name, priority) in [("b-low", 4), ("a-low", 4), ("high", 8)] {
        let pd = builder.pd(name, priority);
        builder.channel(pd, server, u64::from(pd));
    }
    let mut system = builder.start();
    for _ in 0..3 {
        let badge = system.running.unwrap().index() as u64;
        system.message(CALL, PP + badge, 0, &[]);
    }
    assert_eq!(system.name(), "server");
    let mut badges = Vec::new();
    system.recv();
    for _ in 0..3 {
        badges.push(system.me().x[0] & 0xff);
        system.call(NB_RECV, &[(0, INPUT), (6, REPLY)]);
    }
    assert_eq!(badges, [3, 1, 2]);
    assert_eq!(system.me().x[0], 0, "nobody is left");
}

#[test]
fn a_send_without_receiver_blocks_and_a_nonblocking_one_is_dropped() {
    let mut system = served();
    system.message(SEND, USER, 1, &[]);
    assert_eq!(system.name(), "server");
    system.call(YIELD, &[]);
    // The server has its message; the next has to wait.
    system.recv();
    assert_eq!(system.name(), "client");
    system.kernel.tcbs[tcb(0)].priority = 1;
    system.message(SEND, USER, 1, &[]);
    system.message(NB_SEND, USER, 2, &[]);
    assert_eq!(system.name(), "client", "dropped");
    system.message(SEND, USER, 3, &[]);
    assert_eq!(system.name(), "another", "blocked");
}

#[test]
fn a_call_without_grant_leaves_the_caller_inactive() {
    let mut system = served();
    system.message(CALL, USER, 1, &[]);
    assert_eq!(system.name(), "server");
    assert_eq!(system.kernel.tcbs[tcb(1)].state, ThreadState::Inactive);
}

#[test]
fn a_caller_unanswered_at_the_next_receive_becomes_inactive() {
    let mut system = served();
    system.message(CALL, PP + 3, 1, &[]);
    system.recv();
    assert_eq!(system.kernel.tcbs[tcb(1)].state, ThreadState::Inactive);
    assert_eq!(system.name(), "another");
}

#[test]
fn a_call_on_the_reply_object_answers_and_returns_success() {
    let mut system = served();
    system.message(CALL, PP + 3, 1, &[]);
    system.message(CALL, REPLY, 6, &[1, 2, 3]);
    assert_eq!(system.name(), "server");
    assert_eq!((system.me().x[0], system.me().x[1]), (0, 0));
    assert_eq!(system.answer(tcb(1)), (6, vec![1, 2, 3]));
}

#[test]
fn answering_nobody_is_no_error() {
    let mut system = served();
    system.message(CALL, REPLY, 6, &[]);
    assert_eq!(system.name(), "client");
    assert_eq!(system.me().x[1], 0);
}

#[test]
fn a_call_without_receiver_is_taken_when_one_comes() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 3);
    let client = builder.pd("client", 5);
    builder.channel(client, server, 3);
    let mut system = builder.start();
    system.message(CALL, PP + 3, 9, &[4]);
    assert_eq!(system.name(), "server");
    system.recv();
    assert_eq!(system.name(), "server", "with a message");
    assert_eq!(system.answer(tcb(0)), (9, vec![4]));
    system.reply_recv(0, &[]);
    assert_eq!(system.name(), "client");
}

#[test]
fn a_reply_that_ends_in_a_receive_finds_the_next_caller() {
    let mut system = served();
    system.message(CALL, PP + 3, 1, &[]);
    // "another" cannot run while the server does; it calls when it waits.
    system.call(YIELD, &[]);
    system.reply_recv(2, &[]);
    assert_eq!(system.name(), "client");
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "another");
    system.message(CALL, PP + 4, 1, &[]);
    assert_eq!(system.me().x[0], 1 << 63 | 4);
}

#[test]
fn receiving_changes_no_register_that_it_has_no_value_for() {
    let mut system = served();
    for register in 8..31 {
        system.context(0).x[register] = 1000 + register as u64;
    }
    system.call(SEND, &[(0, NOTIFY + 3), (1, 0)]);
    let x = system.me().x;
    assert_eq!(system.name(), "server");
    assert_eq!(x[7], RECV as u64);
    assert!((8..31).all(|register| x[register] == 1000 + register as u64));
}

#[test]
fn unknown_numbers_are_faults_and_debug_calls_are_for_the_debug_configuration() {
    for (number, debug, fault) in [
        (0, true, true),
        (1, true, true),
        (-12, false, true),
        (-12, true, false),
        (-33, true, true),
        (-28, false, true),
    ] {
        let mut builder = Builder::new();
        builder.header.debug = debug.into();
        builder.pd("a", 5);
        let mut system = builder.start();
        system.call(number, &[(0, u64::from(b'x'))]);
        assert_eq!(system.name().is_empty(), fault, "number {number}");
    }
}

#[test]
fn debug_halt_ends_everything() {
    let mut builder = Builder::new();
    builder.header.debug = 1;
    builder.pd("a", 5);
    builder.pd("b", 5);
    let mut system = builder.start();
    system.call(-14, &[]);
    system.event(crate::Event::Timer);
    assert_eq!(system.name(), "");
    assert_eq!(system.hw.reports().len(), 1);
}

#[test]
fn reply_recv_with_no_reply_capability_is_a_capability_fault_at_the_second_half() {
    let mut system = served();
    system.call(REPLY_RECV, &[(0, INPUT), (1, 0), (6, 300)]);
    let report = system.hw.reports()[0].to_string();
    assert!(
        report.contains("client: CapFault on capability 0x12c"),
        "{report}"
    );
}
