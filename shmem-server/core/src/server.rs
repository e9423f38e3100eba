// SPDX-License-Identifier: BSD-2-Clause

//! The operations: attach, detach, drop, find, and what the scrubber reports.
//!
//! Each is total: whatever it is asked, it ends with an answer or a [`Refusal`],
//! and a refused one has changed nothing (but that an attach ends the caller's
//! earlier wait). Signals are in [`crate::server::signal`].

pub mod attach;
pub mod inspect;
pub mod oversight;
pub mod quota;
pub mod signal;

#[cfg(test)]
mod tests;

use crate::clients::{Client, Clients};
use crate::slots::Slots;
use crate::{ClientId, ClientSet, Effects, Handle, Refusal, SlotId, policy, region::Region};
use core::fmt;
use shmem_server_api::{Attached, Board, Departure, RegionName};
use tombolo_config::server::ServerConfig;

/// Everything the server knows.
#[derive(Debug)]
pub struct Server<'b> {
    config: ServerConfig,
    slots: Slots,
    clients: Clients<'b>,
    births: u32,
}

/// What a detach did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Detached {
    /// Of which region.
    pub name: RegionName,
    /// The index it had.
    pub index: u8,
    /// Whether the region ended with it.
    pub last: bool,
}

/// What dropping a client did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Connections that ended.
    pub connections: u8,
    /// Regions that ended with them.
    pub ended: u8,
}

/// Why a configuration cannot be served. The generator makes no such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetupError {
    /// There are not as many boards as clients.
    Boards,
    /// A slot or member names a pool or client that is not there.
    Numbers,
    /// A `create` cannot be done.
    Create {
        /// The region's name as configured.
        name: heapless::String<31>,
        /// Why.
        refusal: Refusal,
    },
}

impl fmt::Display for SetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boards => f.write_str("there are not as many boards as clients"),
            Self::Numbers => f.write_str("a slot names no pool, or a member no client"),
            Self::Create { name, refusal } => write!(f, "cannot create {name}: {refusal}"),
        }?;
        f.write_str(": correct the manifest and generate the system anew")
    }
}

impl core::error::Error for SetupError {}

impl<'b> Server<'b> {
    /// All slots clean, nobody attached, boards emptied, `create` regions made.
    /// Errors: see [`SetupError`].
    pub fn new(
        config: ServerConfig,
        boards: impl IntoIterator<Item = &'b Board>,
    ) -> Result<Self, SetupError> {
        let slots = Slots::new(&config.slots);
        let clients = Clients::new(boards);
        let mut server = Self {
            config,
            slots,
            clients,
            births: 0,
        };
        server.check_numbers()?;
        for index in 0..server.config.create.len() {
            let create = server.config.create[index].clone();
            server
                .create(&create.name, create.pages)
                .map_err(|refusal| SetupError::Create {
                    name: create.name,
                    refusal,
                })?;
        }
        Ok(server)
    }

    fn check_numbers(&self) -> Result<(), SetupError> {
        let (clients, pools) = (self.config.clients.len(), self.config.pools.len());
        if self.clients.count() != clients {
            return Err(SetupError::Boards);
        }
        let slots = self
            .config
            .slots
            .iter()
            .all(|slot| usize::from(slot.pool) < pools);
        let mut members = self.config.pools.iter().flat_map(|pool| &pool.members);
        if slots && members.all(|member| usize::from(member.client) < clients) {
            Ok(())
        } else {
            Err(SetupError::Numbers)
        }
    }

    /// Policy's own region: it lives as long as the system.
    fn create(&mut self, name: &str, pages: u32) -> Result<(), Refusal> {
        let name = RegionName::new(name).map_err(|_| Refusal::IllegalName)?;
        let pool = policy::pool_of(&self.config.pools, name.as_str()).ok_or(Refusal::NoPool)?;
        if self.slots.find(pool, &name).is_some() {
            return Ok(());
        }
        match self.place(pool, pages)? {
            crate::slots::Place::Here(slot) => self.birth(slot, name, pages, true),
            crate::slots::Place::Later => Err(Refusal::Inconsistent),
        }
    }

    /// Policy's regions are there for as long as the system: one that was revoked is
    /// born anew as soon as there is a clean slot for it.
    fn create_again(&mut self) {
        for index in 0..self.config.create.len() {
            let create = self.config.create[index].clone();
            // No slot yet: another time.
            let _ = self.create(&create.name, create.pages);
        }
    }

    /// The configuration it was made from.
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// The slots, to look at.
    pub fn slots(&self) -> &Slots {
        &self.slots
    }

