// SPDX-License-Identifier: BSD-2-Clause

//! What the model knows.

use crate::system::{PERMANENT, SLOTS};
use shmem_server_api::{Counters, Totals};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotIs {
    Clean,
    InUse,
    /// Until these are stopped.
    Revoked(Box<Region>, BTreeSet<u8>),
    Dirty,
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub name: String,
    pub slot: usize,
    pub pages: u32,
    pub generation: u32,
    /// Index and client.
    pub peers: BTreeMap<u8, u8>,
    pub permanent: bool,
    pub lost: bool,
    pub creator: Option<u8>,
    /// Index and event (1 a join, else a departure), in order.
    pub events: Vec<(u8, u8)>,
}

#[derive(Clone, Debug, Default)]
pub struct Connection {
    pub name: String,
    pub index: u8,
    pub pending: BTreeSet<u8>,
    pub active: BTreeSet<u8>,
    pub changed: bool,
    pub gone_unread: BTreeSet<u8>,
    pub muted: BTreeSet<u8>,
    pub counters: Counters,
}

impl Region {
    /// What its slot is when it has ended.
    pub fn after(&self) -> SlotIs {
        if self.lost {
            SlotIs::Lost
        } else {
            SlotIs::Dirty
        }
    }
}

impl Connection {
    pub fn totals(&self) -> Totals {
        Totals {
            sent: self.counters.sent.into(),
            received: self.counters.received.into(),
            coalesced: self.counters.coalesced.into(),
            refused: self.counters.refused.into(),
        }
    }

    pub fn raised(&self) -> bool {
        self.changed || self.pending.difference(&self.muted).next().is_some()
    }

    pub fn status(&self) -> u32 {
        let bits = |set: &BTreeSet<u8>| set.iter().fold(0u32, |bits, index| bits | 1 << index);
        bits(&self.active) << 16 | bits(&self.pending)
    }
}

/// Name, pool and pages of an attach that waits.
pub type Waiting = (String, u8, u32);

/// A connection by client and handle.
pub type Key = (u8, u8);

#[derive(Debug)]
pub struct Model {
    pub slots: Vec<SlotIs>,
    /// Slots that the scrubber is done with; the server has not looked yet.
    pub scrubbed: BTreeSet<usize>,
    pub regions: BTreeMap<String, Region>,
    pub connections: BTreeMap<Key, Connection>,
    /// Words without a connection: what a client scribbled, or has not read of its
    /// eviction.
    pub stray: BTreeMap<Key, Connection>,
    pub waiting: BTreeMap<u8, Waiting>,
    /// Signals of connections that have ended.
    pub past: BTreeMap<u8, Totals>,
    pub births: u32,
    pub notified: BTreeSet<u8>,
}

impl Model {
    pub fn new() -> Self {
        let mut model = Self {
            slots: vec![SlotIs::Clean; SLOTS.len()],
            scrubbed: BTreeSet::new(),
            regions: BTreeMap::new(),
            connections: BTreeMap::new(),
            stray: BTreeMap::new(),
            waiting: BTreeMap::new(),
            past: BTreeMap::new(),
            births: 0,
            notified: BTreeSet::new(),
        };
        model.birth(PERMANENT, 4, 4, None);
        model
    }

    /// A region comes into being in a clean slot.
    pub fn birth(&mut self, name: &str, slot: usize, pages: u32, creator: Option<u8>) {
        assert_eq!(self.slots[slot], SlotIs::Clean);
        self.slots[slot] = SlotIs::InUse;
        self.births += 1;
        let region = Region {
            name: name.into(),
            slot,
            pages,
            generation: self.births,
            peers: BTreeMap::new(),
            permanent: creator.is_none(),
            lost: false,
            creator,
            events: Vec::new(),
        };
        self.regions.insert(name.into(), region);
    }

    /// The word of a handle, whether it is connected or not.
    pub fn word_mut(&mut self, key: Key) -> Option<&mut Connection> {
        let connection = self.connections.get_mut(&key);
        connection.or_else(|| self.stray.get_mut(&key))
    }

    pub fn handle_of(&self, client: u8, name: &str) -> Option<u8> {
        let mut all = self.connections.iter();
        all.find(|((c, _), connection)| *c == client && connection.name == name)
            .map(|(key, _)| key.1)
    }

    /// The handles that a client has.
    pub fn handles_of(&self, client: u8) -> Vec<u8> {
        let own = self.connections.range((client, 0)..=(client, u8::MAX));
        own.map(|(key, _)| key.1).collect()
    }

    /// The connections to a region other than index `but`.
    pub fn others(&self, name: &str, but: Option<u8>) -> Vec<Key> {
        let all = self.connections.iter();
        all.filter(|(_, c)| c.name == name && Some(c.index) != but)
            .map(|(key, _)| *key)
            .collect()
    }

    /// The set of peers is now `active`: everybody is told.
    pub fn change(&mut self, name: &str, active: &BTreeSet<u8>) {
        for key in self.others(name, None) {
            let peer = self.connections.get_mut(&key).unwrap();
            if !peer.raised() {
                self.notified.insert(key.0);
            }
            if !peer.changed {
                peer.gone_unread.clear();
            }
            peer.active.clone_from(active);
            peer.changed = true;
        }
    }

    /// Ends the waits that are wanted, and notifies whose they were.
    pub fn wake(&mut self, wanted: impl Fn(&Waiting) -> bool) {
        let notified = &mut self.notified;
        self.waiting.retain(|&client, waiting| {
            let woken = wanted(waiting);
            if woken {
                notified.insert(client);
            }
            !woken
        });
    }
}
