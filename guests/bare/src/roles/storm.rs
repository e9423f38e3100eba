// SPDX-License-Identifier: BSD-2-Clause

//! Guests that make their monitors work, and what it costs others.
//!
//! First a doorbell storm, beside two guests that have nothing to do with it.
//! What is measured is an order to A and its answer: two signals and two wake-ups. B
//! storms at the pace that every guest has by default, C at none to speak of: that
//! one shows that the measurement would notice. D is their target and has muted
//! them.
//!
//! Then guests that store to a free register without end, or flood their console
//! without a look at its flags, beside one that computes: the runner measures its own
//! share of the processor.

use super::meter::measure as measure_share;
use super::remote::{Check, RUNNER, Stage, Who, control, factory, run_checks};
use crate::machine::{frequency, now};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::remote::{Answer, Order};

const A: Who = 1;
const B: Who = 2;
const C: Who = 3;
const D: Who = 4;

/// A storm, and how it is measured.
struct Storm {
    who: Who,
    doorbells: u32,
    /// In which the doorbells that it has at once are over, and what was logged is
    /// out of the serial line.
    settle_ms: u32,
    /// Orders.
    rounds: u64,
}

/// At the default pace of the manifest.
const PACED: Storm = Storm {
    who: B,
    doorbells: 420,
    settle_ms: 300,
    rounds: 1000,
};
/// Without end as far as the measurement is concerned.
const UNPACED: Storm = Storm {
    who: C,
    doorbells: 25_000,
    settle_ms: 60,
    rounds: 300,
};
/// The default pace: so many doorbells at once, so many a second.
const PER_SECOND: u64 = 256;
/// What a storm at the default pace may add to an order, in tenths of a percent.
const BOUND: u64 = 10;
/// What a storm without pace must add, or nothing was measured.
const NOTICED: u64 = 300;
/// How long the runner measures its share beside guests that poll, and that flood.
const POLL_MS: u64 = 300;
const FLOOD_MS: u64 = 150;
/// Their stores: more than the measurement takes.
const POLLS: u32 = 80_000;
const FLOOD: u32 = 60_000;
/// Data register of every guest's UART (`docs/interfaces/manifest.md`).
const UART: u64 = 0x0900_0000;

const CHECKS: &[Check] = &[
    ("a storm at its pace costs others nothing measurable", paced),
    ("a storm without a pace would be noticed", unpaced),
    ("a guest that polls leaves a busy one its share", one_polls),
    ("guests that poll leave a busy one its share", three_poll),
    (
        "a guest that floods its console leaves a busy one its share",
        one_floods,
    ),
    (
        "guests that flood their consoles leave a busy one its share",
        three_flood,
    ),
];

/// Runs the checks.
pub fn storm(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(&mut Stage::new(machine)?, &[CHECKS])
}

/// Nanoseconds that an order and its answer take.
fn measure(stage: &mut Stage<'_, '_>, rounds: u64) -> Result<u64, Failure> {
    let start = now();
    for _ in 0..rounds {
        stage.word(A, factory::SIZE)?;
    }
    Ok((now() - start) * 1_000_000_000 / frequency() / rounds)
}

/// The doorbell of a guest that has joined D.
fn doorbell(stage: &mut Stage<'_, '_>, who: Who, times: u32) -> Result<Order, Failure> {
    let target = stage.attach(D, "storm", 1)?;
    stage.store(D, target + control::MUTE, 0xffff)?;
    let shmem = stage.attach(who, "storm", 1)?;
    stage.status_is(D, target, 0b11, 0)?;
    Ok(repeat(shmem + control::NOTIFY, times, 1))
}

