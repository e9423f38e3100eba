// SPDX-License-Identifier: BSD-2-Clause

//! The planter: debug exceptions where others run.
//!
//! A breakpoint on the loop that the victim, the same image, runs at the same
//! address, and a watchpoint on the low 2 GiB, where every protection domain and
//! every guest keeps its data; both for EL1 and EL0. A kernel that does not keep
//! them apart raises them in whoever runs next.

use super::connection::attach;
use super::factory;
use crate::machine::debug::{self, Hit, Planted};
use crate::machine::{Deadline, Region, Woken, spin_address};
use crate::run::{Failure, Machine};
use crate::{failure, say};

/// Plays the planter: until the victim, once seen, has left.
pub fn planter(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let target = spin_address();
    works_here(target)?;
    // What the console and the monitor do meanwhile shows the next step.
    say!("planter: breakpoint and watchpoint work in this guest; planting them for others");
    let planted = Planted::both(target);
    debug::plant(&planted);
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    wait_for_victim(machine, &mut region)?;
    if debug::planted() != planted {
        return Err(failure!(
            "what was planted changed: {:x?}",
            debug::planted()
        ));
    }
    say!("planter: still planted at {target:#x}, and the victim is done");
    Ok(())
}

/// Shows that the planted does what it should, on this guest itself.
pub(super) fn works_here(target: u64) -> Result<(), Failure> {
    let hit = debug::provoke(&Planted::breakpoint(target));
    let expected = Hit {
        watchpoint: false,
        pc: target,
    };
    if hit != Some(expected) {
        return Err(failure!("an own breakpoint at {target:#x} gave {hit:x?}"));
    }
    match debug::provoke(&Planted::watchpoint()) {
        Some(Hit {
            watchpoint: true, ..
        }) => Ok(()),
        hit => Err(failure!("an own watchpoint gave {hit:x?}")),
    }
}

fn wait_for_victim(machine: &mut Machine<'_>, region: &mut Region) -> Result<(), Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    let mut met = false;
    loop {
        let alone = (region.status() >> 16).count_ones() == 1;
        if met && alone {
            return Ok(());
        }
        met |= !alone;
        match machine.interrupts.wait(deadline) {
            Woken::Device => machine.interrupts.end_device(),
            Woken::Timeout => return Err(failure!("no victim within {seconds} s")),
        }
    }
}
