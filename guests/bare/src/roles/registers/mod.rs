// SPDX-License-Identifier: BSD-2-Clause

//! Every row of the register interface, as a guest sees it.
//!
//! Loads and stores are single instructions, so each check says what one access
//! does. What the public sources leave open is checked as guest-vmm's README has
//! it. The checks build on each other, in this order.

mod bench;
mod checklist;
mod control;
mod factory;
mod names;
mod region;
mod signals;

use crate::run::{Failure, Machine};
use bench::Bench;
use checklist::Tally;

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
        tally.run(&mut bench, checks);
    }
    tally.outcome()
}
