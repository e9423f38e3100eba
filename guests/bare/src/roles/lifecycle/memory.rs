// SPDX-License-Identifier: BSD-2-Clause

//! Memory is clean before anybody else gets it, and cleaning is nobody else's time.
//!
//! The pool `big` has one slot of 32 MiB: some 30 ms of the scrubber's budget.

use super::super::remote::{Check, RUNNER, Stage, control, factory};
use super::{A, B, E};
use crate::failure;
use crate::machine::frequency;
use crate::run::Failure;
use bare_guests::remote::{Answer, Order, name_field};

const PAGES: u32 = 8192;
const BYTES: u64 = PAGES as u64 * 4096;
const DATA: u64 = 0x1000;
/// Words that are looked at, at each of several places.
const WORDS: u32 = 1024;
const NOMEM: u32 = 2;
/// Reason: memory is being cleaned, and the wait took too long.
const STILL_CLEANING: u64 = 18;

pub const CHECKS: &[Check] = &[
    (
        "an attach during cleaning waits, and gets a region of zeros",
        waits,
    ),
    (
        "two that wait for one name get one region",
        two_wait_for_one,
    ),
    (
        "an attach that waits too long is NOMEM, with its reason",
        gives_up,
    ),
    (
        "a detach returns at once, and cleaning takes a part of the time, by pieces",
        background,
    ),
];

/// First page, last page, and between.
fn places(shmem: u64) -> [u64; 4] {
    [0, 0x10_0000, BYTES / 2, BYTES - 4096].map(|at| shmem + DATA + at)
}

fn fill(stage: &mut Stage<'_, '_>, who: usize, shmem: u64) -> Result<(), Failure> {
    for address in places(shmem) {
        let (words, value) = (WORDS, 0xdead_beef);
        let order = Order::Fill {
            address,
            words,
            value,
        };
        stage.get(who, &order)?;
    }
    Ok(())
}

fn zeros(stage: &mut Stage<'_, '_>, who: usize, shmem: u64) -> Result<(), Failure> {
    for address in places(shmem) {
        let (words, value) = (WORDS, 0);
        let order = Order::Compare {
            address,
            words,
            value,
        };
        let same = stage.get(who, &order)?;
        if same != u64::from(WORDS) {
            return Err(failure!("word {same} from {address:#x} is not 0"));
        }
    }
    Ok(())
}

/// The slot becomes dirty.
fn dirty(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let shmem = stage.attach(A, "big-1", PAGES)?;
    fill(stage, A, shmem)?;
    stage.detach(A, shmem)
}

fn big(name: &str) -> Order {
    Order::Attach {
        name: name_field(name),
        pages: PAGES,
    }
}

fn waits(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    dirty(stage)?;
    let number = stage.give(B, &big("big-2"))?;
    // Long enough for an attach that does not wait.
    stage.get(RUNNER, &Order::Sleep { ms: 5 })?;
    if stage.has_answered(B, number)? {
        return Err(failure!("it did not wait"));
    }
    let Answer::Done(shmem) = stage.answer(B, number)? else {
        return Err(failure!("it was refused"));
    };
    zeros(stage, B, shmem)?;
    stage.detach(B, shmem)
}

fn two_wait_for_one(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    dirty(stage)?;
    let first = stage.give(A, &big("big-3"))?;
    let second = stage.give(B, &big("big-3"))?;
    let (first, second) = (stage.answer(A, first)?, stage.answer(B, second)?);
    let (Answer::Done(a), Answer::Done(b)) = (first, second) else {
        return Err(failure!("{first:?} and {second:?}"));
    };
    let generation = stage.word(A, a + control::GENERATION)?;
    stage.word_is(B, "generation", b + control::GENERATION, generation)?;
    stage.status_is(A, a, 0b11, 0)?;
    zeros(stage, B, b)?;
    stage.detach(A, a)?;
    stage.detach(B, b)
}

fn gives_up(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    dirty(stage)?;
    stage.refused(E, b"big-4", PAGES, (NOMEM, STILL_CLEANING))?;
    // It gave up, the others did not: A gets it.
    let shmem = stage.attach(A, "big-4", PAGES)?;
    zeros(stage, A, shmem)?;
    stage.refused(E, b"big-5", PAGES, (NOMEM, 7))?;
    let joined = stage.attach(E, "big-4", 1)?;
    stage.word_is(E, "reason", factory::REASON, 0)?;
    stage.detach(E, joined)?;
    stage.detach(A, shmem)
}

/// The scrubber may take 200 of 1000 us.
fn background(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let shmem = stage.attach(RUNNER, "big-6", PAGES)?;
    fill(stage, RUNNER, shmem)?;
    let ms = frequency() / 1000;
    let detach = Order::Repeat {
        address: shmem + control::DETACH,
        times: 1,
        value: 1,
    };
    let took = stage.get(RUNNER, &detach)?;
    if took > ms / 2 {
        return Err(failure!("the detach took {took} ticks"));
    }
    // Truncation: 20 ms are some 10^6 ticks.
    let ticks = (20 * ms) as u32;
    let away = stage.get(RUNNER, &Order::Spin { ticks })?;
    let (longest, all) = (away >> 32, away & 0xffff_ffff);
    let (percent, us) = (100 * all / u64::from(ticks), 1000 * longest / ms);
    crate::say!("lifecycle: cleaning took {percent}% of 20 ms, {us} us at most at once");
    if longest > ms / 2 || !(10..30).contains(&percent) {
        return Err(failure!(
            "cleaning took {percent}%, {us} us at most at once"
        ));
    }
    Ok(())
}