    /// A client, to look at.
    pub fn client(&self, client: ClientId) -> Option<&Client<'b>> {
        self.clients.get(client)
    }

    /// Ends a connection. The peers' active bits drop and they are interrupted;
    /// what it signalled before stays pending with them. The last one ends the
    /// region, and its slot is dirty.
    ///
    /// Errors: [`Refusal::NoConnection`].
    pub fn detach(
        &mut self,
        client: ClientId,
        handle: Handle,
        effects: &mut Effects,
    ) -> Result<Detached, Refusal> {
        let detached = self.end(client, handle, Departure::Left, effects)?;
        if let Some(word) = self.clients.word(client, handle) {
            word.end();
        }
        Ok(detached)
    }

    /// The same for any reason, which the peers' records have; its own word is the
    /// caller's business.
    fn end(
        &mut self,
        client: ClientId,
        handle: Handle,
        departure: Departure,
        effects: &mut Effects,
    ) -> Result<Detached, Refusal> {
        let owner = self.clients.get_mut(client).ok_or(Refusal::NoClient)?;
        let connection = owner.disconnect(handle).ok_or(Refusal::NoConnection)?;
        let slot = connection.slot;
        let region = self.slots.region_mut(slot).ok_or(Refusal::Inconsistent)?;
        if let Some(gone) = region.leave(connection.index, departure) {
            owner.past.add(&gone.counters);
        }
        announce(
            region,
            &self.clients,
            0,
            Some(connection.index),
            &mut effects.notify,
        );
        let name = region.name.clone();
        let last = region.active() == 0 && !region.permanent;
        if last && self.slots.ended(slot) {
            effects.clean.insert(slot);
        }
        Ok(Detached {
            name,
            index: connection.index,
            last,
        })
    }

    /// Ends every connection of a client, its wait, and what is remembered of its
    /// last refusal. `given_up`: its guest cannot be stopped, so a slot whose region
    /// it was in is never used again.
    ///
    /// Errors: [`Refusal::NoClient`].
    pub fn drop_client(
        &mut self,
        client: ClientId,
        departure: Departure,
        given_up: bool,
        effects: &mut Effects,
    ) -> Result<Dropped, Refusal> {
        let owner = self.clients.get_mut(client).ok_or(Refusal::NoClient)?;
        (owner.waiting, owner.refused) = (None, None);
        let mut dropped = Dropped::default();
        // Handles are few and detach changes the table: ask for the first each time.
        while let Some((handle, connection)) = self.first_connection(client) {
            if let Some(region) = self.slots.region_mut(connection.slot) {
                region.given_up |= given_up;
            }
            let detached = self.end(client, handle, departure, effects)?;
            dropped.connections += 1;
            dropped.ended += u8::from(detached.last);
        }
        if let Some(owner) = self.clients.get(client) {
            owner.empty_words();
        }
        Ok(dropped)
    }

    /// Why the last attach of a client was refused, if it was.
    pub(crate) fn remember(&mut self, client: ClientId, refusal: Option<Refusal>) {
        if let Some(client) = self.clients.get_mut(client) {
            client.refused = refusal;
        }
    }

    fn first_connection(&self, client: ClientId) -> Option<(Handle, crate::clients::Connection)> {
        self.clients.get(client)?.connections().next()
    }

    /// The caller's `nth` live connection, in order of handles.
    ///
    /// Errors: [`Refusal::NoConnection`].
    pub fn find(&self, client: ClientId, nth: u32) -> Result<Attached, Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let nth = usize::try_from(nth).map_err(|_| Refusal::NoConnection)?;
        let (handle, connection) = owner.connections().nth(nth).ok_or(Refusal::NoConnection)?;
        self.attached(handle, connection.slot, connection.index)
    }

    /// The scrubber is done with a slot: whoever waits for one like it is woken.
    /// False (and nothing done) unless the slot was dirty.
    #[must_use]
    pub fn cleaned(&mut self, slot: SlotId, effects: &mut Effects) -> bool {
        if !self.slots.cleaned(slot) {
            return false;
        }
        self.create_again();
        if let Some(shape) = self.slots.shape(slot) {
            let fits = |w: &crate::clients::Waiting| w.pool == shape.pool && w.pages <= shape.pages;
            self.clients
                .wake(fits)
                .for_each(|client| effects.notify.insert(client));
        }
        true
    }

    /// What a client is told of a connection.
    fn attached(&self, handle: Handle, slot: SlotId, index: u8) -> Result<Attached, Refusal> {
        let region = self.slots.region(slot).ok_or(Refusal::Inconsistent)?;
        Ok(Attached {
            connection: handle.0,
            index,
            slot: slot.0,
            pages: region.pages,
            generation: region.generation,
            name: region.name.clone(),
        })
    }
}

/// Tells every peer the new set of peers: `new` have just joined (their own words
/// are started afresh by the caller; their old users' signals are forgotten),
/// `gone` has just left.
fn announce(
    region: &mut Region,
    clients: &Clients<'_>,
    new: u16,
    gone: Option<u8>,
    notify: &mut ClientSet,
) {
    let active = region.active();
    for (index, peer) in region.peers_mut() {
        let Some(word) = clients.word(peer.client, peer.handle) else {
            continue;
        };
        if new & 1 << index != 0 {
            continue;
        }
        let change = word.set_active(active, new);
        if change.caught_up {
            peer.unread_detaches = 0;
        }
        if let Some(gone) = gone {
            peer.unread_detaches |= 1 << gone;
        }
        if change.notify {
            notify.insert(peer.client);
        }
    }
}
