// SPDX-License-Identifier: BSD-2-Clause

//! The feature registers, rights and quotas, guest by guest.
//!
//! Assistants: A may not signal B, and has quotas; B; C may only read.

mod knowledge;
mod lists;
mod moderation;
mod quotas;
mod rights;

use super::checklist::Tally;
use super::remote::{Stage, Who};
use crate::run::{Failure, Machine};

/// Guests of the suite beside the runner.
const A: Who = 1;
const B: Who = 2;
const C: Who = 3;

/// A check: what must be so, and how to see it.
type Check = (&'static str, fn(&mut Stage<'_, '_>) -> Result<(), Failure>);

/// Runs the checks.
pub fn features(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut stage = Stage::new(machine)?;
    let mut tally = Tally::default();
    for checks in [
        lists::CHECKS,
        quotas::CHECKS,
        rights::CHECKS,
        knowledge::CHECKS,
        moderation::CHECKS,
    ] {
        for (sentence, check) in checks {
            // What a failed one leaves behind would fail those after it.
            if !tally.note(sentence, check(&mut stage)) {
                return tally.outcome();
            }
        }
    }
    stage.finish()?;
    tally.outcome()
}
