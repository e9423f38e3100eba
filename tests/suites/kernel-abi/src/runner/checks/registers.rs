// SPDX-License-Identifier: BSD-2-Clause

//! What system calls write and what they preserve (1.2, 1.3, 1.4).

use super::{child, number};
use crate::code;
use crate::layout::{EMPTY, FAULT_ENDPOINT, INPUT, REPLY, TO_RUNNER, notification, to_child};
use crate::suite::{Event, Suite};
use crate::thread::{Context, Thread};
use sel4::cap;

// x10 is the IPC buffer: message register 0 is never read from it, 4 is.
code::code!(long_call:
    "str x9, [x10, #8]",
    "str x9, [x10, #40]",
    "svc #0",
    "ldr x11, [x10, #8]",
    "ldr x12, [x10, #40]",
    "udf #0",
);

/// Address of every protection domain's IPC buffer (6.4).
const IPC_BUFFER: u64 = 0xff_ffff_f000;

/// The registers after a system call of `thread` that changes only `set`.
pub fn after(
    thread: &Thread,
    call: i64,
    given: &[(usize, u64)],
    set: &[(usize, u64)],
) -> Result<Context, Event> {
    let mut context = thread
        .context()
        .with(given)
        .with(&[(7, call as u64)])
        .with(set)
        .at(4);
    *context.0.spsr_mut() |= super::start::STATUS;
    Ok(context)
}

pub fn run(suite: &mut Suite) {
    nothing_received(suite);
    notifications(suite);
    calls(suite);
}

fn nothing_received(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let twin = suite.child(child::TWIN_A);
    let got = suite.system_call(&probe, number::YIELD, &[]);
    suite.report.equal(
        "Yield preserves every register",
        got,
        after(&probe, number::YIELD, &[], &[]),
    );

    let given = [(0, INPUT), (6, REPLY)];
    let got = suite.system_call(&probe, number::NB_RECV, &given);
    let expected = after(&probe, number::NB_RECV, &given, &[(0, 0)]);
    suite.report.equal(
        "an NBRecv that finds nothing writes x0 = 0 and nothing else",
        got,
        expected,
    );

    let given = [(0, INPUT)];
    let got = suite.system_call(&twin, number::NB_WAIT, &given);
    let expected = after(&twin, number::NB_WAIT, &given, &[(0, 0)]);
    suite.report.equal(
        "an NBWait that finds nothing writes x0 = 0 and nothing else",
        got,
        expected,
    );
}

fn notifications(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let twin = suite.child(child::TWIN_A);
    for call in [number::SEND, number::NB_SEND] {
        let given = [(0, notification(TO_RUNNER)), (1, 0)];
        probe.start(
            [code::SVC, code::UDF],
            &probe.context().with(&given).with(&[(7, call as u64)]),
        );
        let event = suite.wait();
        suite.report.equal(
            "a signal arrives as the badge of its channel",
            event,
            Event::Notified(1 << to_child(1)),
        );
        let got = suite.end(&probe);
        suite.report.equal(
            "Signal preserves every register",
            got,
            after(&probe, call, &given, &[]),
        );
    }
    for call in [number::WAIT, number::RECV, number::NB_WAIT, number::NB_RECV] {
        cap::Notification::from_bits(notification(to_child(2))).signal();
        let given = [(0, INPUT), (1, 0x1234_5678)];
        let got = suite.system_call(&twin, call, &given);
        let expected = after(&twin, call, &given, &[(0, 1 << TO_RUNNER)]);
        suite
            .report
            .equal("receiving a notification writes x0 only", got, expected);
    }
}

fn calls(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let given = [(0, FAULT_ENDPOINT), (1, 9 << 12 | 4)];
    let context = probe
        .context()
        .with(&given)
        .with(&[(7, number::CALL as u64)]);
    probe.start([code::SVC, code::UDF], &context);
    let event = suite.wait();
    let sent = Event::fault(&probe, 9, &[0xa002, 0xa003, 0xa004, 0xa005]);
    suite
        .report
        .equal("a call arrives with badge, label and words", event, sent);
    suite.answer(5, &[0x51, 0x52]);
    let got = suite.end(&probe);
    let expected = after(
        &probe,
        number::CALL,
        &given,
        &[(0, 0), (1, 5 << 12 | 2), (2, 0x51), (3, 0x52)],
    );
    suite.report.equal(
        "an answer of two words writes x0 to x3 and nothing else",
        got,
        expected,
    );

    let given = [(0, FAULT_ENDPOINT), (1, 9 << 12 | 127)];
    let context = probe
        .context()
        .with(&given)
        .with(&[(7, number::CALL as u64)]);
    probe.start([code::SVC, code::UDF], &context);
    let length = match suite.wait() {
        Event::Child(_, 9, length, _) => length,
        _ => 0,
    };
    suite
        .report
        .equal("a length above 120 is taken as 120", length, 120);

    let given = [
        (0, FAULT_ENDPOINT),
        (1, 5),
        (7, number::CALL as u64),
        (10, IPC_BUFFER),
    ];
    let event = suite.run(&probe, long_call, &given);
    let words = (event.word(0), event.word(4));
    suite.report.equal(
        "word 0 travels in x2, word 4 in the IPC buffer",
        words,
        (Some(0xa002), Some(0xa009)),
    );
    suite.answer(0, &[1, 2, 3, 4, 5]);
    let got = suite
        .end(&probe)
        .map(|context| (context.x(2), context.x(5), context.x(11), context.x(12)));
    suite.report.equal(
        "an answer's word 0 is in x2 only, word 4 in the IPC buffer",
        got,
        Ok((1, 4, 0xa009, 5)),
    );

    let got = suite.system_call(&probe, number::CALL, &[(0, EMPTY), (1, 0)]);
    let expected = after(
        &probe,
        number::CALL,
        &[(0, EMPTY), (1, 0)],
        &[(0, 0), (1, 0x2001), (2, 0)],
    );
    suite.report.equal(
        "a call of an empty slot answers InvalidCapability(0)",
        got,
        expected,
    );
}
