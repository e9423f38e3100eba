// SPDX-License-Identifier: BSD-2-Clause

//! The overseer: a management guest. It asks the manager for everything that it may be
//! asked and looks, in the region that it shares with the citizens, whether it happens.
//!
//! The suite's guests are: `overseer`; `citizen`, number 1, and `faulty`, number 2, in
//! region `moo`; `tenant` in region `boo`. These three it may control. The hosts are
//! `clerk`, and `fainter` in regions `attic` and `cellar`.

mod desk;
mod faults;
mod hosts;
mod orders;
mod quarantine;
mod records;
mod regions;

use super::connection::attach;
use super::quiet_factory;
use crate::machine::{Deadline, Factory, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::town::Row;
pub use desk::Desk;
use manager_api::{Request, Response, State};

/// How long anything may take.
const PATIENCE_MS: u64 = 20_000;
/// How long a heart is watched that is to stand still.
const STILL_MS: u64 = 60;

/// What the parts work with.
struct Overseer<'m, 'a> {
    machine: &'m mut Machine<'a>,
    desk: Desk,
    factory: Factory,
    region: Region,
}

/// Plays the overseer.
pub fn overseer(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = quiet_factory(machine)?;
    let region = attach(machine, &mut factory)?;
    let desk = Desk::new(machine)?;
    let mut overseer = Overseer {
        machine,
        desk,
        factory,
        region,
    };
    overseer.look_around()?;
    overseer.order_about()?;
    overseer.end_connections()?;
    overseer.see_a_host_fall()?;
    overseer.provoke_faults()?;
    overseer.lose_a_guest()
}

impl Overseer<'_, '_> {
    /// The lists, and what is not his.
    fn look_around(&mut self) -> Result<(), Failure> {
        match self.ask(&Request::Version)? {
            Response::Version(manager_api::VERSION) => {}
            other => return Err(failure!("version: {other:?}")),
        }
        self.wait_until("both citizens to live", |own| {
            Ok(own.row(1)?.lives() == 1 && own.row(2)?.lives() == 1)
        })?;
        let Response::Guests { total, guests } = self.ask(&Request::Guests { from: 0 })? else {
            return Err(failure!("no list of guests"));
        };
        let names = ["overseer", "citizen", "faulty", "tenant"];
        if usize::from(total) != names.len() || !guests.iter().map(|g| &*g.name).eq(names) {
            return Err(failure!("{total} guests, other than mine"));
        }
        if let Some(idle) = guests.iter().find(|guest| guest.state != State::Running) {
            return Err(failure!("{} is {:?}", idle.name, idle.state));
        }
        let own = &guests[0];
        if own.vcpus != 1 || own.memory_pages != 4096 || own.load.exits == 0 {
            return Err(failure!("I am shown as {own:?}"));
        }
        if own.load.vmm_us == 0 || own.load.guest_us == 0 {
            return Err(failure!("no time is shown as used: {:?}", own.load));
        }
        say!("overseer: the lists are right");
        Ok(())
    }

    fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        self.desk.ask(self.machine, request)
    }

    fn row(&self, number: u32) -> Result<Row<'static>, Failure> {
        Row::new(self.region.data(), number).ok_or_else(|| failure!("the region has no rows"))
    }

    fn sleep(&mut self, ms: u64) {
        let deadline = Deadline::in_ms(ms);
        while !deadline.passed() {
            if self.machine.interrupts.wait(deadline) == Woken::Device {
                self.desk.interrupted(self.machine);
            }
        }
    }

    fn wait_until(
        &mut self,
        what: &str,
        done: impl Fn(&mut Self) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let deadline = Deadline::in_ms(PATIENCE_MS);
        while !done(self)? {
            if deadline.passed() {
                return Err(failure!("waited in vain for {what}"));
            }
            self.sleep(5);
        }
        Ok(())
    }

    /// The heart of a citizen beats.
    fn lives(&mut self, number: u32) -> Result<(), Failure> {
        let row = self.row(number)?;
        let before = row.beats();
        self.wait_until("a heart to beat", |_| Ok(row.beats() != before))
    }

    /// It stands still.
    fn rests(&mut self, number: u32) -> Result<(), Failure> {
        let row = self.row(number)?;
        let before = row.beats();
        self.sleep(STILL_MS);
        if row.beats() == before {
            Ok(())
        } else {
            Err(failure!("citizen {number} goes on"))
        }
    }
}
