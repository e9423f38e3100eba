// SPDX-License-Identifier: BSD-2-Clause

//! Priorities, round robin, budgets and time lent to passive servers (2.4, 2.5).
//!
//! Times are medians, so that a host that stalls QEMU now and then changes
//! nothing; `--icount` makes them exact.

use super::endpoints::start;
use super::{child, number};
use crate::code::{self, Code};
use crate::layout::{INPUT, TO_PROBE, TO_SERVER, TO_TWIN, endpoint, notification, to_child};
use crate::memory::Shared;
use crate::methods;
use crate::suite::Suite;
use crate::thread::Thread;
use sel4::cap;
use sel4_microkit::{Channel, MessageInfo};

/// Words of the shared page: who ran last, the log's length, and the log.
const LENGTH: usize = 1;
const LOG: usize = 8;
/// Entries taken for a median.
const ENTRIES: usize = 15;
/// Entries of the round-robin log.
const SLICES: usize = 16;

// All: x1 is the shared page, x2 who this is.
// Makes a system call, appends x2 to the log, stops.
code::code!(call_and_log:
    "mov x9, x1", "mov x10, x2", "mov x1, #0", "svc #0",
    "ldr x5, [x9, #8]", "add x6, x9, #64", "str x10, [x6, x5, lsl #3]",
    "add x5, x5, #1", "str x5, [x9, #8]",
    "udf #0",
);
// Appends x2 and yields, x3 times.
code::code!(log_and_yield:
    "1: ldr x5, [x1, #8]", "add x6, x1, #64", "str x2, [x6, x5, lsl #3]",
    "add x5, x5, #1", "str x5, [x1, #8]",
    "svc #0",
    "sub x3, x3, #1", "cbnz x3, 1b",
    "udf #0",
);
// Appends the count whenever another ran in between, until there are x3 entries.
code::code!(log_turns:
    "1: ldr x4, [x1]", "cmp x4, x2", "b.eq 1b",
    "str x2, [x1]", "mrs x4, cntpct_el0",
    "ldr x5, [x1, #8]", "add x6, x1, #64", "str x4, [x6, x5, lsl #3]",
    "add x5, x5, #1", "str x5, [x1, #8]",
    "cmp x5, x3", "b.lt 1b",
    "udf #0",
);
// Appends pairs of counts: when it last ran before a gap of x2 or more, when
// it ran again; until there are x3 pairs.
code::code!(log_gaps:
    "mov x5, #0", "mrs x4, cntpct_el0",
    "1: mrs x6, cntpct_el0", "sub x8, x6, x4", "cmp x8, x2", "b.lo 2f",
    "add x9, x1, x5, lsl #4", "str x4, [x9, #64]", "str x6, [x9, #72]",
    "add x5, x5, #1", "cmp x5, x3", "b.hs 3f",
    "2: mov x4, x6", "b 1b",
    "3: udf #0",
);
// Calls and says how many ticks that took, in x9.
code::code!(timed_call: "mrs x8, cntpct_el0", "svc #0", "mrs x9, cntpct_el0", "sub x9, x9, x8", "udf #0");
code::code!(stop: "udf #0");
code::code!(guest_stop: "smc #0");
code::code!(spin: "1: b 1b");
// Until the count is x1.
code::code!(spin_for: "1: mrs x2, cntpct_el0", "cmp x2, x1", "b.lo 1b", "udf #0");
code::code!(guest_spin_for: "1: mrs x2, cntpct_el0", "cmp x2, x1", "b.lo 1b", "smc #0");

pub fn run(suite: &mut Suite) {
    wakes(suite);
    yields(suite);
    round_robin(suite);
    budgets(suite);
    lent_time(suite);
    starvation(suite);
    preemption(suite);
}

/// Microseconds of `ticks` of the counter.
fn micros(ticks: u64) -> u64 {
    ticks * 1_000_000 / frequency()
}

/// Ticks of the counter in a second.
fn frequency() -> u64 {
    let value: u64;
    // SAFETY: reads a constant register.
    unsafe { core::arch::asm!("mrs {}, cntfrq_el0", out(reg) value, options(nomem, nostack)) };
    value
}

fn log_of(thread: &Thread, code: Code, given: &[(usize, u64)]) {
    let context = thread
        .context()
        .with(&[(1, Shared::address(0)), (2, thread.id)])
        .with(given);
    thread.start(code::words(code), &context);
}

