// SPDX-License-Identifier: BSD-2-Clause

//! Departures that are told apart: detach and power-off, crash.

use super::super::remote::{CRASHED, Check, JOINED, LEFT, RUNNER, Stage, control, record_is};
use super::{B, C, D};
use crate::run::Failure;
use bare_guests::remote::Order;

pub const CHECKS: &[Check] = &[
    (
        "a guest that must be stopped has crashed to its peers",
        crash,
    ),
    ("a guest that turns itself off has left", off),
    ("a guest that detaches has left", detach),
    ("what the dead held is free", free),
];

/// The runner and another attach `pair-1`; that one ends, and signalled before.
fn ends(
    stage: &mut Stage<'_, '_>,
    who: usize,
    end: Option<&Order>,
    event: u64,
) -> Result<(), Failure> {
    let mine = stage.attach(RUNNER, "pair-1", 1)?;
    let theirs = stage.attach(who, "pair-1", 1)?;
    stage.status_is(RUNNER, mine, 0b11, 0)?;
    record_is(stage, mine, 1, [JOINED, 2, 0, 0])?;
    stage.notify(who, theirs, 0b01)?;
    match end {
        Some(order) => stage.get(who, order).map(|_| ())?,
        None => stage.detach(who, theirs)?,
    }
    // It answers before it ends: look until it has.
    for _ in 0..100 {
        if stage.word(RUNNER, mine + control::SERIAL)? == 3 {
            break;
        }
        stage.get(RUNNER, &Order::Sleep { ms: 1 })?;
    }
    stage.interrupted(RUNNER)?;
    stage.status_is(RUNNER, mine, 0b01, 0b10)?;
    record_is(stage, mine, 1, [event, 3, event, 3])?;
    stage.detach(RUNNER, mine)
}

fn crash(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    ends(stage, C, Some(&Order::Crash), CRASHED)
}

fn off(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    ends(stage, D, Some(&Order::Off), LEFT)
}

fn detach(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    ends(stage, B, None, LEFT)
}

fn free(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mut held = [0; 3];
    for (shmem, name) in held.iter_mut().zip(["pair-7", "pair-8", "pair-9"]) {
        *shmem = stage.attach(B, name, 16)?;
    }
    held.into_iter()
        .try_for_each(|shmem| stage.detach(B, shmem))
}
