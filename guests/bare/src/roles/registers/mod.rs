// SPDX-License-Identifier: BSD-2-Clause

//! Every row of the register interface, as a guest sees it.
//!
//! Loads and stores are single instructions, so each check says what one access
//! does. What the public sources leave open is checked as guest-vmm's README has
//! it. The checks build on each other, in this order.

mod bench;
mod control;
mod factory;
mod names;
mod region;
mod signals;

use super::checklist::Tally;
use crate::run::{Failure, Machine};
use bench::Bench;

/// A check: what must be so, and how to see it.
type Check = (&'static str, fn(&mut Bench<'_, '_>) -> Result<(), Failure>);

/// Plays the tester.
pub fn registers(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut bench = Bench::new(machine)?;
    let mut tally = Tally::default();
    for checks in [
        factory::CHECKS,
        names::CHECKS,
        region::CHECKS,
        control::CHECKS,
        signals::CHECKS,
    ] {
        for (sentence, check) in checks {
            tally.note(sentence, check(&mut bench));
        }
    }
    tally.outcome()
}
