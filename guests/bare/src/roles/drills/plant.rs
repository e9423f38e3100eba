// SPDX-License-Identifier: BSD-2-Clause

//! Breakpoints and a watchpoint where others run: a kernel that does not keep them
//! apart raises them there.
//!
//! One breakpoint is on the loop that giver and taker, the same image, go round for
//! each block with debug exceptions unmasked; the others are by turns on the
//! instructions of `tombolo.targets`, which protection domains execute. The watchpoint
//! is on the low 2 GiB, where everybody's data lies.

use super::super::planter::works_here;
use crate::failure;
use crate::machine::{debug, spin, spin_address};
use crate::run::{Failure, Machine};
use bare_guests::drills::Row;

/// For each few targets: turns of an own loop, and time in which the others run.
const TURNS: u64 = 100_000;
const OTHERS_MS: u64 = 2;

/// Plants without end; says that it has begun when all were planted once.
pub fn plant(machine: &mut Machine<'_>, row: &Row<'_>) -> Result<(), Failure> {
    if machine.arguments.targets().next().is_none() {
        return Err(failure!("told to plant, but not where: tombolo.targets"));
    }
    works_here(spin_address())?;
    debug::plant(&debug::Planted::both(spin_address()));
    loop {
        let mut targets = machine.arguments.targets().peekable();
        while targets.peek().is_some() {
            debug::plant_also(core::array::from_fn(|_| targets.next().unwrap_or(0)));
            spin(TURNS);
            machine.interrupts.sleep_unheard(OTHERS_MS);
        }
        row.begin();
    }
}
