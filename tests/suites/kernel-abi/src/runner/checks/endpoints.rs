// SPDX-License-Identifier: BSD-2-Clause

//! Endpoints, replies and cancelled calls (2.2).

use super::registers::after;
use super::{child, label, number};
use crate::code;
use crate::layout::{
    CALL, FAULT_ENDPOINT, INPUT, REPLY, TO_PROBE, TO_TWIN, TO_TWIN_A, endpoint, notification,
    to_child,
};
use crate::suite::{Event, Suite};
use crate::thread::{Context, Thread};
use sel4::cap;

code::code!(stop: "udf #0");
code::code!(guest_stop: "smc #0");
// Receives, answers the call with one word, receives again; x20 is the first badge.
code::code!(serve:
    "svc #0",
    "mov x20, x0",
    "mov x0, #1",
    "mov x1, #1",
    "mov x2, #0x77",
    "mov x6, #4",
    "mov x7, #-2",
    "svc #0",
    "udf #0",
);

/// Registers of a thread that is about to make a system call.
fn calling(thread: &Thread, call: i64, given: &[(usize, u64)]) -> Context {
    thread.context().with(given).with(&[(7, call as u64)])
}

/// Starts a system call of `thread` without waiting for its end.
pub fn start(thread: &Thread, call: i64, given: &[(usize, u64)]) {
    thread.start([code::SVC, code::UDF], &calling(thread, call, given));
}

pub fn run(suite: &mut Suite) {
    queue(suite);
    sends(suite);
    call(suite);
    reply_and_receive(suite);
    cancel(suite);
    combined(suite);
}

fn queue(suite: &mut Suite) {
    let threads = [child::HIGH_A, child::HIGH_B, child::HIGH_C];
    for id in threads {
        suite.child(id).start_with(stop, &[]);
    }
    let order = threads.map(|_| suite.wait().child());
    let expected = [child::HIGH_B, child::HIGH_A, child::HIGH_C].map(Some);
    suite.report.equal(
        "senders queue by priority, equal ones first come first served",
        order,
        expected,
    );

    let (high, probe) = (suite.child(child::HIGH_A), suite.child(child::PROBE));
    start(&high, number::CALL, &[(0, FAULT_ENDPOINT), (1, 0)]);
    high.tcb.tcb_suspend().expect("a TCB can be suspended");
    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "a suspended sender leaves the queue",
        event.child(),
        Some(probe.id),
    );
}

fn sends(suite: &mut Suite) {
    let (high, probe) = (suite.child(child::HIGH_A), suite.child(child::PROBE));
    let given = [(0, FAULT_ENDPOINT), (1, 9 << 12 | 2)];
    let got = suite.system_call(&high, number::NB_SEND, &given);
    let expected = after(&high, number::NB_SEND, &given, &[]);
    suite
        .report
        .equal("NBSend to nobody drops the message", got, expected);

    let words = [0xa002, 0xa003];
    start(&probe, number::NB_SEND, &given);
    let event = suite.wait();
    suite.report.equal(
        "NBSend to a waiting receiver arrives",
        event,
        Event::fault(&probe, 9, &words),
    );
    let got = suite.end(&probe);
    suite.report.equal(
        "and preserves every register",
        got,
        after(&probe, number::NB_SEND, &given, &[]),
    );

    start(&high, number::SEND, &given);
    let event = suite.wait();
    suite.report.equal(
        "Send waits for its receiver",
        event,
        Event::fault(&high, 9, &words),
    );
    let got = suite.end(&high);
    suite.report.equal(
        "and preserves every register",
        got,
        after(&high, number::SEND, &given, &[]),
    );
}

fn call(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let receive = [(0, INPUT), (6, REPLY)];
    start(&probe, number::RECV, &receive);
    let request = [(0, endpoint(TO_PROBE)), (1, 6 << 12 | 3)];
    start(&twin, number::CALL, &request);
    let got = suite.end(&probe);
    let arrived = [
        (0, CALL | 2),
        (1, 6 << 12 | 3),
        (2, 0xa002),
        (3, 0xa003),
        (4, 0xa004),
    ];
    let expected = after(&probe, number::RECV, &receive, &arrived);
    suite.report.equal(
        "Recv writes the badge, the info and as many words as there are",
        got,
        expected,
    );

    let reply = [(0, REPLY), (1, 8 << 12 | 1)];
    let got = suite.system_call(&probe, number::SEND, &reply);
    let expected = after(&probe, number::SEND, &reply, &[]);
    suite.report.equal(
        "answering an equal or lower caller goes on with the answerer",
        got,
        expected,
    );
    let got = suite.end(&twin);
    let expected = after(
        &twin,
        number::CALL,
        &request,
        &[(0, 0), (1, 8 << 12 | 1), (2, 0xa002)],
    );
    suite
        .report
        .equal("the caller gets the answer's info and words", got, expected);
}