/// Who runs first when one thread wakes another.
fn wakes(suite: &mut Suite) {
    let (a, b) = (suite.child(child::TWIN_A), suite.child(child::TWIN_B));
    let probe = suite.child(child::PROBE);
    let wait = |thread: &Thread| {
        log_of(
            thread,
            call_and_log,
            &[(0, INPUT), (6, 4), (7, number::RECV as u64)],
        )
    };
    let signal = |thread: &Thread, slot| {
        log_of(thread, call_and_log, &[(0, slot), (7, number::SEND as u64)])
    };
    let settle = |suite: &mut Suite| {
        let guest = suite.guest();
        suite.run(&guest, guest_stop, &[]);
    };
    for (name, sleeper, slot, expected) in [
        (
            "a woken thread of higher priority runs at once",
            &probe,
            notification(TO_PROBE),
            [1, 2],
        ),
        (
            "a woken thread of equal priority waits its turn",
            &b,
            notification(TO_TWIN),
            [2, 3],
        ),
    ] {
        suite.shared.clear();
        wait(sleeper);
        settle(suite);
        signal(&a, slot);
        suite.wait();
        suite.wait();
        let got: [u64; 2] = suite.shared.list(LOG);
        suite.report.equal(name, got, expected);
    }
    suite.shared.clear();
    wait(&a);
    wait(&b);
    settle(suite);
    for twin in [&a, &b] {
        cap::Notification::from_bits(notification(to_child(twin.id))).signal();
    }
    suite.wait();
    suite.wait();
    let got: [u64; 2] = suite.shared.list(LOG);
    suite.report.equal(
        "of woken threads of lower priority the last woken runs first",
        got,
        [3, 2],
    );

    suite.shared.clear();
    let high = suite.child(child::HIGH_A);
    log_of(&high, call_and_log, &[(0, 63), (7, number::NB_SEND as u64)]);
    let got = suite.shared.get(LENGTH);
    suite.wait();
    suite.report.equal(
        "a started thread of higher priority has run when the call returns",
        got,
        1,
    );
}

fn yields(suite: &mut Suite) {
    let (a, b) = (suite.child(child::TWIN_A), suite.child(child::TWIN_B));
    suite.shared.clear();
    for twin in [&a, &b] {
        log_of(twin, log_and_yield, &[(3, 4), (7, number::YIELD as u64)]);
    }
    suite.wait();
    suite.wait();
    let got: [u64; 8] = suite.shared.list(LOG);
    suite.report.equal(
        "Yield gives equal priorities turns",
        got,
        [3, 2, 3, 2, 3, 2, 3, 2],
    );
}

fn round_robin(suite: &mut Suite) {
    let (a, b) = (suite.child(child::TWIN_A), suite.child(child::TWIN_B));
    suite.shared.clear();
    for twin in [&a, &b] {
        log_of(twin, log_turns, &[(3, SLICES as u64)]);
    }
    suite.wait();
    for twin in [a, b] {
        twin.tcb.tcb_suspend().expect("a TCB can be suspended");
    }
    let log: [u64; SLICES] = suite.shared.list(LOG);
    let slices: [u64; ENTRIES] = core::array::from_fn(|n| log[n + 1] - log[n]);
    let slice = micros(median(slices));
    suite
        .report
        .within("equal priorities alternate every 1000 µs", slice, 990, 1010);
}

fn budgets(suite: &mut Suite) {
    for (id, budget) in [(child::LIMITED, 200), (child::TINY, 50)] {
        let thread = suite.child(id);
        suite.shared.clear();
        let gap = frequency() / 10_000;
        log_of(&thread, log_gaps, &[(2, gap), (3, ENTRIES as u64 + 1)]);
        suite.wait();
        let pair = |n: usize| {
            (
                suite.shared.get(LOG + 2 * n),
                suite.shared.get(LOG + 2 * n + 1),
            )
        };
        let ran: [u64; ENTRIES] = core::array::from_fn(|n| pair(n + 1).0 - pair(n).1);
        let between: [u64; ENTRIES] = core::array::from_fn(|n| pair(n + 1).1 - pair(n).1);
        let (ran, between) = (micros(median(ran)), micros(median(between)));
        // Below twice the kernel's own time for an entry (20 µs) a rest is left over.
        suite.report.within(
            "a budget runs as long as it says",
            ran,
            budget - 5,
            budget + 1,
        );
        suite
            .report
            .within("and comes back every period of 1000 µs", between, 998, 1002);
    }
}

