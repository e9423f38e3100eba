// SPDX-License-Identifier: BSD-2-Clause

//! Steps that both roles take, and telling of them.

use std::io::Write;

use crate::demo::Settings;
use crate::demo::rollcall::{self, Role};
use guest_shm::Error;
use guest_shm::Link;
use guest_shm::region::{Device, PAGE_SIZE, Peers, Region};

/// Prints one line of the demo's story. A console that is gone stops nobody.
pub fn tell(role: Role, line: &str) {
    let _ = writeln!(std::io::stdout(), "gshm: {}: {line}", role.name());
}

/// A size for people.
pub fn megabytes(bytes: u64) -> String {
    if bytes.is_multiple_of(1 << 20) {
        format!("{} MB", bytes >> 20)
    } else {
        let tenths = bytes * 10 / (1 << 20);
        format!("{}.{} MB", tenths / 10, tenths % 10)
    }
}

/// Attaches and tells what was asked for and what it really is.
pub fn attach<D: Device>(
    device: &D,
    role: Role,
    region: &str,
    pages: u32,
) -> Result<D::Region, Error> {
    let asked = megabytes(u64::from(pages) * PAGE_SIZE);
    tell(role, &format!("attaching \"{region}\", asking for {asked}"));
    let attached = device.attach(region, pages)?;
    let a = attached.attachment();
    tell(
        role,
        &format!(
            "attached \"{region}\": asked {asked}, true size {}, index {}, data at {:#x}",
            megabytes(a.bytes()),
            a.idx,
            a.gpa
        ),
    );
    Ok(attached)
}

/// Answers the roll call and waits until the two others have, too.
pub fn assemble<R: Region>(
    link: &mut Link<'_, R>,
    role: Role,
    others: [Role; 2],
) -> Result<[u32; 2], Error> {
    rollcall::answer(link.region(), role)?;
    let [first, second] = others.map(Role::name);
    tell(
        role,
        &format!("roll call: here; waiting for {first} and {second}"),
    );
    let found = link.wait_for(&format!("{first} and {second} in the roll call"), |link| {
        let mut found = [None; 2];
        for (slot, other) in found.iter_mut().zip(others) {
            *slot = rollcall::find(link.region(), link.active(), other)?;
        }
        Ok(found[0].zip(found[1]))
    })?;
    tell(
        role,
        &format!(
            "roll call: {first} is {}, {second} is {}, attached are {}",
            found.0,
            found.1,
            link.active()
        ),
    );
    Ok([found.0, found.1])
}

/// Waits for a signal and checks that exactly `from` has signalled since the
/// last one taken. It fails early if `from` leaves without.
pub fn expect_signal<R: Region>(link: &mut Link<'_, R>, from: (Role, u32)) -> Result<(), Error> {
    let (who, idx) = (from.0.name(), from.1);
    let got = link.wait_for(&format!("a signal of {who}"), |link| {
        let pending = link.take_pending();
        if pending.is_empty() && !link.active().contains(idx) {
            return Err(Error::Check(format!(
                "{who} (index {idx}) left without a signal"
            )));
        }
        Ok((!pending.is_empty()).then_some(pending))
    })?;
    if got != Peers::one(idx) {
        return Err(Error::Check(format!(
            "status says that {got} signalled, where only {who} ({idx}) should have"
        )));
    }
    Ok(())
}

/// Waits until `whom` is no longer attached.
pub fn expect_departure<R: Region>(link: &mut Link<'_, R>, whom: (Role, u32)) -> Result<(), Error> {
    let (who, idx) = (whom.0.name(), whom.1);
    link.wait_for(&format!("{who} (index {idx}) to detach"), |link| {
        Ok((!link.active().contains(idx)).then_some(()))
    })
}

/// What the settings ask for, attached and told.
pub fn enter<D: Device>(device: &D, role: Role, settings: &Settings) -> Result<D::Region, Error> {
    attach(device, role, &settings.region, settings.pages)
}