fn reply_and_receive(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let (a, b) = (suite.child(child::TWIN_A), suite.child(child::TWIN_B));
    probe.start_with(serve, &[(0, INPUT), (6, REPLY), (7, number::RECV as u64)]);
    for twin in [&a, &b] {
        start(twin, number::CALL, &[(0, endpoint(TO_PROBE)), (1, 0)]);
    }
    let got = suite
        .end(&b)
        .map(|context| (context.x(0), context.x(1), context.x(2)));
    suite
        .report
        .equal("the first caller has its answer", got, Ok((0, 1, 0x77)));
    let got = suite
        .end(&probe)
        .map(|context| (context.x(20), context.x(0)));
    suite.report.equal(
        "ReplyRecv answers one caller and takes the next",
        got,
        Ok((CALL | 3, CALL | 2)),
    );
}

/// `twin_a` waits for the answer of `probe` since the check before.
fn cancel(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let guest = suite.guest();
    let receive = [(0, INPUT), (6, REPLY)];
    let got = suite.system_call(&probe, number::NB_RECV, &receive);
    let expected = after(&probe, number::NB_RECV, &receive, &[(0, 0)]);
    suite.report.equal(
        "a receive into a reply object in use finds nothing",
        got,
        expected,
    );
    let answered = suite
        .system_call(&probe, number::SEND, &[(0, REPLY), (1, 0)])
        .is_ok();
    let event = suite.run(&guest, guest_stop, &[]);
    let got = (answered, event.child());
    suite.report.equal(
        "the caller that waited on it is stopped for good",
        got,
        (true, Some(guest.id)),
    );
    start(&probe, number::RECV, &receive);
    twin.tcb.tcb_resume().expect("a TCB can be resumed");
    let got = suite.end(&probe).map(|context| context.x(0));
    suite
        .report
        .equal("resumed, it calls again", got, Ok(CALL | 2));
    twin.tcb.tcb_suspend().expect("a TCB can be suspended");
    suite.answer(0, &[]);

    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "a fault waits for its answer",
        event.child(),
        Some(probe.id),
    );
    let event = suite.run(&guest, guest_stop, &[]);
    suite.report.equal(
        "the next receive gives it up",
        event.child(),
        Some(guest.id),
    );
    probe.tcb.tcb_resume().expect("a TCB can be resumed");
    let event = suite.wait();
    let got = (event.child(), event.label());
    suite.report.equal(
        "resumed, it faults again",
        got,
        (Some(probe.id), Some(label::USER_EXCEPTION)),
    );
}

fn combined(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let (a, b) = (suite.child(child::TWIN_A), suite.child(child::TWIN_B));
    let wait = [(0, INPUT)];
    start(&a, number::WAIT, &wait);
    // It waits once the guest, of lower priority, has run.
    suite.run(&suite.guest(), guest_stop, &[]);
    let given = [(0, INPUT), (1, 0), (6, REPLY), (8, notification(TO_TWIN_A))];
    start(&probe, number::NB_SEND_RECV, &given);
    let got = suite.end(&a);
    let expected = after(&a, number::WAIT, &wait, &[(0, 1 << TO_PROBE)]);
    suite
        .report
        .equal("NBSendRecv sends to the capability in x8", got, expected);
    start(&b, number::CALL, &[(0, endpoint(TO_PROBE)), (1, 5 << 12)]);
    let got = suite.end(&probe);
    let expected = after(
        &probe,
        number::NB_SEND_RECV,
        &given,
        &[(0, CALL | 3), (1, 5 << 12)],
    );
    suite.report.equal("and then receives", got, expected);

    start(&a, number::WAIT, &wait);
    suite.run(&suite.guest(), guest_stop, &[]);
    cap::Notification::from_bits(notification(to_child(b.id))).signal();
    let given = [(0, INPUT), (1, 0), (6, notification(TO_TWIN))];
    start(&b, number::NB_SEND_WAIT, &given);
    let got = suite.end(&b);
    let expected = after(&b, number::NB_SEND_WAIT, &given, &[(0, 1 << 1)]);
    suite.report.equal("NBSendWait waits", got, expected);
    let got = suite.end(&a);
    let expected = after(&a, number::WAIT, &wait, &[(0, 1 << TO_TWIN)]);
    suite
        .report
        .equal("and has sent to the capability in x6", got, expected);
}
