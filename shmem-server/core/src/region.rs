// SPDX-License-Identifier: BSD-2-Clause

//! A region: its peers and their indices.
//!
//! Index of a new peer: the lowest free one whose last user's detach every live
//! peer has read; if there is none, the lowest free one, so that a peer that never
//! reads cannot use a region up. (A peer that has not read the detach would take
//! the new user for the old one.)

use crate::{ClientId, Handle};
use shmem_server_api::message::EVENT_JOIN;
use shmem_server_api::{Departure, MAX_PEERS, PeerRecord, RegionName, Totals};

/// One connection, as its region sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Whose.
    pub client: ClientId,
    /// Which word on that client's board.
    pub handle: Handle,
    /// Indices whose detach this peer may not have read yet.
    pub unread_detaches: u16,
    /// What it has sent and received.
    pub counters: Totals,
}

/// A live region.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its name.
    pub name: RegionName,
    /// Its true size.
    pub pages: u32,
    /// Number of its birth.
    pub generation: u32,
    /// Made by policy: lives on without peers.
    pub permanent: bool,
    /// A guest that cannot be stopped was here: its slot is not to be used again.
    pub given_up: bool,
    /// Who created it; charged for it while attached. Nobody: policy made it, or
    /// that one has left.
    pub creator: Option<ClientId>,
    peers: [Option<Peer>; MAX_PEERS],
    /// What last happened, by index.
    records: [PeerRecord; MAX_PEERS],
    /// Joins and departures so far.
    serial: u32,
}

impl Region {
    /// Without peers.
    pub fn new(name: RegionName, pages: u32, generation: u32, permanent: bool) -> Self {
        Self {
            name,
            pages,
            generation,
            permanent,
            given_up: false,
            creator: None,
            peers: [None; MAX_PEERS],
            records: [PeerRecord::default(); MAX_PEERS],
            serial: 0,
        }
    }

    /// The peer at `index`.
    pub fn peer(&self, index: u8) -> Option<&Peer> {
        self.peers.get(usize::from(index))?.as_ref()
    }

    /// The same, to change it.
    pub fn peer_mut(&mut self, index: u8) -> Option<&mut Peer> {
        self.peers.get_mut(usize::from(index))?.as_mut()
    }

    /// What last happened, by index.
    pub fn records(&self) -> &[PeerRecord; MAX_PEERS] {
        &self.records
    }

    /// Joins and departures so far; wraps past 0.
    pub fn serial(&self) -> u32 {
        self.serial
    }

    fn next_serial(&mut self) -> u32 {
        // 0 says that nothing has happened.
        self.serial = self.serial.checked_add(1).unwrap_or(1);
        self.serial
    }

    /// All peers with their indices, ascending.
    pub fn peers(&self) -> impl Iterator<Item = (u8, &Peer)> {
        (0..)
            .zip(&self.peers)
            .filter_map(|(index, peer)| Some((index, peer.as_ref()?)))
    }

    /// The same, to change them.
    pub fn peers_mut(&mut self) -> impl Iterator<Item = (u8, &mut Peer)> {
        (0..)
            .zip(&mut self.peers)
            .filter_map(|(index, peer)| Some((index, peer.as_mut()?)))
    }

    /// The set of attached indices.
    pub fn active(&self) -> u16 {
        self.peers().fold(0, |set, (index, _)| set | 1 << index)
    }

    /// The index that `client` has here.
    pub fn index_of(&self, client: ClientId) -> Option<u8> {
        self.peers()
            .find(|(_, peer)| peer.client == client)
            .map(|(index, _)| index)
    }

    /// The index that a new peer is to get; `None`: all are taken.
    pub fn free_index(&self) -> Option<u8> {
        let free = !self.active();
        let unread = self
            .peers()
            .fold(0, |set, (_, peer)| set | peer.unread_detaches);
        let best = if free & !unread != 0 {
            free & !unread
        } else {
            free
        };
        // Lossless: at most 15.
        (best != 0).then(|| best.trailing_zeros() as u8)
    }

    /// Puts a peer at a free index, which every other's record forgets.
    pub fn join(&mut self, index: u8, client: ClientId, handle: Handle) {
        for (_, peer) in self.peers_mut() {
            peer.unread_detaches &= !(1 << index);
        }
        if let Some(entry) = self.peers.get_mut(usize::from(index)) {
            *entry = Some(Peer {
                client,
                handle,
                unread_detaches: 0,
                counters: Totals::default(),
            });
        }
        let serial = self.next_serial();
        if let Some(record) = self.records.get_mut(usize::from(index)) {
            record.event = EVENT_JOIN;
            record.serial = serial;
        }
    }

    /// Takes a peer away and returns it. What it was charged with, nobody is now.
    pub fn leave(&mut self, index: u8, departure: Departure) -> Option<Peer> {
        let gone = self.peers.get_mut(usize::from(index))?.take()?;
        if self.creator == Some(gone.client) {
            self.creator = None;
        }
        let serial = self.next_serial();
        if let Some(record) = self.records.get_mut(usize::from(index)) {
            *record = PeerRecord {
                event: departure as u8,
                serial,
                departure: departure as u8,
                departure_serial: serial,
            };
        }
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region() -> Region {
        Region::new(RegionName::new("moo").unwrap(), 1, 1, false)
    }

    fn join(region: &mut Region, client: u8) -> u8 {
        let index = region.free_index().unwrap();
        region.join(index, ClientId(client), Handle(0));
        index
    }

    #[test]
    fn indices_are_given_lowest_first_and_end_at_sixteen() {
        let mut region = region();
        for n in 0..16 {
            assert_eq!(join(&mut region, n), n);
        }
        assert_eq!(region.free_index(), None);
        assert_eq!(region.active(), 0xffff);
        assert_eq!(region.index_of(ClientId(9)), Some(9));
    }

    #[test]
    fn an_index_whose_detach_is_unread_is_given_last() {
        let mut region = region();
        for n in 0..3 {
            join(&mut region, n);
        }
        region.leave(1, Departure::Left);
        for (_, peer) in region.peers_mut() {
            peer.unread_detaches |= 1 << 1;
        }
        assert_eq!(join(&mut region, 7), 3, "1 is unread");
        for n in 4..16 {
            assert_eq!(join(&mut region, n + 10), n);
        }
        assert_eq!(join(&mut region, 50), 1, "but better than none");
        assert!(region.peers().all(|(_, peer)| peer.unread_detaches == 0));
    }

    #[test]
    fn records_tell_the_last_event_and_the_last_departure() {
        let mut region = region();
        region.creator = Some(ClientId(0));
        join(&mut region, 0);
        join(&mut region, 1);
        assert!(region.leave(0, Departure::Crashed).is_some());
        assert_eq!(region.creator, None, "nobody is charged for the dead");
        assert!(region.leave(0, Departure::Left).is_none());
        assert_eq!(region.serial(), 3, "who is not there does not leave");
        join(&mut region, 2);
        let record = PeerRecord {
            event: EVENT_JOIN,
            serial: 4,
            departure: Departure::Crashed as u8,
            departure_serial: 3,
        };
        assert_eq!(region.records()[0], record);
        assert_eq!(region.records()[2], PeerRecord::default());
        region.serial = u32::MAX;
        region.leave(1, Departure::Reset);
        assert_eq!(region.records()[1].serial, 1, "0 is left out");
    }
}
