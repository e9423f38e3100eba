// SPDX-License-Identifier: BSD-2-Clause

//! A host that faults: its peers see it crash, and nothing that it held stays held.

use super::super::connection::attach_named;
use super::Overseer;
use super::records::CRASHED;
use super::regions::region_name;
use crate::run::Failure;
use crate::{failure, say};
use manager_api::{HostState, HostSummary, Request, Response};

/// The host, its regions, and their pages.
const NAME: &str = "fainter";
const REGION: &str = "attic";
const REVOKED: &str = "cellar";
const PAGES: u32 = 16;
/// Status code of the register interface.
const NOMEM: u32 = 2;

impl Overseer<'_, '_> {
    pub(super) fn see_a_host_fall(&mut self) -> Result<(), Failure> {
        self.host_is(NAME, HostState::Up, 2)?;
        self.host_is("clerk", HostState::Up, 0)?;
        self.revoke_from_host()?;
        self.let_it_fall()?;
        self.host_is(NAME, HostState::Stopped, 0)?;
        self.host_is("clerk", HostState::Up, 0)?;
        // Its slot waited for it to be stopped, and is clean.
        let cellar = attach_named(self.machine, &mut self.factory, REVOKED, PAGES)?;
        if let Some(at) = cellar.data().iter().position(|word| read(word) != 0) {
            return Err(failure!("word {at} of {REVOKED} is not clean"));
        }
        cellar.detach();
        // The fault of a host stops no guest.
        self.lives(1)?;
        say!("overseer: a host fell: it was seen to crash, and its slot was freed");
        Ok(())
    }

    fn host(&mut self, name: &str) -> Result<HostSummary, Failure> {
        let Response::Hosts { total: 2, hosts } = self.ask(&Request::Hosts { from: 0 })? else {
            return Err(failure!("no list of two hosts"));
        };
        let found = hosts.into_iter().find(|host| host.name == name);
        found.ok_or_else(|| failure!("no host {name}"))
    }

    fn host_is(&mut self, name: &str, state: HostState, connections: u8) -> Result<(), Failure> {
        let host = self.host(name)?;
        if (host.state, host.connections) == (state, connections) {
            Ok(())
        } else {
            Err(failure!("{host:?}"))
        }
    }

    /// Its slot waits for the host, which nobody can order to stop.
    fn revoke_from_host(&mut self) -> Result<(), Failure> {
        let name = region_name(REVOKED)?;
        match self.ask(&Request::Revoke { name })? {
            Response::Revoked { waits_for } if waits_for.iter().eq([NAME]) => {}
            other => return Err(failure!("revoke: {other:?}")),
        }
        self.host_is(NAME, HostState::Up, 1)?;
        match self.factory.attach(REVOKED, PAGES).status {
            NOMEM => Ok(()),
            status => Err(failure!("attach of what is revoked: {status}")),
        }
    }

    fn let_it_fall(&mut self) -> Result<(), Failure> {
        let mut attic = attach_named(self.machine, &mut self.factory, REGION, PAGES)?;
        let others = attic.status() >> 16 & !(1 << attic.idx());
        if others.count_ones() != 1 {
            return Err(failure!("{others:#x} are in {REGION}, not one"));
        }
        let index = others.trailing_zeros();
        attic.signal(others);
        self.wait_until("the host to fall", |own| {
            Ok(own.host(NAME)?.state == HostState::Stopped)
        })?;
        let (status, [event, _, departure, _]) = (attic.status(), attic.record(index));
        if status >> 16 & others != 0 || (event, departure) != (CRASHED, CRASHED) {
            return Err(failure!(
                "{REGION}: status {status:#x}, event {event}, departure {departure}"
            ));
        }
        attic.detach();
        Ok(())
    }
}

fn read(word: &core::sync::atomic::AtomicU32) -> u32 {
    word.load(core::sync::atomic::Ordering::Relaxed)
}
