// SPDX-License-Identifier: BSD-2-Clause

//! Attach: create or join.
//!
//! Checks, in this order; the first that fails decides:
//!
//! | check | else |
//! |---|---|
//! | name, rules, pool, membership | [`crate::policy`]'s table |
//! | this client is not attached to the name already | its connection again: nothing else is looked at |
//! | the region exists: it has fewer than 16 connections | CLIENT_MAX |
//! | the client has fewer than 32 connections, and fewer than its quota | UNKNOWN_FAILURE |
//! | the region exists | joined, whatever size was asked for, 0 too |
//! | size is not 0 | UNKNOWN_FAILURE |
//! | one more region and its pages are within the client's quota | NOMEM |
//! | a slot of the pool is large enough | NOMEM |
//! | one of these is clean | one is being cleaned: wait; all in use: NOMEM |

use super::{Server, announce};
use crate::clients::{Connection, Waiting};
use crate::event::How;
use crate::slots::Place;
use crate::{ClientId, Effects, Handle, Refusal, SlotId, policy, region::Region};
use shmem_server_api::{Attached, RegionName};

/// What an attach came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attach {
    /// A connection.
    Done(How, Attached),
    /// The caller's channel is notified when it is worth asking again.
    Wait,
}

impl Server<'_> {
    /// Creates or joins the region `name`.
    ///
    /// Errors: the module's table.
    pub fn attach(
        &mut self,
        client: ClientId,
        name: &RegionName,
        pages: u32,
        effects: &mut Effects,
    ) -> Result<Attach, Refusal> {
        self.clients
            .get_mut(client)
            .ok_or(Refusal::NoClient)?
            .waiting = None;
        let pool = policy::admit(&self.config, client, name)?;
        let found = self.slots.find(pool, name);
        if let Some(slot) = found {
            if let Some((handle, connection)) = self.connection_in(client, slot) {
                let attached = self.attached(handle, slot, connection.index)?;
                return Ok(Attach::Done(How::Again, attached));
            }
            let full = self
                .slots
                .region(slot)
                .is_none_or(|region| region.active() == u16::MAX);
            if full {
                return Err(Refusal::RegionFull);
            }
        }
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let handle = owner.free_handle().ok_or(Refusal::TooManyConnections)?;
        self.may_connect(client, owner)?;
        if let Some(slot) = found {
            let attached = self.join(client, handle, slot, effects)?;
            return Ok(Attach::Done(How::Joined, attached));
        }
        if pages > 0 {
            self.may_create(client, pages)?;
        }
        match self.place(pool, pages)? {
            Place::Here(slot) => {
                self.birth(slot, name.clone(), pages, false)?;
                if let Some(region) = self.slots.region_mut(slot) {
                    region.creator = Some(client);
                }
                let attached = self.join(client, handle, slot, effects)?;
                // Whoever waits for a slot for this name can join it now.
                let same = |waiting: &Waiting| waiting.name == *name;
                self.clients
                    .wake(same)
                    .for_each(|waiter| effects.notify.insert(waiter));
                Ok(Attach::Done(How::Created, attached))
            }
            Place::Later => {
                let waiting = Waiting {
                    name: name.clone(),
                    pool,
                    pages,
                };
                self.clients
                    .get_mut(client)
                    .ok_or(Refusal::NoClient)?
                    .waiting = Some(waiting);
                Ok(Attach::Wait)
            }
        }
    }

    /// The caller's connection to the region in `slot`.
    fn connection_in(&self, client: ClientId, slot: SlotId) -> Option<(Handle, Connection)> {
        self.clients
            .get(client)?
            .connections()
            .find(|(_, c)| c.slot == slot)
    }

    /// Where a new region of `pages` goes.
    pub(super) fn place(&self, pool: u8, pages: u32) -> Result<Place, Refusal> {
        if pages == 0 {
            Err(Refusal::ZeroSize)
        } else {
            self.slots.place(pool, pages)
        }
    }

    /// A region is born in a clean slot.
    pub(super) fn birth(
        &mut self,
        slot: SlotId,
        name: RegionName,
        pages: u32,
        permanent: bool,
    ) -> Result<(), Refusal> {
        let generation = self.births.wrapping_add(1);
        if !self
            .slots
            .born(slot, Region::new(name, pages, generation, permanent))
        {
            return Err(Refusal::Inconsistent);
        }
        self.births = generation;
        Ok(())
    }

    /// A connection is made: index chosen, peers told, own word afresh.
    fn join(
        &mut self,
        client: ClientId,
        handle: Handle,
        slot: SlotId,
        effects: &mut Effects,
    ) -> Result<Attached, Refusal> {
        let region = self.slots.region_mut(slot).ok_or(Refusal::Inconsistent)?;
        for (_, peer) in region.peers_mut() {
            let word = self.clients.word(peer.client, peer.handle);
            if word.is_some_and(|word| word.caught_up()) {
                peer.unread_detaches = 0;
            }
        }
        let index = region.free_index().ok_or(Refusal::RegionFull)?;
        region.join(index, client, handle);
        let active = region.active();
        announce(region, &self.clients, 1 << index, None, &mut effects.notify);
        let owner = self.clients.get_mut(client).ok_or(Refusal::NoClient)?;
        owner.connect(handle, Connection { slot, index });
        if let Some(word) = owner.word(handle) {
            word.start(active);
        }
        self.attached(handle, slot, index)
    }
}
