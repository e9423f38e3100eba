// SPDX-License-Identifier: BSD-2-Clause

//! The neighbour: shares a region with others of its role, and hears from each.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::neighbours::{Neighbour, Street};

/// `notify` of everyone else.
const OTHERS: u32 = u32::MAX;

/// Plays the neighbour, until all have met all.
pub fn neighbour(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let peers = machine.arguments.number;
    if peers < 2 {
        return Err(failure!(
            "no neighbours: put tombolo.number=2, or more, on the command line"
        ));
    }
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let own = u8::try_from(region.idx()).ok().filter(|own| *own < 16);
    let own = own.ok_or_else(|| failure!("the device says that my index is {}", region.idx()))?;
    let street = Street::new(region.data()).ok_or_else(|| failure!("no room for greetings"))?;
    let mut neighbour = Neighbour::new(street, own, peers);
    street.greet(own, false);
    // Whoever comes later changes the attached set: it is signalled then.
    meet(machine, &mut region, &mut neighbour, |neighbour| {
        neighbour.met_all()
    })?;
    street.greet(own, true);
    region.signal(OTHERS);
    meet(machine, &mut region, &mut neighbour, |neighbour| {
        neighbour.all_content()
    })?;
    region.detach();
    say!(
        "neighbour: connection {own} shared memory with and heard from {} others",
        peers - 1
    );
    Ok(())
}

/// Reads the status and signals everybody at each change, until `done`.
fn meet(
    machine: &mut Machine<'_>,
    region: &mut Region,
    neighbour: &mut Neighbour<'_>,
    done: impl Fn(&Neighbour<'_>) -> bool,
) -> Result<(), Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    loop {
        let (before, _) = neighbour.known();
        neighbour.status(region.status());
        if neighbour.known().0 != before {
            region.signal(OTHERS);
        }
        if done(neighbour) {
            return Ok(());
        }
        match machine.interrupts.wait(deadline) {
            Woken::Device => machine.interrupts.end_device(),
            Woken::Timeout => {
                let (attached, signalled) = neighbour.known();
                return Err(failure!(
                    "waited {seconds} s: attached {attached:#x}, signalled by {signalled:#x}"
                ));
            }
        }
    }
}
