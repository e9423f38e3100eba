// SPDX-License-Identifier: BSD-2-Clause

//! Section 2.3: signals.

use tombolo_kernel_spec::CapKind;

use super::system::{
    Builder, CALL, INPUT, IRQ, NB_WAIT, NOTIFY, PP, REPLY, SEND, System, USER, WAIT, tcb,
};
use crate::Event;
use crate::objects::ThreadState;

/// `high` and `low` may notify each other (0 and 1), and `high` waits for what
/// `low` sends in slots USER (badge 0) and 2 * USER (badge 0xf0).
fn pair() -> System {
    let mut builder = Builder::new();
    let (high, low) = (builder.pd("high", 9), builder.pd("low", 5));
    builder.channel(low, high, 3);
    builder.cap(low, USER, CapKind::Notification, high, 0);
    builder.cap(low, 2 * USER, CapKind::Notification, high, 0xf0);
    builder.cap(high, USER, CapKind::Notification, high, 0);
    builder.irq(high, 7, 33);
    builder.start()
}

fn signal(system: &mut System, cptr: u64) {
    system.call(SEND, &[(0, cptr), (1, 0)]);
}

#[test]
fn a_receiver_on_its_endpoint_gets_the_badge_in_x0_and_nothing_else() {
    let mut system = pair();
    for register in 1..6 {
        system.me().x[register] = 50 + register as u64;
    }
    system.recv();
    signal(&mut system, NOTIFY + 3);
    assert_eq!(system.name(), "high");
    assert_eq!(system.me().x[..6], [1 << 3, 51, 52, 53, 54, 55]);
    assert!(
        system.kernel.replies[crate::ids::Id::new(0).unwrap()]
            .tcb
            .is_none()
    );
}

#[test]
fn signals_gather_until_they_are_received() {
    let mut system = pair();
    system.recv();
    system.kernel.tcbs[tcb(0)].priority = 1;
    signal(&mut system, NOTIFY + 3);
    signal(&mut system, 2 * USER);
    signal(&mut system, 2 * USER);
    system.recv();
    assert_eq!(system.name(), "high");
    assert_eq!(system.me().x[0], 1 << 3, "the first alone: it woke");
    system.recv();
    assert_eq!(system.me().x[0], 0xf0, "the rest in one word");
    system.recv();
    assert_eq!(system.name(), "");
}

#[test]
fn a_signal_with_badge_0_is_a_signal() {
    let mut system = pair();
    system.recv();
    system.kernel.tcbs[tcb(0)].priority = 1;
    signal(&mut system, NOTIFY + 3);
    signal(&mut system, USER);
    system.recv();
    system.recv();
    assert_eq!((system.name(), system.regs().x[0]), ("high", 0));
}

#[test]
fn polling_takes_the_word_or_sets_x0_to_0() {
    let mut system = pair();
    system.event(Event::Interrupt { intid: 33 });
    system.me().x[1] = 42;
    system.call(NB_WAIT, &[(0, USER)]);
    assert_eq!((system.me().x[0], system.me().x[1]), (1 << 7, 42));
    system.call(NB_WAIT, &[(0, USER)]);
    assert_eq!((system.me().x[0], system.me().x[1]), (0, 42));
}

#[test]
fn a_waiter_gets_this_badge_and_a_call_signals_too() {
    let mut system = pair();
    system.call(WAIT, &[(0, USER)]);
    assert_eq!(system.name(), "low");
    system.message(CALL, NOTIFY + 3, 5, &[1, 2]);
    assert_eq!((system.name(), system.regs().x[0]), ("high", 1 << 3));
    assert_eq!(system.context(1).x[1], 0, "success without a message");
}

#[test]
fn a_thread_that_waits_for_a_reply_is_not_woken() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let client = builder.pd("client", 5);
    builder.channel(client, server, 0);
    let mut system = builder.start();
    system.recv();
    system.message(CALL, PP, 0, &[]);
    signal(&mut system, NOTIFY);
    assert!(matches!(
        system.kernel.tcbs[tcb(1)].state,
        ThreadState::BlockedOnReply { .. }
    ));
    system.reply_recv(0, &[]);
    system.recv();
    assert_eq!((system.name(), system.regs().x[0]), ("client", 1));
}

#[test]
fn a_pending_signal_comes_before_the_queue_and_leaves_the_reply_object_unused() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 3);
    let client = builder.pd("client", 5);
    builder.channel(client, server, 0);
    let mut system = builder.start();
    signal(&mut system, NOTIFY);
    system.message(CALL, PP, 8, &[]);
    system.recv();
    assert_eq!((system.name(), system.regs().x[0]), ("server", 1));
    system.recv();
    assert_eq!((system.name(), system.regs().x[0]), ("server", 1 << 63));
    assert_eq!(system.me().x[1], 8 << 12);
    let _ = (INPUT, REPLY);
}

#[test]
fn an_interrupt_signals_its_handlers_notification_and_ack_unmasks_it() {
    let mut system = pair();
    system.recv();
    system.event(Event::Interrupt { intid: 33 });
    assert_eq!((system.name(), system.regs().x[0]), ("high", 1 << 7));
    let answer = system.invoke(IRQ + 7, 27, &[], &[]);
    assert_eq!(answer, (0, vec![]));
    assert_eq!(system.hw.actions, [super::fake::Action::AckIrq(33)]);
}

#[test]
fn ack_by_plain_send_works_as_for_deferred_actions() {
    let mut system = pair();
    system.message(SEND, IRQ + 7, 27, &[]);
    system.call(-3, &[(0, INPUT), (1, 27 << 12), (6, REPLY), (8, IRQ + 7)]);
    assert_eq!(system.hw.actions.len(), 2);
    assert_eq!(system.name(), "low");
}

#[test]
fn an_interrupt_wakes_an_idle_system_and_an_unknown_one_does_nothing() {
    let mut system = pair();
    system.recv();
    system.recv();
    assert_eq!(system.name(), "");
    for intid in [34, 1023, 1024, u32::MAX] {
        system.event(Event::Interrupt { intid });
        assert_eq!(system.name(), "");
    }
    system.event(Event::Interrupt { intid: 33 });
    assert_eq!(system.name(), "high");
}
