// SPDX-License-Identifier: BSD-2-Clause

//! The citizen: attached to its region as long as it lives, which it shows there.
//!
//! When the manager puts it out it says so, detaches what is left, and attaches again
//! as soon as it may. Told to err, it stores where its monitor (a suite's own) takes
//! offence.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::town::Row;

/// Between two beats.
const BEAT_MS: u64 = 5;
/// Before it tries to attach again.
const AWAY_MS: u64 = 20;

/// Plays the citizen; it never ends by itself.
pub fn citizen(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let number = machine.arguments.number;
    let mut factory = factory(machine)?;
    let mut first = true;
    loop {
        let mut region = match attach(machine, &mut factory) {
            Ok(region) => region,
            Err(failure) if first => return Err(failure),
            Err(_) => {
                sleep(machine, AWAY_MS, || ());
                continue;
            }
        };
        let row = Row::new(region.data(), number)
            .ok_or_else(|| failure!("no row for tombolo.number={number}"))?;
        if first {
            row.begin();
        }
        first = false;
        live(machine, &mut region, row)?;
        row.put_out();
        say!("citizen: put out of {}", machine.arguments.region);
        region.detach();
        sleep(machine, AWAY_MS, || ());
    }
}

/// Until it is put out.
fn live(machine: &mut Machine<'_>, region: &mut Region, row: Row<'_>) -> Result<(), Failure> {
    let own = 1 << 16 << (region.idx() & 15);
    while region.status() & own != 0 {
        if row.is_told_to_err() {
            super::offend(machine, 1)?;
        }
        sleep(machine, BEAT_MS, || row.beat());
    }
    Ok(())
}

/// Sleeps, and then does something; device interrupts end it early.
fn sleep(machine: &mut Machine<'_>, ms: u64, then: impl Fn()) {
    if machine.interrupts.wait(Deadline::in_ms(ms)) == Woken::Device {
        machine.interrupts.end_device();
    }
    then();
}
