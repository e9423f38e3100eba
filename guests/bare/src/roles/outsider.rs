// SPDX-License-Identifier: BSD-2-Clause

//! The outsider: refused by the device, stopped by the hardware, and unharmed.

use super::factory;
use crate::machine::{Access, Deadline, Woken, probe};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::tables::Memory;

/// Status code NO_PERMISSION.
const NO_PERMISSION: u32 = 5;
/// Bytes of a page.
const PAGE: u64 = 4096;
/// Timer ticks that show that life goes on, and their distance.
const TICKS: u64 = 5;
const TICK_MS: u64 = 10;

/// Plays the outsider.
pub fn outsider(machine: &mut Machine<'_>) -> Result<(), Failure> {
    be_refused(machine)?;
    let address = machine.arguments.probe.ok_or_else(|| {
        failure!("no address to probe: put tombolo.probe=ADDRESS on the command line")
    })?;
    machine
        .mmu
        .map(address & !(PAGE - 1), PAGE, Memory::Data)
        .map_err(|error| failure!("cannot map the probe address {address:#x}: {error:?}"))?;
    be_stopped(address, Access::Load)?;
    be_stopped(address, Access::Store)?;
    live_on(machine)
}

fn be_refused(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let (name, pages) = (machine.arguments.region, machine.arguments.pages);
    let outcome = factory.attach(name, pages);
    if outcome.status != NO_PERMISSION {
        return Err(failure!(
            "attach of {name} gave status {}, not NO_PERMISSION ({NO_PERMISSION})",
            outcome.status
        ));
    }
    // Nothing was ever attached here, so there is no region to point at.
    if outcome.shmem != 0 {
        return Err(failure!(
            "refused, but the device names a region at {:#x}",
            outcome.shmem
        ));
    }
    say!("outsider: attach of {name} refused with NO_PERMISSION, as it should be");
    Ok(())
}

fn be_stopped(address: u64, access: Access) -> Result<(), Failure> {
    // SAFETY: `map` refuses what overlaps this program's memory or the devices, so
    // nothing of this program's is there.
    let abort = unsafe { probe(address, access) }
        .ok_or_else(|| failure!("{access:?} at {address:#x} worked: it must fault"))?;
    if !abort.is_external() || abort.address().is_some_and(|far| far != address) {
        return Err(failure!(
            "{access:?} at {address:#x} gave esr {:#x}, far {:#x}: not an external abort there",
            abort.esr,
            abort.far
        ));
    }
    say!(
        "outsider: {access:?} at {address:#x} faulted (external abort, esr {:#x}), as it should be",
        abort.esr
    );
    Ok(())
}

/// The timer goes on ticking, and this core goes on sleeping and waking.
fn live_on(machine: &mut Machine<'_>) -> Result<(), Failure> {
    for tick in 1..=TICKS {
        let deadline = Deadline::in_ms(TICK_MS);
        match machine.interrupts.wait(deadline) {
            Woken::Timeout if deadline.passed() => {}
            Woken::Timeout => return Err(failure!("timer tick {tick} came early")),
            Woken::Device => {
                machine.interrupts.end_device();
                return Err(failure!("the shared-memory device interrupted an outsider"));
            }
        }
    }
    say!("outsider: {TICKS} timer ticks later still alive");
    Ok(())
}
