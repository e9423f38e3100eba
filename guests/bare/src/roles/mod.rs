// SPDX-License-Identifier: BSD-2-Clause

//! The parts, each a sequence of steps that prints what it sees.

mod checklist;
mod churn;
mod citizen;
mod clock;
mod connection;
mod copies;
mod crowd;
mod drills;
mod features;
mod ghstest;
mod latency;
mod lifecycle;
mod meter;
mod neighbour;
mod outsider;
mod overseer;
mod parrot;
mod peer;
mod planter;
mod processors;
mod regions;
mod registers;
mod remote;
mod storm;
mod victim;
mod watcher;

pub use self::ghstest::ghstest;
pub use churn::{churn, mortal, reaper};
pub use citizen::citizen;
pub use clock::clock;
pub use copies::copies;
pub use crowd::crowd;
pub use drills::{culprit, giver, taker};
pub use features::features;
pub use latency::{echo, latency};
pub use lifecycle::lifecycle;
pub use meter::{meter, spinner};
pub use neighbour::neighbour;
pub use outsider::outsider;
pub use overseer::overseer;
pub use parrot::parrot;
pub use peer::peer;
pub use planter::planter;
pub use processors::processors;
pub use regions::regions;
pub use registers::registers;
pub use remote::assistant;
pub use storm::storm;
pub use victim::victim;
pub use watcher::watcher;

use crate::machine::{Factory, Management, Page, Width};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::tables::Memory;

/// Finds the device and lets it interrupt.
fn factory(machine: &mut Machine<'_>) -> Result<Factory, Failure> {
    let factory = quiet_factory(machine)?;
    let device = machine.devices.guest_shm;
    let spi = device.and_then(|device| device.spi);
    if !spi.is_some_and(|spi| machine.interrupts.enable_device(spi)) {
        return Err(failure!("the GIC does not let guest_shm interrupt"));
    }
    Ok(factory)
}

/// Finds the device, whose interrupt stays off.
fn quiet_factory(machine: &Machine<'_>) -> Result<Factory, Failure> {
    let device = machine.devices.guest_shm.ok_or_else(|| {
        failure!("the device tree has no qvm,guest_shm: give the guest a shmem device")
    })?;
    // SAFETY: the device tree says that the device is there, it is mapped as a
    // device, and this is called once.
    let factory = unsafe { Factory::new(device.address) }
        .ok_or_else(|| failure!("no guest_shm signature at {:#x}", device.address))?;
    let intid = device
        .intid()
        .ok_or_else(|| failure!("guest_shm has no interrupt in the device tree"))?;
    if factory.vector() != intid {
        let vector = factory.vector();
        return Err(failure!(
            "the device says it raises INTID {vector}, the device tree {intid}"
        ));
    }
    Ok(factory)
}

/// Finds the management device and maps its mailbox; its interrupt stays off.
fn management(machine: &mut Machine<'_>) -> Result<Management, Failure> {
    let (registers, mailbox) = machine
        .devices
        .manager
        .ok_or_else(|| failure!("the device tree has no tombolo,manager: appoint me"))?;
    let unmapped = |error| failure!("cannot map the mailbox: {error:?}");
    machine
        .mmu
        .map(mailbox, connection::PAGE, Memory::Data)
        .map_err(unmapped)?;
    // SAFETY: the device tree says that they are there; the registers are mapped as a
    // device, the mailbox just now, and this is called once.
    let device = unsafe { Management::new(registers.address, mailbox) };
    device.ok_or_else(|| failure!("no TMGR at {:#x}", registers.address))
}

/// Stores to `tombolo.probe` so often, where its monitor (a suite's own) takes offence.
fn offend(machine: &Machine<'_>, times: u32) -> Result<(), Failure> {
    let address = machine
        .arguments
        .probe
        .ok_or_else(|| failure!("told to err, but not where: tombolo.probe"))?;
    say!("storing at {address:#x}");
    // SAFETY: below 1 GiB everything is mapped as device memory, and nothing of this
    // program's is there.
    let page = unsafe { Page::new(address) };
    for _ in 0..times {
        page.store(0, Width::Word, 1)?;
    }
    Ok(())
}