/// A passive server works on its caller's time.
fn lent_time(suite: &mut Suite) {
    let limited = suite.child(child::LIMITED);
    let ticks = frequency() / 2000;
    let given = [
        (0, endpoint(TO_SERVER as u64)),
        (1, methods::SPIN << 12 | 1),
        (2, ticks),
    ];
    limited.start_with(
        timed_call,
        &[(7, number::CALL as u64), given[0], given[1], given[2]],
    );
    let took = micros(suite.end(&limited).map_or(0, |context| context.x(9)));
    suite.report.within(
        "a passive server waits for its caller's budget",
        took,
        990,
        1010,
    );
}

/// The lower priority gets nothing while the higher one runs.
fn starvation(suite: &mut Suite) {
    let (probe, twin) = (suite.child(child::PROBE), suite.child(child::TWIN_A));
    let limited = suite.child(child::LIMITED);
    suite.shared.clear();
    probe.start_with(spin, &[]);
    log_of(&twin, log_turns, &[(3, 1)]);
    start(&limited, number::YIELD, &[]);
    let event = suite.wait();
    let got = (event.child(), suite.shared.get(LENGTH));
    suite.report.equal(
        "a spinning thread leaves nothing to lower priorities",
        got,
        (Some(limited.id), 0),
    );
    for thread in [probe, twin] {
        thread.tcb.tcb_suspend().expect("a TCB can be suspended");
    }
    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "suspended while it runs it can be started anew",
        event.child(),
        Some(probe.id),
    );
}

/// Last of all: it costs `limited` its time.
pub fn cancelled_call(suite: &mut Suite) {
    let (limited, probe) = (suite.child(child::LIMITED), suite.child(child::PROBE));
    let request = methods::SPIN << 12 | 1;
    let given = [
        (0, endpoint(TO_SERVER as u64)),
        (1, request),
        (2, frequency() / 2000),
    ];
    start(&limited, number::CALL, &given);
    // The probe runs once the server has used up what it was lent.
    let event = suite.run(&probe, stop, &[]);
    suite.report.equal(
        "a server without time lets lower priorities run",
        event.child(),
        Some(probe.id),
    );
    limited.tcb.tcb_suspend().expect("a TCB can be suspended");
    let event = suite.run(
        &probe,
        spin_for,
        &[(1, methods::counter() + frequency() / 200)],
    );
    suite.report.equal(
        "a caller can be suspended amid a call",
        event.child(),
        Some(probe.id),
    );
    limited.start_with(stop, &[]);
    let guest = suite.guest();
    let event = suite.run(&guest, guest_stop, &[]);
    suite.report.equal(
        "the time it lent stays with the server",
        event.child(),
        Some(guest.id),
    );
    let answer = Channel::new(TO_SERVER).pp_call(MessageInfo::new(methods::STATE, 0));
    suite
        .report
        .equal("which serves on", answer.label(), methods::OK);
}

/// Interrupts and preemption leave no trace in a thread.
fn preemption(suite: &mut Suite) {
    let limited = suite.child(child::LIMITED);
    let guest = suite.guest();
    let probe = suite.child(child::PROBE);
    for (name, thread, code) in [
        (
            "a child that is preempted keeps its registers",
            &probe,
            spin_for as Code,
        ),
        (
            "a guest that is preempted keeps its registers",
            &guest,
            guest_spin_for,
        ),
    ] {
        limited.start_with(spin, &[]);
        let end = methods::counter() + frequency() / 200;
        suite.run(thread, code, &[(1, end)]);
        let got = thread.registers();
        let mut expected = thread.context().with(&[(1, end), (2, got.x(2))]);
        // The comparison's flags: equal or higher.
        *expected.0.spsr_mut() = *got.0.spsr();
        *expected.0.pc_mut() = *got.0.pc();
        suite.report.equal(name, got, expected);
    }
    limited.tcb.tcb_suspend().expect("a TCB can be suspended");
}

fn median<const N: usize>(mut values: [u64; N]) -> u64 {
    values.sort_unstable();
    values[N / 2]
}
