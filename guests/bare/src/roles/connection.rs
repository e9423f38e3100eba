// SPDX-License-Identifier: BSD-2-Clause

//! Attaching and mapping, for the roles that do it plainly: control page as device
//! memory, data as normal memory.

use crate::machine::{Factory, Outcome, Region};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::tables::Memory;

/// Bytes of a page.
pub const PAGE: u64 = 4096;

/// Attaches the region of the command line and maps it.
///
/// The caller has no other object for that region.
pub fn attach(machine: &mut Machine<'_>, factory: &mut Factory) -> Result<Region, Failure> {
    let (name, asked) = (machine.arguments.region, machine.arguments.pages);
    let outcome = ask(factory, name, asked)?;
    let role = machine.arguments.role.map_or("", |role| role.name());
    say!(
        "{role}: attached {name}, asked {asked} pages, true size {} pages, control page {:#x}",
        outcome.pages,
        outcome.shmem
    );
    map(machine, &outcome)
}

/// Attaches another region and maps it, without a word.
///
/// As for [`attach`], the caller has no other object for it.
pub fn attach_named(
    machine: &mut Machine<'_>,
    factory: &mut Factory,
    name: &str,
    pages: u32,
) -> Result<Region, Failure> {
    let outcome = ask(factory, name, pages)?;
    map(machine, &outcome)
}

fn ask(factory: &mut Factory, name: &str, pages: u32) -> Result<Outcome, Failure> {
    let outcome = factory.attach(name, pages);
    if outcome.status == 0 {
        Ok(outcome)
    } else {
        Err(failure!("attach of {name}: status {}", outcome.status))
    }
}

fn map(machine: &mut Machine<'_>, outcome: &Outcome) -> Result<Region, Failure> {
    let bytes = u64::from(outcome.pages) * PAGE;
    let unmapped = |error| failure!("cannot map the region at {:#x}: {error:?}", outcome.shmem);
    machine
        .mmu
        .map(outcome.shmem, PAGE, Memory::Device)
        .map_err(unmapped)?;
    machine
        .mmu
        .map(outcome.shmem + PAGE, bytes, Memory::Data)
        .map_err(unmapped)?;
    // SAFETY: just mapped, as the register interface describes it; the only object.
    unsafe { Region::new(outcome) }.ok_or_else(|| failure!("attached at address 0"))
}