/// What the storm of one of them adds to an order, in tenths of a percent, and how
/// long it takes. When it is over, everybody has left.
fn added(stage: &mut Stage<'_, '_>, storm: &Storm) -> Result<(u64, u64), Failure> {
    let who = storm.who;
    let settle = Order::Sleep {
        ms: storm.settle_ms,
    };
    stage.get(RUNNER, &settle)?;
    let quiet = measure(stage, storm.rounds)?;
    let order = doorbell(stage, who, storm.doorbells)?;
    let number = stage.give(who, &order)?;
    stage.get(RUNNER, &settle)?;
    let stormy = measure(stage, storm.rounds)?;
    if stage.has_answered(who, number)? {
        return Err(failure!("the storm was over before the measurement"));
    }
    let Answer::Done(ticks) = stage.answer(who, number)? else {
        return Err(failure!("no storm"));
    };
    for who in [who, D] {
        let shmem = stage.attach(who, "storm", 1)?;
        stage.detach(who, shmem)?;
    }
    let more = 1000 * stormy.saturating_sub(quiet) / quiet;
    say!(
        "storm: an order takes {quiet} ns, in the storm {stormy} ns: {}.{}% more",
        more / 10,
        more % 10
    );
    Ok((more, ticks))
}

fn paced(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let (more, ticks) = added(stage, &PACED)?;
    let doorbells = u64::from(PACED.doorbells);
    let least = (doorbells - PER_SECOND) * frequency() / PER_SECOND;
    if ticks < least {
        return Err(failure!(
            "{doorbells} doorbells in {ticks} ticks: faster than the pace's {least}"
        ));
    }
    if more > BOUND {
        return Err(failure!(
            "{more} tenths of a percent more, not {BOUND} at most"
        ));
    }
    Ok(())
}

fn unpaced(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let (more, _) = added(stage, &UNPACED)?;
    if more < NOTICED {
        return Err(failure!(
            "{more} tenths of a percent more, not {NOTICED} at least"
        ));
    }
    Ok(())
}

fn one_polls(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    beside_polling(stage, &[B])
}

fn three_poll(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    beside_polling(stage, &[B, C, D])
}

fn one_floods(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    beside_flooding(stage, &[B])
}

fn three_flood(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    beside_flooding(stage, &[B, C, D])
}

fn beside_polling(stage: &mut Stage<'_, '_>, pollers: &[Who]) -> Result<(), Failure> {
    let mut work = heapless::Vec::<_, 3>::new();
    for &who in pollers {
        let address = stage.attach(who, "storm", 1)? + control::MUTE;
        let poll = repeat(address, POLLS, 0);
        let _ = work.push((who, poll));
    }
    beside(stage, &work, POLL_MS)?;
    for &who in pollers {
        let shmem = stage.attach(who, "storm", 1)?;
        stage.detach(who, shmem)?;
    }
    Ok(())
}

fn beside_flooding(stage: &mut Stage<'_, '_>, flooders: &[Who]) -> Result<(), Failure> {
    let flood = |&who| (who, repeat(UART, FLOOD, b'~'.into()));
    let work: heapless::Vec<_, 3> = flooders.iter().map(flood).collect();
    beside(stage, &work, FLOOD_MS)
}

fn repeat(address: u64, times: u32, value: u32) -> Order {
    Order::Repeat {
        address,
        times,
        value,
    }
}

/// The runner's share of the processor is a fair one at least while others work.
fn beside(stage: &mut Stage<'_, '_>, work: &[(Who, Order)], ms: u64) -> Result<(), Failure> {
    let mut chunk = u64::MAX;
    let alone = measure_share(ms, &mut chunk)?;
    let mut numbers = heapless::Vec::<_, 3>::new();
    for (who, order) in work {
        let _ = numbers.push((*who, stage.give(*who, order)?));
    }
    let share = measure_share(ms, &mut chunk)?;
    // All of them before any is waited for: the others go on meanwhile.
    for &(who, number) in &numbers {
        if stage.has_answered(who, number)? {
            return Err(failure!("guest {who} was done before the measurement"));
        }
    }
    for &(who, number) in &numbers {
        stage.answer(who, number)?;
    }
    let (fair, others) = (100 / (work.len() as u64 + 1), work.len());
    say!("storm: {alone}% of the processor alone, {share}% beside {others} at work");
    if share < fair {
        return Err(failure!("less than its share of {fair}%"));
    }
    Ok(())
}
