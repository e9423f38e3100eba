// SPDX-License-Identifier: BSD-2-Clause

//! What happens when guests detach, are reset, fail and end.
//!
//! Assistants: A and B, which come and go; C, which crashes; D, which turns itself
//! off; E, whose attaches give up soon.

mod ends;
mod memory;
mod resets;

use super::remote::{Stage, Who, run_checks};
use crate::run::{Failure, Machine};

/// Guests of the suite beside the runner.
const A: Who = 1;
const B: Who = 2;
const C: Who = 3;
const D: Who = 4;
const E: Who = 5;

/// Runs the checks.
pub fn lifecycle(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(
        &mut Stage::new(machine)?,
        &[resets::CHECKS, memory::CHECKS, ends::CHECKS],
    )
}
