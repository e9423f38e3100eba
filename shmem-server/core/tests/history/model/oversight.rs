// SPDX-License-Identifier: BSD-2-Clause

//! The manager's hand.

use super::state::{Connection, Model, SlotIs};
use crate::system::{CLIENTS, PERMANENT, SLOTS, may_write};
use shmem_server_api::{
    ClientReport, Departure, PeerReport, RegionName, Response, SlotReport, SlotUse, Status,
};
use std::collections::BTreeSet;

fn bits(set: &BTreeSet<u8>) -> u64 {
    set.iter().fold(0, |bits, number| bits | 1 << number)
}

impl Model {
    pub fn evict(&mut self, client: u8, name: &str) -> Response {
        let Some(handle) = self.handle_of(client, name) else {
            return Response::Failed(Status::DoesNotExist);
        };
        if !self.connections[&(client, handle)].raised() {
            self.notified.insert(client);
        }
        let response = self.end(client, handle, Departure::Left);
        let unread = Connection {
            changed: true,
            ..Connection::default()
        };
        self.stray.insert((client, handle), unread);
        response
    }

    pub fn revoke(&mut self, name: &str) -> Response {
        let Some(region) = self.regions.get(name).cloned() else {
            return Response::Failed(Status::DoesNotExist);
        };
        let pool = SLOTS[region.slot].0;
        let waits: BTreeSet<u8> = region.peers.values().copied().collect();
        for client in &waits {
            self.evict(*client, name);
        }
        self.regions.remove(name);
        let waits: BTreeSet<u8> = waits.into_iter().filter(|c| may_write(pool, *c)).collect();
        let waits_for = bits(&waits);
        self.slots[region.slot] = if waits.is_empty() {
            region.after()
        } else {
            SlotIs::Revoked(Box::new(region.clone()), waits)
        };
        Response::Revoked { waits_for }
    }

    pub fn stopped(&mut self, client: u8) -> Response {
        if client >= CLIENTS {
            return Response::Failed(Status::DoesNotExist);
        }
        for slot in &mut self.slots {
            if let SlotIs::Revoked(region, waits) = slot {
                waits.remove(&client);
                if waits.is_empty() {
                    *slot = region.after();
                }
            }
        }
        Response::Done
    }

    /// Policy's region lives again as soon as it can.
    pub fn make_again(&mut self) {
        let clean = |slot: &usize| self.slots[*slot] == SlotIs::Clean && SLOTS[*slot].0 == 1;
        if !self.regions.contains_key(PERMANENT)
            && let Some(slot) = (0..SLOTS.len()).find(clean)
        {
            self.birth(PERMANENT, slot, 4, None);
        }
    }

    pub fn report(&self, from: u16) -> Response {
        let mut numbers = usize::from(from)..SLOTS.len();
        let Some(slot) = numbers.find(|n| self.slots[*n] != SlotIs::Clean) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let used = match &self.slots[slot] {
            SlotIs::Dirty => SlotUse::Dirty,
            SlotIs::Lost => SlotUse::Quarantined,
            SlotIs::Revoked(region, waits) => SlotUse::Revoked {
                name: RegionName::new(&region.name).unwrap(),
                pages: region.pages,
                generation: region.generation,
                waits_for: bits(waits),
            },
            SlotIs::Clean | SlotIs::InUse => self.live(slot),
        };
        let slot = u16::try_from(slot).unwrap();
        Response::Slot(SlotReport { slot, used })
    }

    fn live(&self, slot: usize) -> SlotUse {
        let region = self.regions.values().find(|r| r.slot == slot).unwrap();
        let peers = region.peers.iter().map(|(&index, &client)| {
            let handle = self.handle_of(client, &region.name).unwrap();
            let pending = bits(&self.connections[&(client, handle)].pending);
            PeerReport {
                client,
                index,
                read_only: !may_write(SLOTS[slot].0, client),
                pending: u16::try_from(pending).unwrap(),
            }
        });
        SlotUse::Live {
            name: RegionName::new(&region.name).unwrap(),
            pages: region.pages,
            generation: region.generation,
            permanent: region.permanent,
            peers: peers.collect(),
        }
    }

    pub fn client_report(&self, client: u8) -> Response {
        if client >= CLIENTS {
            return Response::Failed(Status::DoesNotExist);
        }
        let mut totals = self.past.get(&client).copied().unwrap_or_default();
        let handles = self.handles_of(client);
        for handle in &handles {
            totals.add(&self.connections[&(client, *handle)].totals());
        }
        Response::ClientReport(ClientReport {
            connections: u8::try_from(handles.len()).unwrap(),
            totals,
        })
    }
}
