// SPDX-License-Identifier: BSD-2-Clause

//! Capabilities that are not there or cannot be used (2.1).

use super::registers::after;
use super::{child, label, number};
use crate::layout::{EMPTY, INPUT, REPLY, TO_RUNNER, UNRESOLVABLE, VSPACE, notification, to_child};
use crate::suite::{Event, Suite};
use sel4::cap;

/// Lookup failure: no capability in the slot.
const MISSING: u64 = 2;
/// Lookup failure: the guard of a CNode does not match.
const GUARD: u64 = 4;

pub fn run(suite: &mut Suite) {
    sends(suite);
    faults(suite);
    combined(suite);
    other_types(suite);
}

fn sends(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let cases = [
        ("Send to an empty slot does nothing", number::SEND, EMPTY),
        (
            "NBSend to an empty slot does nothing",
            number::NB_SEND,
            EMPTY,
        ),
        (
            "NBSend to an unresolvable pointer does nothing",
            number::NB_SEND,
            UNRESOLVABLE,
        ),
        (
            "an invocation by Send hides its error",
            number::SEND,
            VSPACE,
        ),
        (
            "an invocation by NBSend hides its error",
            number::NB_SEND,
            VSPACE,
        ),
        (
            "Send to a reply object nobody waits on does nothing",
            number::SEND,
            REPLY,
        ),
    ];
    for (name, call, target) in cases {
        let given = [(0, target), (1, 0)];
        let got = suite.system_call(&probe, call, &given);
        suite
            .report
            .equal(name, got, after(&probe, call, &given, &[]));
    }
}

fn faults(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let pc = probe.base();
    let guard = |phase| [pc, UNRESOLVABLE, phase, GUARD, 58, 0, 49];
    let cases = [
        ("Call of an unresolvable pointer", number::CALL, 0),
        ("Send to an unresolvable pointer", number::SEND, 0),
        ("Recv from an unresolvable pointer", number::RECV, 1),
        ("NBRecv from an unresolvable pointer", number::NB_RECV, 1),
        ("Wait for an unresolvable pointer", number::WAIT, 1),
    ];
    for (name, call, phase) in cases {
        let got = suite.system_call(&probe, call, &[(0, UNRESOLVABLE), (1, 0), (6, REPLY)]);
        let fault = Event::fault(&probe, label::CAP_FAULT, &guard(phase));
        suite.report.equal(name, got, Err(fault));
    }
    suite.answer(0, &[]);
    let event = suite.wait();
    let fault = Event::fault(&probe, label::CAP_FAULT, &guard(1));
    suite.report.equal(
        "the answer to a capability fault restarts the system call",
        event,
        fault,
    );

    let cases = [
        ("Recv from an empty slot", number::RECV, EMPTY, EMPTY),
        ("NBWait for an empty slot", number::NB_WAIT, EMPTY, EMPTY),
        ("Recv from an address space", number::RECV, VSPACE, VSPACE),
        (
            "Recv from a notification that may only be sent to",
            number::RECV,
            notification(TO_RUNNER),
            notification(TO_RUNNER),
        ),
    ];
    for (name, call, source, culprit) in cases {
        let got = suite.system_call(&probe, call, &[(0, source), (6, REPLY)]);
        let fault = Event::fault(&probe, label::CAP_FAULT, &[pc, culprit, 1, MISSING, 0]);
        suite.report.equal(name, got, Err(fault));
    }
    let got = suite.system_call(&probe, number::RECV, &[(0, INPUT), (6, VSPACE)]);
    let kind = got.err().map(|event| (event.label(), event.word(2)));
    suite.report.equal(
        "Recv with something else as reply object",
        kind,
        Some((Some(label::CAP_FAULT), Some(1))),
    );
}

fn combined(suite: &mut Suite) {
    let twin = suite.child(child::TWIN_A);
    let word = 1 << TO_RUNNER;
    for (name, call, register) in [
        (
            "NBSendWait ignores a bad destination",
            number::NB_SEND_WAIT,
            6,
        ),
        (
            "NBSendRecv ignores a bad destination",
            number::NB_SEND_RECV,
            8,
        ),
        (
            "ReplyRecv ignores a reply object nobody waits on",
            number::REPLY_RECV,
            9,
        ),
    ] {
        cap::Notification::from_bits(notification(to_child(2))).signal();
        let mut given = [(0, INPUT), (1, 0), (6, REPLY), (9, 0)];
        given[3] = (register, UNRESOLVABLE);
        let got = suite.system_call(&twin, call, &given);
        suite
            .report
            .equal(name, got, after(&twin, call, &given, &[(0, word)]));
    }
}

fn other_types(suite: &mut Suite) {
    let probe = suite.child(child::PROBE);
    let given = [(0, notification(TO_RUNNER)), (1, 7 << 12 | 4)];
    let context = probe
        .context()
        .with(&given)
        .with(&[(7, number::CALL as u64)]);
    probe.start([crate::code::SVC, crate::code::UDF], &context);
    let event = suite.wait();
    suite.report.equal(
        "Call of a notification signals it",
        event,
        Event::Notified(1 << to_child(1)),
    );
    let got = suite.end(&probe);
    let expected = after(&probe, number::CALL, &given, &[(0, 0), (1, 0)]);
    suite
        .report
        .equal("and succeeds with nothing in the answer", got, expected);

    let given = [(0, REPLY), (1, 0)];
    let got = suite
        .system_call(&probe, number::CALL, &given)
        .map(|context| (context.x(0), context.x(1)));
    suite.report.equal(
        "Call of a reply object nobody waits on succeeds",
        got,
        Ok((0, 0)),
    );

    let given = [(0, VSPACE), (1, 2 << 12)];
    let got = suite
        .system_call(&probe, number::CALL, &given)
        .map(|context| context.x(1));
    suite.report.equal(
        "a method the object lacks answers IllegalOperation",
        got,
        Ok(3 << 12),
    );

    let given = [(0, 5 << 58), (1, 0)];
    let got = suite
        .system_call(&probe, number::CALL, &given)
        .map(|context| context.x(1));
    suite.report.equal(
        "an empty user slot answers InvalidCapability",
        got,
        Ok(0x2001),
    );
}
