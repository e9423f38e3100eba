// SPDX-License-Identifier: BSD-2-Clause

//! Checks of a runner, in order.

use super::super::checklist::{Tally, equal};
use super::registers::control;
use super::stage::{RUNNER, Stage, Who};
use crate::run::Failure;
use bare_guests::remote::name_field;

/// A check: what must be so, and how to see it.
pub type Check = (&'static str, fn(&mut Stage<'_, '_>) -> Result<(), Failure>);

/// Runs checks up to the first that fails: what that leaves behind would fail those
/// after it. Then turns the assistants off.
pub fn run_checks(stage: &mut Stage<'_, '_>, groups: &[&[Check]]) -> Result<(), Failure> {
    let mut tally = Tally::default();
    for (sentence, check) in groups.iter().copied().flatten() {
        if !tally.note(sentence, check(stage)) {
            return tally.outcome();
        }
    }
    stage.finish()?;
    tally.outcome()
}

/// A name field is this.
pub fn name_at(
    stage: &mut Stage<'_, '_>,
    who: Who,
    address: u64,
    name: &str,
) -> Result<(), Failure> {
    for (n, bytes) in (0..).step_by(8).zip(name_field(name).chunks_exact(8)) {
        let expected = bytes.try_into().map_or(0, u64::from_le_bytes);
        let is = stage.double(who, address + n)?;
        equal(format_args!("guest {who}: name at {n}"), is, expected)?;
    }
    Ok(())
}

// Events of records.
pub const JOINED: u64 = 1;
pub const LEFT: u64 = 2;
pub const RESET: u64 = 3;
pub const CRASHED: u64 = 4;
/// Bytes of a record.
const RECORD: u64 = 16;

/// The runner's record of an index is this: event, its serial, last departure, its
/// serial. A load of the serial register takes the picture.
pub fn record_is(
    stage: &mut Stage<'_, '_>,
    shmem: u64,
    index: u64,
    expected: [u64; 4],
) -> Result<(), Failure> {
    stage.word(RUNNER, shmem + control::SERIAL)?;
    for (n, expected) in (0..).zip(expected) {
        let at = shmem + control::RECORDS + RECORD * index + 4 * n;
        let is = stage.word(RUNNER, at)?;
        equal(
            format_args!("word {n} of the record of {index}"),
            is,
            expected,
        )?;
    }
    Ok(())
}
