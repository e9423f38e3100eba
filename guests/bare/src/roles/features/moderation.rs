// SPDX-License-Identifier: BSD-2-Clause

//! Muting, one-shot and rearm: the receiver chooses what interrupts.

use super::super::remote::{Check, RUNNER, Stage, control};
use super::{A, B};
use crate::run::Failure;

pub const CHECKS: &[Check] = &[
    (
        "a muted peer's signal sets its bit and does not interrupt",
        muted,
    ),
    (
        "rearm raises the line for what was signalled meanwhile",
        rearm,
    ),
    (
        "a join and a departure interrupt whatever is muted",
        changes,
    ),
    (
        "a one-shot peer is muted by the read of its signal",
        one_shot,
    ),
    ("a new connection has nothing muted", afresh),
];

const BOTH: u64 = 0b111;

/// The runner, A and B attach: indices 0, 1 and 2. Nothing is left to read.
fn three(stage: &mut Stage<'_, '_>) -> Result<[u64; 3], Failure> {
    let mut shmem = [0; 3];
    for (who, at) in [RUNNER, A, B].into_iter().zip(&mut shmem) {
        *at = stage.attach(who, "pair-1", 1)?;
    }
    for (who, at) in [RUNNER, A, B].into_iter().zip(shmem) {
        stage.status_is(who, at, BOTH, 0)?;
    }
    stage.quiet(RUNNER)?;
    Ok(shmem)
}

fn leave(stage: &mut Stage<'_, '_>, [mine, a, b]: [u64; 3]) -> Result<(), Failure> {
    stage.detach(A, a)?;
    stage.detach(B, b)?;
    stage.detach(RUNNER, mine)
}

fn muted(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [mine, a, b] = three(stage)?;
    stage.store(RUNNER, mine + control::MUTE, 0b010)?;
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0b010)?;
    stage.notify(A, a, 0b001)?;
    stage.quiet(RUNNER)?;
    stage.word_is(RUNNER, "peek", mine + control::PEEK, BOTH << 16 | 0b010)?;
    // Another's still interrupts, and the read shows both.
    stage.notify(B, b, 0b001)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b110)?;
    // The mute is kept.
    stage.notify(A, a, 0b001)?;
    stage.quiet(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b010)?;
    leave(stage, all)
}

fn rearm(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [mine, a, b] = three(stage)?;
    stage.store(RUNNER, mine + control::MUTE, 0b110)?;
    stage.notify(A, a, 0b001)?;
    stage.quiet(RUNNER)?;
    // B did not signal: nothing is heard by its end of mute.
    stage.store(RUNNER, mine + control::REARM, 0b100)?;
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0b010)?;
    stage.quiet(RUNNER)?;
    stage.store(RUNNER, mine + control::REARM, 0b010)?;
    stage.interrupted(RUNNER)?;
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0)?;
    stage.status_is(RUNNER, mine, BOTH, 0b010)?;
    stage.notify(A, a, 0b001)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b010)?;
    let _ = b;
    leave(stage, all)
}

fn changes(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let [mine, a, b] = three(stage)?;
    stage.store(RUNNER, mine + control::MUTE, 0xffff)?;
    stage.detach(A, a)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, 0b101, 0)?;
    stage.status_is(B, b, 0b101, 0)?;
    stage.quiet(RUNNER)?;
    let a = stage.attach(A, "pair-1", 1)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0)?;
    leave(stage, [mine, a, b])
}

fn one_shot(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [mine, a, b] = three(stage)?;
    stage.store(RUNNER, mine + control::ONE_SHOT, 0b010)?;
    stage.word_is(RUNNER, "one_shot", mine + control::ONE_SHOT, 0b010)?;
    stage.notify(A, a, 0b001)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b010)?;
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0b010)?;
    for _ in 0..3 {
        stage.notify(A, a, 0b001)?;
    }
    stage.quiet(RUNNER)?;
    stage.notify(B, b, 0b001)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b110)?;
    // B is not one-shot.
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0b010)?;
    stage.notify(A, a, 0b001)?;
    stage.quiet(RUNNER)?;
    stage.store(RUNNER, mine + control::REARM, 0b010)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, BOTH, 0b010)?;
    leave(stage, all)
}

fn afresh(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [mine, a, b] = three(stage)?;
    stage.store(RUNNER, mine + control::MUTE, 0xffff)?;
    stage.store(RUNNER, mine + control::ONE_SHOT, 0xffff)?;
    leave(stage, all)?;
    let _ = (a, b);
    let all @ [mine, a, _] = three(stage)?;
    stage.word_is(RUNNER, "mute", mine + control::MUTE, 0)?;
    stage.word_is(RUNNER, "one_shot", mine + control::ONE_SHOT, 0)?;
    stage.notify(A, a, 0b001)?;
    stage.interrupted(RUNNER)?;
    leave(stage, all)
}
