// SPDX-License-Identifier: BSD-2-Clause

//! Who came and went, whom a signal reached, and who has looked.

use super::super::checklist::equal;
use super::super::remote::{Check, JOINED, LEFT, RUNNER, Stage, control, record_is};
use super::{A, B};
use crate::failure;
use crate::run::Failure;

pub const CHECKS: &[Check] = &[
    (
        "records tell joins and departures, each with its serial",
        records,
    ),
    (
        "a region that is born again has a newer generation",
        generation,
    ),
    ("unread is who has not looked since my signal", unread),
    ("peek is status, and clears nothing", peek),
    (
        "sent, received and coalesced count, and start anew with a connection",
        counters,
    ),
];

fn records(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    stage.word_is(RUNNER, "serial", mine + control::SERIAL, 1)?;
    record_is(stage, mine, 0, [JOINED, 1, 0, 0])?;
    record_is(stage, mine, 1, [0; 4])?;
    let theirs = stage.attach(A, "pair-1", 1)?;
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, 0b11, 0)?;
    record_is(stage, mine, 1, [JOINED, 2, 0, 0])?;
    stage.detach(A, theirs)?;
    stage.interrupted(RUNNER)?;
    record_is(stage, mine, 1, [LEFT, 3, LEFT, 3])?;
    // The index is given anew only when the departure was read.
    stage.status_is(RUNNER, mine, 0b01, 0)?;
    let theirs = stage.attach(B, "pair-1", 1)?;
    record_is(stage, mine, 1, [JOINED, 4, LEFT, 3])?;
    stage.word_is(RUNNER, "serial", mine + control::SERIAL, 4)?;
    stage.detach(B, theirs)?;
    stage.detach(RUNNER, mine)
}

fn generation(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mut last = 0;
    for _ in 0..3 {
        let shmem = stage.attach(A, "pair-1", 1)?;
        let generation = stage.word(A, shmem + control::GENERATION)?;
        if generation <= last {
            return Err(failure!("generation {generation} after {last}"));
        }
        last = generation;
        let joined = stage.attach(B, "pair-1", 1)?;
        stage.word_is(B, "generation", joined + control::GENERATION, generation)?;
        stage.detach(A, shmem)?;
        // It lives as long as anybody is there.
        stage.word_is(B, "generation", joined + control::GENERATION, generation)?;
        stage.detach(B, joined)?;
    }
    Ok(())
}

fn unread(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    let a = stage.attach(A, "pair-1", 1)?;
    let b = stage.attach(B, "pair-1", 1)?;
    stage.word_is(RUNNER, "unread", mine + control::UNREAD, 0)?;
    stage.notify(RUNNER, mine, 0b110)?;
    stage.word_is(RUNNER, "unread", mine + control::UNREAD, 0b110)?;
    stage.status_is(A, a, 0b111, 0b001)?;
    stage.word_is(RUNNER, "unread", mine + control::UNREAD, 0b100)?;
    stage.status_is(B, b, 0b111, 0b001)?;
    stage.word_is(RUNNER, "unread", mine + control::UNREAD, 0)?;
    stage.notify(RUNNER, mine, 0b010)?;
    stage.detach(A, a)?;
    // Who is gone will not look any more.
    stage.word_is(RUNNER, "unread", mine + control::UNREAD, 0)?;
    stage.detach(B, b)?;
    stage.detach(RUNNER, mine)
}

fn peek(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    let theirs = stage.attach(A, "pair-1", 1)?;
    stage.notify(A, theirs, 0b01)?;
    for _ in 0..2 {
        stage.interrupted(RUNNER)?;
        stage.word_is(RUNNER, "peek", mine + control::PEEK, 0b11 << 16 | 0b10)?;
    }
    stage.status_is(RUNNER, mine, 0b11, 0b10)?;
    stage.word_is(RUNNER, "peek", mine + control::PEEK, 0b11 << 16)?;
    stage.quiet(RUNNER)?;
    stage.detach(A, theirs)?;
    stage.detach(RUNNER, mine)
}

/// Sent, received, coalesced, refused.
fn counts(
    stage: &mut Stage<'_, '_>,
    who: usize,
    shmem: u64,
    expected: [u64; 4],
) -> Result<(), Failure> {
    for (n, expected) in (0..).zip(expected) {
        let is = stage.word(who, shmem + control::SENT + 4 * n)?;
        equal(format_args!("guest {who}: counter {n}"), is, expected)?;
    }
    Ok(())
}

fn counters(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    let theirs = stage.attach(B, "pair-1", 1)?;
    counts(stage, RUNNER, mine, [0; 4])?;
    for _ in 0..3 {
        stage.notify(RUNNER, mine, 0b10)?;
    }
    // To oneself counts as well, to nobody does not.
    stage.notify(RUNNER, mine, 0b101)?;
    counts(stage, RUNNER, mine, [4, 1, 2, 0])?;
    counts(stage, B, theirs, [0, 3, 0, 0])?;
    stage.status_is(B, theirs, 0b11, 0b01)?;
    stage.notify(RUNNER, mine, 0b10)?;
    counts(stage, RUNNER, mine, [5, 1, 2, 0])?;
    stage.detach(B, theirs)?;
    stage.status_is(RUNNER, mine, 0b01, 0b01)?;
    let theirs = stage.attach(B, "pair-1", 1)?;
    counts(stage, B, theirs, [0; 4])?;
    counts(stage, RUNNER, mine, [5, 1, 2, 0])?;
    stage.detach(B, theirs)?;
    stage.detach(RUNNER, mine)
}
