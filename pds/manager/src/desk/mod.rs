// SPDX-License-Identifier: BSD-2-Clause

//! Answers to whoever asks over a mailbox.
//!
//! | request | right |
//! |---|---|
//! | Version | none |
//! | Guests, Guest, Hosts, Regions, Region | view |
//! | Order | control of that guest |
//! | Detach, Revoke | regions |
//!
//! Without the right the answer is NoPermission, before anything is looked up:
//! nobody learns what exists by asking for what is not his.

mod guests;
mod hosts;
mod regions;

use crate::{Event, Guests, Hosts, Ticket, World};
use manager_api::{Refusal, Request, Response};
use tombolo_config::{Name, manager::Rights};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker<'a> {
    /// For the log.
    pub name: &'a Name,
    /// What it may ask for.
    pub rights: Rights,
}

/// What answers are made of, and the names of the server's clients by number.
pub struct Desk<'a> {
    /// All guests.
    pub guests: &'a mut Guests,
    /// All hosts.
    pub hosts: &'a Hosts,
    /// Names of the server's clients, by number.
    pub clients: &'a [Name],
}

impl Desk<'_> {
    /// Serves a request; `None`: it is answered to `ticket` later.
    pub fn serve(
        &mut self,
        request: &Request,
        asker: &Asker<'_>,
        ticket: Ticket,
        world: &mut impl World,
    ) -> Option<Response> {
        if !self.may(request, asker.rights) {
            world.say(&Event::NoPermission {
                asker: asker.name.clone(),
            });
            return Some(Response::Refused(Refusal::NoPermission));
        }
        let answer = match request {
            Request::Order { guest, command } => {
                return self.order(guest, *command, (asker.name, ticket), world);
            }
            Request::Version => Ok(Response::Version(manager_api::VERSION)),
            Request::Guests { from } => Ok(self.list_guests(*from, world)),
            Request::Guest { guest } => self.guest(guest, world),
            Request::Hosts { from } => Ok(self.list_hosts(*from, world)),
            Request::Regions { from } => Ok(self.list_regions(*from, world)),
            Request::Region { name } => self.region(name, world),
            Request::Detach { name, client } => self.detach(name, client, world),
            Request::Revoke { name } => self.revoke(name, world),
        };
        Some(answer.unwrap_or_else(Response::Refused))
    }

    fn may(&self, request: &Request, rights: Rights) -> bool {
        match request {
            Request::Version => true,
            Request::Guests { .. }
            | Request::Guest { .. }
            | Request::Hosts { .. }
            | Request::Regions { .. }
            | Request::Region { .. } => rights.view,
            Request::Detach { .. } | Request::Revoke { .. } => rights.regions,
            Request::Order { guest, .. } => {
                let number = self.guests.by_name(guest);
                // Who controls everybody is told that there is no such guest.
                number.map_or(rights == Rights::ALL, |number| rights.controls(number))
            }
        }
    }

    fn order(
        &mut self,
        guest: &Name,
        command: manager_api::Command,
        from: (&Name, Ticket),
        world: &mut impl World,
    ) -> Option<Response> {
        let Some(number) = self.guests.by_name(guest) else {
            return Some(Response::Refused(Refusal::DoesNotExist));
        };
        let refused = self.guests.order(number, command, from, world).err()?;
        Some(Response::Refused(refused))
    }
}
