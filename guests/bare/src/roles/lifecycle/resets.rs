// SPDX-License-Identifier: BSD-2-Clause

//! A guest that resets itself, and is there again at once.

use super::super::remote::{Check, JOINED, RESET, RUNNER, Stage, control, factory, record_is};
use super::{A, B};
use crate::failure;
use crate::machine::frequency;
use crate::run::Failure;
use bare_guests::remote::Order;

/// Lives that [`again_and_again`] ends.
const TIMES: u32 = 10;

pub const CHECKS: &[Check] = &[
    (
        "a guest reset in the handler of an interrupt gets timer interrupts again",
        in_handler,
    ),
    (
        "its peers are interrupted, see its bit fall, and that it was a reset",
        seen,
    ),
    (
        "what it signalled before stays to be read; the region lives on",
        signalled,
    ),
    (
        "it attaches again at once, with nothing of its former life",
        afresh,
    ),
    ("nothing that it held stays held", released),
    ("it does so again and again", again_and_again),
];

/// Resets A, and waits for its next life.
fn reset(stage: &mut Stage<'_, '_>, order: Order) -> Result<(), Failure> {
    let life = stage.life(A)?;
    stage.get(A, &order)?;
    stage.starts(A, life + 1)
}

/// A's timer interrupts, when it should.
fn sleeps(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let ms = frequency() / 1000;
    let ticks = stage.get(A, &Order::Sleep { ms: 5 })?;
    if (5 * ms..15 * ms).contains(&ticks) {
        Ok(())
    } else {
        Err(failure!("a sleep of 5 ms took {ticks} ticks"))
    }
}

fn in_handler(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    sleeps(stage)?;
    reset(stage, Order::ResetInHandler)?;
    sleeps(stage)?;
    // The device's, too.
    let shmem = stage.attach(A, "pair-1", 1)?;
    stage.quiet(A)?;
    stage.notify(A, shmem, 1)?;
    stage.interrupted(A)?;
    stage.status_is(A, shmem, 1, 1)?;
    stage.quiet(A)?;
    stage.detach(A, shmem)
}

/// The runner, A and B attach `pair-1`: indices 0, 1 and 2, nothing left to read.
fn three(stage: &mut Stage<'_, '_>) -> Result<[u64; 3], Failure> {
    let mut shmem = [0; 3];
    for (who, at) in [RUNNER, A, B].into_iter().zip(&mut shmem) {
        *at = stage.attach(who, "pair-1", 1)?;
    }
    for (who, at) in [RUNNER, A, B].into_iter().zip(shmem) {
        stage.status_is(who, at, 0b111, 0)?;
    }
    stage.quiet(RUNNER)?;
    Ok(shmem)
}

fn seen(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let [mine, _, theirs] = three(stage)?;
    record_is(stage, mine, 1, [JOINED, 2, 0, 0])?;
    reset(stage, Order::Reset)?;
    for (who, shmem) in [(RUNNER, mine), (B, theirs)] {
        stage.interrupted(who)?;
        stage.status_is(who, shmem, 0b101, 0)?;
        stage.quiet(who)?;
    }
    record_is(stage, mine, 1, [RESET, 4, RESET, 4])?;
    stage.detach(B, theirs)?;
    stage.detach(RUNNER, mine)
}

fn signalled(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let [mine, a, theirs] = three(stage)?;
    let generation = stage.word(RUNNER, mine + control::GENERATION)?;
    stage.notify(A, a, 0b001)?;
    reset(stage, Order::Reset)?;
    stage.status_is(RUNNER, mine, 0b101, 0b010)?;
    stage.status_is(B, theirs, 0b101, 0)?;
    stage.word_is(RUNNER, "generation", mine + control::GENERATION, generation)?;
    stage.detach(B, theirs)?;
    stage.detach(RUNNER, mine)
}

fn afresh(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let [mine, a, theirs] = three(stage)?;
    let generation = stage.word(RUNNER, mine + control::GENERATION)?;
    stage.store(A, a + control::MUTE, 0b101)?;
    stage.store(A, a + control::ONE_SHOT, 0b101)?;
    stage.notify(A, a, 0b111)?;
    // Unread in its former life.
    stage.notify(RUNNER, mine, 0b010)?;
    reset(stage, Order::Reset)?;
    stage.word_is(A, "size", factory::SIZE, 1)?;
    stage.status_is(RUNNER, mine, 0b101, 0b010)?;
    stage.status_is(B, theirs, 0b101, 0b010)?;
    let a = stage.attach(A, "pair-1", 1)?;
    stage.word_is(A, "index", a + control::IDX, 1)?;
    stage.word_is(A, "generation", a + control::GENERATION, generation)?;
    for (what, at) in [
        ("mute", control::MUTE),
        ("one_shot", control::ONE_SHOT),
        ("sent", control::SENT),
        ("received", control::RECEIVED),
        ("unread", control::UNREAD),
    ] {
        stage.word_is(A, what, a + at, 0)?;
    }
    stage.status_is(A, a, 0b111, 0)?;
    stage.quiet(A)?;
    record_is(stage, mine, 1, [JOINED, 5, RESET, 4])?;
    stage.detach(A, a)?;
    stage.detach(B, theirs)?;
    stage.detach(RUNNER, mine)
}

/// The pool has three slots.
fn released(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    const NAMES: [&str; 3] = ["pair-1", "pair-2", "pair-3"];
    for name in NAMES {
        let shmem = stage.attach(A, name, 16)?;
        stage.get(
            A,
            &Order::Fill {
                address: shmem + 0x1000,
                words: 100,
                value: 0xdead,
            },
        )?;
    }
    reset(stage, Order::Reset)?;
    let mut held = [0; 3];
    for (shmem, name) in held.iter_mut().zip(["pair-4", "pair-5", "pair-6"]) {
        *shmem = stage.attach(B, name, 16)?;
        let words = 16 * 1024;
        let same = stage.get(
            B,
            &Order::Compare {
                address: *shmem + 0x1000,
                words,
                value: 0,
            },
        )?;
        if same != words.into() {
            return Err(failure!("{name}: word {same} is not 0"));
        }
    }
    held.into_iter()
        .try_for_each(|shmem| stage.detach(B, shmem))
}

fn again_and_again(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    for time in 0..TIMES {
        let a = stage.attach(A, "pair-1", 1)?;
        stage.word_is(A, "index", a + control::IDX, 1)?;
        stage.notify(A, a, 0b01)?;
        reset(
            stage,
            if time % 2 == 0 {
                Order::ResetInHandler
            } else {
                Order::Reset
            },
        )?;
        stage.status_is(RUNNER, mine, 0b01, 0b10)?;
        let serial = 3 + 2 * u64::from(time);
        record_is(stage, mine, 1, [RESET, serial, RESET, serial])?;
    }
    sleeps(stage)?;
    stage.detach(RUNNER, mine)
}
