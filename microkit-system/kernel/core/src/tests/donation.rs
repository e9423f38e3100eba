// SPDX-License-Identifier: BSD-2-Clause

//! Sections 2.2 to 2.4: passive domains and scheduling contexts that travel.

use tombolo_kernel_spec::CapKind;

use super::system::{
    Builder, CALL, CHILD, INPUT, MONITOR, NB_SEND_RECV, NOTIFY, PP, REPLY, SEND, System, USER, tcb,
};

/// The end of a passive domain's `init`.
fn become_passive(system: &mut System) {
    system.call(
        NB_SEND_RECV,
        &[(0, INPUT), (1, 0), (6, REPLY), (8, MONITOR)],
    );
}

/// Two passive servers, the first calling the second, and a client.
fn chain() -> System {
    let mut builder = Builder::new();
    let outer = builder.pd("outer", 8);
    let inner = builder.pd("inner", 9);
    let client = builder.pd("client", 5);
    builder.channel(outer, inner, 1);
    builder.channel(client, outer, 2);
    builder.channel(client, inner, 3);
    let mut system = builder.start();
    become_passive(&mut system);
    become_passive(&mut system);
    assert_eq!(system.name(), "client");
    system
}

#[test]
fn a_passive_domain_gives_its_context_to_its_notification_at_the_next_receive() {
    let mut system = chain();
    assert_eq!(system.sc_of(0), None);
    assert_eq!(system.sc_of(1), None);
    assert_eq!(system.sc_of(2), Some(2));
    system.recv();
    assert_eq!(system.name(), "");
}

#[test]
fn the_context_travels_through_every_passive_callee_and_back() {
    let mut system = chain();
    system.message(CALL, PP + 2, 0, &[]);
    assert_eq!((system.name(), system.sc_of(0)), ("outer", Some(2)));
    system.message(CALL, PP + 1, 0, &[]);
    assert_eq!((system.name(), system.sc_of(1)), ("inner", Some(2)));
    system.reply_recv(0, &[]);
    assert_eq!((system.name(), system.sc_of(0)), ("outer", Some(2)));
    system.reply_recv(0, &[]);
    assert_eq!((system.name(), system.sc_of(2)), ("client", Some(2)));
}

#[test]
fn a_passive_domain_runs_on_its_own_context_when_notified() {
    let mut system = chain();
    system.call(SEND, &[(0, NOTIFY + 2), (1, 0)]);
    assert_eq!((system.name(), system.sc_of(0)), ("outer", Some(0)));
    assert_eq!(system.me().x[0], 1 << 2);
    system.recv();
    assert_eq!((system.name(), system.sc_of(0)), ("client", None));
}

#[test]
fn the_first_call_may_still_run_on_the_servers_own_context() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 3);
    let client = builder.pd("client", 5);
    builder.channel(client, server, 0);
    let mut system = builder.start();
    system.message(CALL, PP, 0, &[]);
    // The server's blocking receive gives its context back before it takes the
    // waiting caller, whose context it gets.
    become_passive(&mut system);
    assert_eq!((system.name(), system.sc_of(0)), ("server", Some(1)));
}

#[test]
fn an_active_server_keeps_its_own_context_and_the_callers_rests() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let client = builder.pd("client", 5);
    builder.channel(client, server, 0);
    let mut system = builder.start();
    system.recv();
    system.message(CALL, PP, 0, &[]);
    assert_eq!((system.sc_of(0), system.sc_of(1)), (Some(0), Some(1)));
}

#[test]
fn asking_twice_to_be_passive_changes_nothing() {
    let mut system = chain();
    system.call(SEND, &[(0, NOTIFY + 2), (1, 0)]);
    become_passive(&mut system);
    assert_eq!(system.sc_of(0), None);
    system.call(SEND, &[(0, NOTIFY + 2), (1, 0)]);
    assert_eq!(system.sc_of(0), Some(0));
}

#[test]
fn a_cancelled_call_leaves_the_context_with_the_callee() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let parent = builder.pd("parent", 8);
    let child = builder.pd("child", 5);
    builder.channel(child, server, 0);
    builder.child(parent, 2, 0);
    builder.irq(parent, 0, 40);
    let mut system = builder.start();
    become_passive(&mut system);
    system.recv();
    assert_eq!(system.name(), "child");
    system.message(CALL, PP, 0, &[]);
    assert_eq!((system.name(), system.sc_of(0)), ("server", Some(2)));
    let _ = child;
    // The parent suspends and resumes the child while the server works.
    system.kernel.set_priority(tcb(0), 1);
    system.event(crate::Event::Interrupt { intid: 40 });
    assert_eq!(system.name(), "parent");
    system.invoke(CHILD, 12, &[], &[]);
    system.invoke(CHILD, 13, &[], &[]);
    system.recv();
    assert_eq!((system.name(), system.sc_of(2)), ("server", None));
    system.reply_recv(0, &[]);
    assert_eq!(system.name(), "", "the child has nothing to run on");
    assert_eq!((system.sc_of(0), system.sc_of(2)), (Some(2), None));
}

#[test]
fn a_caller_that_got_another_context_leaves_the_first_with_the_callee() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let parent = builder.pd("parent", 8);
    let client = builder.pd("client", 5);
    let spare = builder.pd("spare", 4);
    builder.channel(client, server, 0);
    builder.child(parent, 2, 0);
    builder.irq(parent, 0, 40);
    builder.cap(parent, USER, CapKind::SchedContext, spare, 0);
    let mut system = builder.start();
    become_passive(&mut system);
    system.recv();
    system.message(CALL, PP, 0, &[]);
    system.kernel.set_priority(tcb(0), 1);
    system.event(crate::Event::Interrupt { intid: 40 });
    assert_eq!(system.invoke(USER, 35, &[], &[]).0, 0);
    assert_eq!(system.invoke(USER, 34, &[], &[CHILD]).0, 0);
    system.recv();
    assert_eq!(system.name(), "server");
    system.reply_recv(0, &[]);
    assert_eq!(system.name(), "client");
    assert_eq!((system.sc_of(0), system.sc_of(2)), (Some(2), Some(3)));
}

#[test]
fn a_passive_callee_that_uses_up_the_budget_waits_for_the_callers_refill() {
    let mut builder = Builder::new();
    let server = builder.pd("server", 9);
    let client = builder.pd_with("client", 5, 200, 1000);
    builder.channel(client, server, 0);
    let mut system = builder.start();
    become_passive(&mut system);
    system.message(CALL, PP, 0, &[]);
    let ran = system.compute(1100);
    assert_eq!(
        ran,
        [
            ("server".to_string(), 200),
            (String::new(), 800),
            ("server".to_string(), 100)
        ]
    );
}
