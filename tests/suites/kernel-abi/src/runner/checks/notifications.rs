// SPDX-License-Identifier: BSD-2-Clause

//! Notifications and their binding to threads (2.3).

use super::endpoints::start;
use super::registers::after;
use super::{child, number};
use crate::code;
use crate::layout::{
    CALL, FAULT_ENDPOINT, INPUT, REPLY, TO_PROBE, TO_RUNNER, TO_TWIN_A, endpoint, notification,
    to_child,
};
use crate::suite::{Event, Suite};
use sel4::cap;

code::code!(signal_and_stop: "svc #0", "udf #0");
code::code!(guest_stop: "smc #0");

/// Signals child `id` as the runner.
fn signal(id: u64) {
    cap::Notification::from_bits(notification(to_child(id))).signal();
}

pub fn run(suite: &mut Suite) {
    words(suite);
    before_the_queue(suite);
    bound(suite);
    blocked_elsewhere(suite);
}

fn words(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    signal(twin.id);
    signal(twin.id);
    let given = [(0, notification(TO_TWIN_A)), (1, 0)];
    let sent = suite.system_call(&probe, number::SEND, &given).is_ok();
    let given = [(0, INPUT)];
    let both = 1 << TO_RUNNER | 1 << TO_PROBE;
    let got = (sent, suite.system_call(&twin, number::WAIT, &given));
    let expected = (true, after(&twin, number::WAIT, &given, &[(0, both)]));
    suite
        .report
        .equal("signals that nobody waits for are ORed", got, expected);
    let got = suite.system_call(&twin, number::NB_WAIT, &given);
    let expected = after(&twin, number::NB_WAIT, &given, &[(0, 0)]);
    suite.report.equal("and taken at once", got, expected);

    start(&twin, number::WAIT, &given);
    suite.run(&suite.guest(), guest_stop, &[]);
    signal(twin.id);
    let got = suite.end(&twin);
    let expected = after(&twin, number::WAIT, &given, &[(0, 1 << TO_RUNNER)]);
    suite
        .report
        .equal("a waiting thread gets the signal's badge", got, expected);
}

fn before_the_queue(suite: &mut Suite) {
    let (a, b) = (suite.child(child::HIGH_A), suite.child(child::HIGH_B));
    for high in [&a, &b] {
        let given = [
            (0, notification(TO_RUNNER)),
            (1, 0),
            (7, number::SEND as u64),
        ];
        high.start_with(signal_and_stop, &given);
    }
    let got = [(); 3].map(|()| suite.wait()).map(|event| match event {
        Event::Notified(word) => (word, None),
        Event::Child(id, ..) => (0, Some(id)),
    });
    let word = 1 << to_child(a.id) | 1 << to_child(b.id);
    let expected = [(word, None), (0, Some(b.id)), (0, Some(a.id))];
    suite.report.equal(
        "the bound notification is taken before the queue",
        got,
        expected,
    );
}

fn bound(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let given = [(0, INPUT), (1, 0x1234_5678), (6, REPLY)];
    start(&probe, number::RECV, &given);
    suite.run(&suite.guest(), guest_stop, &[]);
    signal(probe.id);
    let got = suite.end(&probe);
    let expected = after(&probe, number::RECV, &given, &[(0, 1 << TO_RUNNER)]);
    suite.report.equal(
        "a signal ends the wait for a message and writes x0 only",
        got,
        expected,
    );
    start(&twin, number::CALL, &[(0, endpoint(TO_PROBE)), (1, 0)]);
    start(&probe, number::RECV, &given);
    let got = suite
        .end(&probe)
        .map(|context| (context.x(0), context.x(1)));
    suite
        .report
        .equal("the endpoint serves on", got, Ok((CALL | 2, 0)));
    twin.tcb.tcb_suspend().expect("a TCB can be suspended");
}

fn blocked_elsewhere(suite: &mut Suite) {
    let high = suite.child(child::HIGH_A);
    start(&high, number::CALL, &[(0, FAULT_ENDPOINT), (1, 9 << 12)]);
    signal(high.id);
    let event = suite.wait();
    suite.report.equal(
        "a signal does not end a send",
        event,
        Event::fault(&high, 9, &[]),
    );
    suite.answer(7, &[]);
    let got = suite.end(&high).map(|context| (context.x(0), context.x(1)));
    suite
        .report
        .equal("nor the wait for an answer", got, Ok((0, 7 << 12)));
    let got = suite.system_call(&high, number::NB_WAIT, &[(0, INPUT)]);
    let got = got.map(|context| context.x(0));
    suite
        .report
        .equal("it is there afterwards", got, Ok(1 << TO_RUNNER));
}
