// SPDX-License-Identifier: BSD-2-Clause

//! The manager's hand: looking at everything, ending what clients would not end.
//!
//! | request | connections | slot | the clients |
//! |---|---|---|---|
//! | evict | one ends | dirty if it was the last | notified; status without its own index |
//! | revoke | all of a region end | waits until all who could write are stopped | the same, all of them |
//!
//! Who could write: the clients that were attached at that moment and whose mapping
//! of the pool is writable. Nobody can order a host protection domain to stop: what it
//! could write to waits until it faults, or the system restarts.

use super::{Detached, Server};
use crate::slots::State;
use crate::{ClientId, ClientSet, Effects, Refusal, SlotId, policy};
use shmem_server_api::{
    ClientReport, Departure, PeerReport, RegionName, SlotReport, SlotUse, Totals,
};
use tombolo_config::server::Access;

/// What revoking a region did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    /// The slot that held it.
    pub slot: SlotId,
    /// Whose connections ended, one each.
    pub clients: ClientSet,
    /// Who is to be stopped before the slot is used again.
    pub waits_for: ClientSet,
}

impl Server<'_> {
    /// The first slot from `from` on that is not clean.
    ///
    /// Errors: [`Refusal::NoRegion`] if there is none.
    pub fn report(&self, from: u16) -> Result<SlotReport, Refusal> {
        let mut slots = self.slots.iter().skip(usize::from(from));
        let (slot, used) = slots
            .find_map(|(slot, _, state)| Some((slot, self.used(slot, state)?)))
            .ok_or(Refusal::NoRegion)?;
        Ok(SlotReport { slot: slot.0, used })
    }

    fn used(&self, slot: SlotId, state: &State) -> Option<SlotUse> {
        Some(match state {
            State::Clean => return None,
            State::InUse(region) => SlotUse::Live {
                name: region.name.clone(),
                pages: region.pages,
                generation: region.generation,
                permanent: region.permanent,
                peers: region
                    .peers()
                    .map(|(index, peer)| PeerReport {
                        client: peer.client.0,
                        index,
                        read_only: !self.writes(slot, peer.client),
                        pending: self
                            .clients
                            .word(peer.client, peer.handle)
                            .map_or(0, |word| word.pending()),
                    })
                    .collect(),
            },
            State::Revoked(revoked) => SlotUse::Revoked {
                name: revoked.name.clone(),
                pages: revoked.pages,
                generation: revoked.generation,
                waits_for: revoked.waits_for.bits(),
            },
            State::Dirty => SlotUse::Dirty,
            State::Quarantined => SlotUse::Quarantined,
        })
    }

    /// Connections and signals of a client.
    ///
    /// Errors: [`Refusal::NoClient`].
    pub fn client_report(&self, client: ClientId) -> Result<ClientReport, Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let mut totals: Totals = owner.past;
        let mut connections = 0;
        for (_, connection) in owner.connections() {
            connections += 1;
            let region = self.slots.region(connection.slot);
            if let Some(peer) = region.and_then(|region| region.peer(connection.index)) {
                totals.add(&peer.counters);
            }
        }
        Ok(ClientReport {
            connections,
            totals,
        })
    }

    /// Ends the connection of `client` to `name`.
    ///
    /// Errors: [`Refusal::NoClient`], [`Refusal::NoRegion`],
    /// [`Refusal::NoConnection`].
    pub fn evict(
        &mut self,
        client: ClientId,
        name: &RegionName,
        effects: &mut Effects,
    ) -> Result<Detached, Refusal> {
        let owner = self.clients.get(client).ok_or(Refusal::NoClient)?;
        let slot = self.slot_of(name)?;
        let handle = owner
            .connections()
            .find(|(_, connection)| connection.slot == slot)
            .map(|(handle, _)| handle)
            .ok_or(Refusal::NoConnection)?;
        let detached = self.end(client, handle, Departure::Left, effects)?;
        let word = self.clients.word(client, handle);
        if word.is_some_and(|word| word.evict()) {
            effects.notify.insert(client);
        }
        Ok(detached)
    }

    /// Ends the region `name` and all its connections.
    ///
    /// Errors: [`Refusal::NoRegion`].
    pub fn revoke(
        &mut self,
        name: &RegionName,
        effects: &mut Effects,
    ) -> Result<Revocation, Refusal> {
        let slot = self.slot_of(name)?;
        let region = self.slots.region_mut(slot).ok_or(Refusal::Inconsistent)?;
        // The end of the last connection is not to end the region yet.
        region.permanent = true;
        let peers: heapless::Vec<ClientId, { shmem_server_api::MAX_PEERS }> =
            region.peers().map(|(_, peer)| peer.client).collect();
        let (mut clients, mut waits_for) = (ClientSet::default(), ClientSet::default());
        for client in peers {
            clients.insert(client);
            if self.writes(slot, client) {
                waits_for.insert(client);
            }
            self.evict(client, name, effects)?;
        }
        if self.slots.revoked(slot, waits_for) {
            effects.clean.insert(slot);
        }
        Ok(Revocation {
            slot,
            clients,
            waits_for,
        })
    }

    /// A client has been stopped: what waited for it goes on.
    ///
    /// Errors: [`Refusal::NoClient`].
    pub fn stopped(&mut self, client: ClientId, effects: &mut Effects) -> Result<(), Refusal> {
        self.clients.get(client).ok_or(Refusal::NoClient)?;
        for slot in self.slots.stopped(client).iter() {
            effects.clean.insert(slot);
        }
        Ok(())
    }

    fn slot_of(&self, name: &RegionName) -> Result<SlotId, Refusal> {
        name.check().map_err(|_| Refusal::IllegalName)?;
        let pool = policy::pool_of(&self.config.pools, name.as_str()).ok_or(Refusal::NoRegion)?;
        self.slots.find(pool, name).ok_or(Refusal::NoRegion)
    }

    /// Whether `client` has a writable mapping of `slot`.
    fn writes(&self, slot: SlotId, client: ClientId) -> bool {
        let pool = self.slots.shape(slot).map(|shape| usize::from(shape.pool));
        let members = pool
            .and_then(|pool| self.config.pools.get(pool))
            .map(|pool| &pool.members);
        let member = members.and_then(|members| members.iter().find(|m| m.client == client.0));
        member.is_some_and(|member| member.access == Access::ReadWrite)
    }
}
