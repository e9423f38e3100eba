// SPDX-License-Identifier: BSD-2-Clause

//! Attach: create or join, and the choice of an index.

use super::state::{Connection, Model, SlotIs};
use crate::system::{SLOTS, may_attach, pool_of, quota};
use shmem_server_api::{Attached, RegionName, Response, Status};
use std::collections::BTreeSet;

impl Model {
    pub fn told(&self, client: u8, handle: u8) -> Response {
        let connection = &self.connections[&(client, handle)];
        let region = &self.regions[&connection.name];
        Response::Attached(Attached {
            connection: handle,
            index: connection.index,
            slot: u16::try_from(region.slot).unwrap(),
            pages: region.pages,
            generation: region.generation,
            name: RegionName::new(&connection.name).unwrap(),
        })
    }

    pub fn attach(&mut self, client: u8, name: &str, pages: u32) -> Response {
        self.waiting.remove(&client);
        if !may_attach(client, name) {
            return Response::Failed(Status::NoPermission);
        }
        if let Some(handle) = self.handle_of(client, name) {
            return self.told(client, handle);
        }
        let region = self.regions.get(name);
        if region.is_some_and(|region| region.peers.len() == 16) {
            return Response::Failed(Status::ClientMax);
        }
        let exists = region.is_some();
        if self.handles_of(client).len() >= usize::from(quota(client).0) {
            return Response::Failed(Status::UnknownFailure);
        }
        if !exists && let Some(refused) = self.create(client, name, pages) {
            return refused;
        }
        self.join(client, name)
    }

    /// Regions that a client created and is attached to, and their pages.
    pub fn charged(&self, client: u8) -> (u32, u32) {
        let own = self.regions.values();
        own.filter(|region| region.creator == Some(client))
            .fold((0, 0), |(n, pages), region| (n + 1, pages + region.pages))
    }

    fn create(&mut self, client: u8, name: &str, pages: u32) -> Option<Response> {
        if pages == 0 {
            return Some(Response::Failed(Status::UnknownFailure));
        }
        let (_, regions, most) = quota(client);
        let (count, used) = self.charged(client);
        if count >= u32::from(regions) || u64::from(used) + u64::from(pages) > u64::from(most) {
            return Some(Response::Failed(Status::NoMem));
        }
        let pool = pool_of(name)?;
        let fits = |&slot: &usize| SLOTS[slot].0 == pool && SLOTS[slot].1 >= pages;
        let is = |state| {
            (0..SLOTS.len())
                .filter(fits)
                .find(|&n| self.slots[n] == state)
        };
        let Some(slot) = is(SlotIs::Clean) else {
            if is(SlotIs::Dirty).is_none() {
                return Some(Response::Failed(Status::NoMem));
            }
            self.waiting.insert(client, (name.into(), pool, pages));
            return Some(Response::Wait);
        };
        self.birth(name, slot, pages, Some(client));
        self.wake(|waiting| waiting.0 == name);
        None
    }

    fn join(&mut self, client: u8, name: &str) -> Response {
        let others = self.others(name, None);
        for key in &others {
            let peer = self.connections.get_mut(key).unwrap();
            if !peer.changed {
                peer.gone_unread.clear();
            }
        }
        let unread = |i: &u8| {
            let mut peers = others.iter();
            peers.any(|key| self.connections[key].gone_unread.contains(i))
        };
        let region = self.regions.get_mut(name).unwrap();
        let free: Vec<u8> = (0..16).filter(|i| !region.peers.contains_key(i)).collect();
        let index = free.iter().copied().find(|i| !unread(i)).unwrap_or(free[0]);
        region.peers.insert(index, client);
        region.events.push((index, 1));
        let active: BTreeSet<u8> = region.peers.keys().copied().collect();
        for key in others {
            let peer = self.connections.get_mut(&key).unwrap();
            peer.gone_unread.remove(&index);
            peer.pending.remove(&index);
        }
        self.change(name, &active);
        let handle = (0..32)
            .find(|h| !self.connections.contains_key(&(client, *h)))
            .unwrap();
        let fresh = Connection {
            name: name.into(),
            index,
            active,
            ..Connection::default()
        };
        self.stray.remove(&(client, handle));
        self.connections.insert((client, handle), fresh);
        self.told(client, handle)
    }
}
