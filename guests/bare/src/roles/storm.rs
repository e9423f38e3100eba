// SPDX-License-Identifier: BSD-2-Clause

//! A doorbell storm, and what it costs two guests that have nothing to do with it.
//!
//! What is measured is an order to A and its answer: two signals and two wake-ups. B
//! storms at the pace that every guest has by default, C at none to speak of: that
//! one shows that the measurement would notice. D is their target and has muted
//! them.

use super::remote::{Check, RUNNER, Stage, Who, control, factory, run_checks};
use crate::machine::{frequency, now};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::remote::{Answer, Order};

const A: Who = 1;
const B: Who = 2;
const C: Who = 3;
const D: Who = 4;

/// Orders measured.
const ROUNDS: u64 = 300;
/// Doorbells of B, and those that it has at once (the default of the manifest).
const DOORBELLS: u32 = 3000;
const BURST: u64 = 1024;
const PER_SECOND: u64 = 8192;
/// Doorbells of C: more than the measurement takes.
const MANY: u32 = 25_000;
/// In which B's first doorbells, for which it has tokens, are over.
const BURST_MS: u32 = 60;
/// What a storm at the default pace may add to an order, in percent.
const BOUND: u64 = 10;
/// What a storm without pace must add, or nothing was measured.
const NOTICED: u64 = 30;

const CHECKS: &[Check] = &[
    ("a storm at its pace costs others next to nothing", paced),
    ("a storm without a pace would be noticed", unpaced),
];

/// Runs the checks.
pub fn storm(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(&mut Stage::new(machine)?, &[CHECKS])
}

/// Ticks that an order and its answer take, all rounds together.
fn measure(stage: &mut Stage<'_, '_>) -> Result<u64, Failure> {
    let start = now();
    for _ in 0..ROUNDS {
        stage.word(A, factory::SIZE)?;
    }
    Ok(now() - start)
}

/// The doorbell of a guest that has joined D.
fn doorbell(stage: &mut Stage<'_, '_>, who: Who, times: u32) -> Result<Order, Failure> {
    let target = stage.attach(D, "storm", 1)?;
    stage.store(D, target + control::MUTE, 0xffff)?;
    let shmem = stage.attach(who, "storm", 1)?;
    stage.status_is(D, target, 0b11, 0)?;
    Ok(Order::Repeat {
        address: shmem + control::NOTIFY,
        times,
        value: 1,
    })
}

/// What the storm of one of them adds to an order, in percent. When it is over,
/// everybody has left.
fn added(stage: &mut Stage<'_, '_>, who: Who, times: u32) -> Result<(u64, u64), Failure> {
    let quiet = measure(stage)?;
    let order = doorbell(stage, who, times)?;
    let number = stage.give(who, &order)?;
    stage.get(RUNNER, &Order::Sleep { ms: BURST_MS })?;
    let stormy = measure(stage)?;
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
    let ns = |ticks: u64| ticks * 1_000_000_000 / frequency() / ROUNDS;
    let percent = 100 * stormy.saturating_sub(quiet) / quiet;
    say!(
        "storm: an order takes {} ns, in the storm {} ns: {percent}% more",
        ns(quiet),
        ns(stormy)
    );
    Ok((percent, ticks))
}

fn paced(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let (percent, ticks) = added(stage, B, DOORBELLS)?;
    let least = (u64::from(DOORBELLS) - BURST) * frequency() / PER_SECOND;
    if ticks < least {
        return Err(failure!(
            "{DOORBELLS} doorbells in {ticks} ticks: faster than the pace's {least}"
        ));
    }
    if percent > BOUND {
        return Err(failure!("{percent}% more, not {BOUND}% at most"));
    }
    Ok(())
}

fn unpaced(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let (percent, _) = added(stage, C, MANY)?;
    if percent < NOTICED {
        return Err(failure!("{percent}% more, not {NOTICED}% at least"));
    }
    Ok(())
}
