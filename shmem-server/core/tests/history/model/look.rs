// SPDX-License-Identifier: BSD-2-Clause

//! What is told to those who ask: inspection, list, find, usage.

use super::state::{Model, Region};
use crate::system::{may_attach, may_signal, quota};
use shmem_server_api::{
    Inspection, Listed, MAX_CONNECTIONS, PeerRecord, RegionName, Response, Status, Usage,
};

impl Model {
    pub fn inspect(&self, client: u8, handle: u8) -> Response {
        let Some(me) = self.connections.get(&(client, handle)) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let region = &self.regions[&me.name];
        let mut peers = [PeerRecord::default(); 16];
        for (serial, &(index, event)) in (1..).zip(&region.events) {
            let record = &mut peers[usize::from(index)];
            (record.event, record.serial) = (event, serial);
            if event != 1 {
                (record.departure, record.departure_serial) = (event, serial);
            }
        }
        Response::Inspected(Inspection {
            name: RegionName::new(&me.name).unwrap(),
            pages: region.pages,
            generation: region.generation,
            serial: u32::try_from(region.events.len()).unwrap(),
            unread: self.unread(me),
            may_signal: (region.peers.iter())
                .filter(|&(_, &peer)| may_signal(client, peer))
                .fold(0, |set, (index, _)| set | 1 << index),
            counters: me.counters,
            peers,
        })
    }

    pub fn list(&self, client: u8, nth: u32) -> Response {
        let mut all: Vec<(&String, &Region)> = self.regions.iter().collect();
        all.sort_by_key(|(_, region)| region.slot);
        let mut allowed = all.into_iter().filter(|(name, _)| may_attach(client, name));
        let Some((name, region)) = allowed.nth(nth as usize) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let own = region.peers.iter().find(|&(_, &peer)| peer == client);
        Response::Listed(Listed {
            name: RegionName::new(name).unwrap(),
            pages: region.pages,
            generation: region.generation,
            active: region.peers.keys().fold(0, |set, index| set | 1 << index),
            index: own.map(|(index, _)| *index),
        })
    }

    pub fn find(&self, client: u8, nth: u32) -> Response {
        match self.handles_of(client).get(nth as usize) {
            None => Response::Failed(Status::DoesNotExist),
            Some(&handle) => self.told(client, handle),
        }
    }

    /// All but the reason, which the guest's interface names.
    pub fn usage(&self, client: u8, reason: u32) -> Response {
        let (connections, regions, pages) = quota(client);
        let (used_regions, used_pages) = self.charged(client);
        Response::Usage(Usage {
            connections: u32::try_from(self.handles_of(client).len()).unwrap(),
            max_connections: u32::try_from(MAX_CONNECTIONS.min(usize::from(connections))).unwrap(),
            regions: used_regions,
            max_regions: u32::from(regions),
            pages: used_pages,
            max_pages: pages,
            reason,
        })
    }
}
