// SPDX-License-Identifier: BSD-2-Clause

//! The victim: runs where another guest has planted debug exceptions, with its own
//! unmasked, as a guest under a debugger does. A debug exception ends it with a
//! failed check.

use super::connection::attach;
use super::factory;
use crate::machine::debug::{self, Planted};
use crate::machine::{Deadline, Woken, spin};
use crate::run::{Failure, Machine};
use crate::{failure, say};

/// Rounds of loop and sleep.
const ROUNDS: u64 = 100;
/// Turns of the loop in a round.
const TURNS: u64 = 100_000;
/// Sleep in a round.
const SLEEP_MS: u64 = 5;

/// Plays the victim. The planter sees it come and go.
pub fn victim(machine: &mut Machine<'_>) -> Result<(), Failure> {
    if debug::planted() != Planted::nothing() {
        return Err(failure!(
            "something is planted here: {:x?}",
            debug::planted()
        ));
    }
    debug::unmask();
    let mut factory = factory(machine)?;
    let region = attach(machine, &mut factory)?;
    for round in 1..=ROUNDS {
        spin(TURNS);
        let deadline = Deadline::in_ms(SLEEP_MS);
        while !deadline.passed() {
            if machine.interrupts.wait(deadline) == Woken::Device {
                return Err(failure!(
                    "an interrupt that nobody caused, in round {round}"
                ));
            }
        }
    }
    debug::mask();
    region.detach();
    say!("victim: {ROUNDS} rounds, and no debug exception");
    Ok(())
}
