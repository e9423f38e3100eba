// SPDX-License-Identifier: BSD-2-Clause

//! The feature registers, rights and quotas, guest by guest.
//!
//! Assistants: A may not signal B, and has quotas; B; C may only read.

mod knowledge;
mod lists;
mod moderation;
mod quotas;
mod rights;

use super::remote::{Stage, Who, run_checks};
use crate::run::{Failure, Machine};

/// Guests of the suite beside the runner.
const A: Who = 1;
const B: Who = 2;
const C: Who = 3;

/// Runs the checks.
pub fn features(machine: &mut Machine<'_>) -> Result<(), Failure> {
    run_checks(
        &mut Stage::new(machine)?,
        &[
            lists::CHECKS,
            quotas::CHECKS,
            rights::CHECKS,
            knowledge::CHECKS,
            moderation::CHECKS,
        ],
    )
}
