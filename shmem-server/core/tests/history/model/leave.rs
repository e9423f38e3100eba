// SPDX-License-Identifier: BSD-2-Clause

//! Detach, death, and what the scrubber does afterwards.

use super::state::{Model, SlotIs};
use crate::system::{CLIENTS, SLOTS};
use shmem_server_api::{Departure, Response, Status};

impl Model {
    pub fn detach(&mut self, client: u8, handle: u8) -> Response {
        self.end(client, handle, Departure::Left)
    }

    pub fn end(&mut self, client: u8, handle: u8, departure: Departure) -> Response {
        let Some(gone) = self.connections.remove(&(client, handle)) else {
            return Response::Failed(Status::DoesNotExist);
        };
        self.past.entry(client).or_default().add(&gone.totals());
        let region = self.regions.get_mut(&gone.name).unwrap();
        region.peers.remove(&gone.index);
        region.events.push((gone.index, departure as u8));
        if region.creator == Some(client) {
            region.creator = None;
        }
        if region.peers.is_empty() && !region.permanent {
            self.slots[region.slot] = region.after();
            self.regions.remove(&gone.name);
            return Response::Done;
        }
        let active = region.peers.keys().copied().collect();
        self.change(&gone.name, &active);
        for key in self.others(&gone.name, None) {
            let peer = self.connections.get_mut(&key).unwrap();
            peer.gone_unread.insert(gone.index);
        }
        Response::Done
    }

    /// Returns whether it had any connection.
    pub fn drop_client(&mut self, client: u8, departure: Departure, lost: bool) -> bool {
        self.waiting.remove(&client);
        let all = self.handles_of(client);
        for &handle in &all {
            let name = self.connections[&(client, handle)].name.clone();
            self.regions.get_mut(&name).unwrap().lost |= lost;
            self.end(client, handle, departure);
        }
        self.stray.retain(|key, _| key.0 != client);
        !all.is_empty()
    }

    pub fn by_manager(&mut self, client: u8, lost: bool) -> Response {
        if client >= CLIENTS {
            return Response::Failed(Status::DoesNotExist);
        }
        if self.drop_client(client, Departure::Crashed, lost) {
            self.notified.insert(client);
        }
        if !lost {
            self.stopped(client);
        }
        Response::Done
    }

    /// The server looks at what the scrubber has done.
    pub fn cleaned(&mut self) -> Vec<usize> {
        let clean: Vec<usize> = std::mem::take(&mut self.scrubbed).into_iter().collect();
        for &slot in &clean {
            assert_eq!(self.slots[slot], SlotIs::Dirty);
            self.slots[slot] = SlotIs::Clean;
            self.make_again();
            self.wake(|waiting| waiting.1 == SLOTS[slot].0 && waiting.2 <= SLOTS[slot].1);
        }
        clean
    }
}
