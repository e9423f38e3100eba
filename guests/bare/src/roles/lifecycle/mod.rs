// SPDX-License-Identifier: BSD-2-Clause

//! What happens when guests detach, are reset, fail and end.
//!
//! Assistants: A and B, which come and go; C, which crashes; D, which turns itself
//! off; E, whose attaches give up soon.

mod ends;
mod memory;
mod resets;

use super::checklist::equal;
use super::remote::{RUNNER, Stage, Who, control, run_checks};
use crate::run::{Failure, Machine};

/// Guests of the suite beside the runner.
const A: Who = 1;
const B: Who = 2;
const C: Who = 3;
const D: Who = 4;
const E: Who = 5;

// Events of records.
const JOINED: u64 = 1;
const LEFT: u64 = 2;
const RESET: u64 = 3;
const CRASHED: u64 = 4;

/// Runs the checks.
pub fn lifecycle(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(
        &mut Stage::new(machine)?,
        &[resets::CHECKS, memory::CHECKS, ends::CHECKS],
    )
}

/// The runner's record of an index: event, its serial, last departure, its serial. A
/// load of the serial register takes the picture.
fn record(
    stage: &mut Stage<'_, '_>,
    shmem: u64,
    index: u64,
    expected: [u64; 4],
) -> Result<(), Failure> {
    stage.word(RUNNER, shmem + control::SERIAL)?;
    for (n, expected) in (0..).zip(expected) {
        let at = shmem + control::RECORDS + 16 * index + 4 * n;
        let is = stage.word(RUNNER, at)?;
        equal(
            format_args!("word {n} of the record of {index}"),
            is,
            expected,
        )?;
    }
    Ok(())
}
