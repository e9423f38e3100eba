// SPDX-License-Identifier: BSD-2-Clause

//! A region with 16 connections, and a 17th guest.
//!
//! The desks are two regions: neither has room for the runner and 16 assistants.

use super::remote::{Check, RUNNER, Stage, Who, control, run_checks};
use crate::failure;
use crate::run::{Failure, Machine};

const NAME: &str = "crowd";
const CLIENT_MAX: (u32, u64) = (3, 8);
const EVERYONE: u64 = 0xffff;
const EVERYONE_ELSE: u64 = 0xffff_ffff;
/// The control page in every guest: the pools are the same for all.
const PAGE: u64 = 0x1000;

const CHECKS: &[Check] = &[
    ("sixteen guests attach: indices 0 to 15", sixteen),
    ("the seventeenth is CLIENT_MAX, and nobody notices", refused),
    ("each of sixteen signals the fifteen others", all_to_all),
    ("a signal to some of sixteen reaches these alone", selective),
    ("all sixteen write, and everybody reads it", data),
    (
        "one leaves, the seventeenth gets its index, and it is CLIENT_MAX itself",
        replaced,
    ),
    (
        "the indices of guests that were reset are given again",
        resets,
    ),
];

/// Runs the checks.
pub fn crowd(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(&mut Stage::new(machine)?, &[CHECKS])
}

/// Index of an assistant: they attach in order.
fn index(who: Who) -> u64 {
    who as u64 - 1
}

/// An attach again gives the same connection: that is how its page is found.
fn page(stage: &mut Stage<'_, '_>, who: Who) -> Result<u64, Failure> {
    stage.attach(who, NAME, 0)
}

/// `status` of every assistant is this; it is read.
fn all_see(stage: &mut Stage<'_, '_>, expected: impl Fn(Who) -> (u64, u64)) -> Result<(), Failure> {
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        let (active, signalled) = expected(who);
        stage.status_is(who, shmem, active, signalled)?;
    }
    Ok(())
}

fn sixteen(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for who in stage.assistants() {
        let shmem = stage.attach(who, NAME, 4)?;
        stage.word_is(who, "index", shmem + control::IDX, index(who))?;
        // Everybody so far, oneself too.
        stage.status_is(who, shmem, (2 << index(who)) - 1, 0)?;
    }
    all_see(stage, |_| (EVERYONE, 0))
}

fn refused(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.refused(RUNNER, NAME.as_bytes(), 4, CLIENT_MAX)?;
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        stage.word_is(who, "peek", shmem + control::PEEK, EVERYONE << 16)?;
        stage.word_is(who, "serial", shmem + control::SERIAL, 16)?;
    }
    Ok(())
}

fn all_to_all(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        stage.notify(who, shmem, EVERYONE_ELSE)?;
        stage.word_is(who, "sent", shmem + control::SENT, 15)?;
    }
    all_see(stage, |who| (EVERYONE, EVERYONE & !(1 << index(who))))?;
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        stage.word_is(who, "received", shmem + control::RECEIVED, 15)?;
        stage.word_is(who, "unread", shmem + control::UNREAD, 0)?;
    }
    Ok(())
}

fn selective(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    const TARGETS: u64 = 1 << 15 | 1 << 7 | 1;
    let from = 4;
    let shmem = page(stage, from)?;
    stage.notify(from, shmem, TARGETS)?;
    for who in [1, 8, 16] {
        stage.interrupted(who)?;
    }
    all_see(stage, |who| {
        let heard = TARGETS >> index(who) & 1;
        (EVERYONE, heard << index(from))
    })
}

fn data(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        stage.store(who, shmem + PAGE + 0x100 * index(who), 0x1000 + index(who))?;
    }
    for who in stage.assistants() {
        let shmem = page(stage, who)?;
        for n in 0..16 {
            stage.word_is(
                who,
                "a word of another's",
                shmem + PAGE + 0x100 * n,
                0x1000 + n,
            )?;
        }
    }
    Ok(())
}

fn replaced(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let leaver = 6;
    let shmem = page(stage, leaver)?;
    stage.detach(leaver, shmem)?;
    let without = EVERYONE & !(1 << index(leaver));
    for who in stage.assistants().filter(|who| *who != leaver) {
        let shmem = page(stage, who)?;
        stage.status_is(who, shmem, without, 0)?;
    }
    let mine = stage.attach(RUNNER, NAME, 1)?;
    stage.word_is(RUNNER, "index", mine + control::IDX, index(leaver))?;
    stage.status_is(RUNNER, mine, EVERYONE, 0)?;
    stage.refused(leaver, NAME.as_bytes(), 4, CLIENT_MAX)?;
    stage.notify(RUNNER, mine, EVERYONE_ELSE)?;
    for who in stage.assistants().filter(|who| *who != leaver) {
        let shmem = page(stage, who)?;
        stage.status_is(who, shmem, EVERYONE, 1 << index(leaver))?;
    }
    stage.detach(RUNNER, mine)
}

fn resets(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for who in [3, 16] {
        stage.get(who, &bare_guests::remote::Order::Reset)?;
        stage.starts(who, 2)?;
    }
    // 5 is free since the check before, 2 and 15 since now; all have read that.
    let free = 1 << 5 | 1 << 2 | 1 << 15;
    let rest = |who: &Who| ![3, 6, 16].contains(who);
    for who in stage.assistants().filter(rest) {
        let shmem = page(stage, who)?;
        stage.status_is(who, shmem, EVERYONE & !free, 0)?;
    }
    for (who, index) in [(16, 2), (6, 5), (3, 15)] {
        let shmem = stage.attach(who, NAME, 1)?;
        stage.word_is(who, "index", shmem + control::IDX, index)?;
    }
    if stage
        .refused(RUNNER, NAME.as_bytes(), 4, CLIENT_MAX)
        .is_err()
    {
        return Err(failure!("the region has room for a seventeenth"));
    }
    Ok(())
}
