// SPDX-License-Identifier: BSD-2-Clause

//! Signals, and what a guest reads.

use super::state::{Connection, Model};
use crate::system::may_signal;
use shmem_server_api::Counters;

impl Model {
    pub fn signal(&mut self, client: u8, handle: u8, targets: u32) -> bool {
        let Some(me) = self.connections.get(&(client, handle)).cloned() else {
            return false;
        };
        let mut counters = me.counters;
        for key in self.others(&me.name, (targets == u32::MAX).then_some(me.index)) {
            let peer = self.connections.get_mut(&key).unwrap();
            if targets != u32::MAX && targets & 1 << peer.index == 0 {
                continue;
            }
            if !may_signal(client, key.0) {
                counters.refused += 1;
                continue;
            }
            counters.sent += 1;
            peer.counters.received += 1;
            let before = peer.raised();
            if !peer.pending.insert(me.index) {
                counters.coalesced += 1;
            }
            if !before && peer.raised() {
                self.notified.insert(key.0);
            }
        }
        let own = self.connections.get_mut(&(client, handle)).unwrap();
        // A signal to oneself was received meanwhile.
        own.counters = Counters {
            received: own.counters.received,
            ..counters
        };
        true
    }

    pub fn unread(&self, me: &Connection) -> u16 {
        self.others(&me.name, None)
            .iter()
            .map(|key| &self.connections[key])
            .filter(|peer| peer.pending.contains(&me.index))
            .fold(0, |set, peer| set | 1 << peer.index)
    }

    /// A word's status, and whether it is raised.
    pub fn word(&self, client: u8, handle: u8) -> (u32, bool) {
        let key = (client, handle);
        let word = self.connections.get(&key).or_else(|| self.stray.get(&key));
        word.map_or((0, false), |word| (word.status(), word.raised()))
    }

    /// A guest reads `status`; returns what it reads.
    pub fn read(&mut self, client: u8, handle: u8) -> u32 {
        let Some(word) = self.word_mut((client, handle)) else {
            return 0;
        };
        let status = word.status();
        word.pending.clear();
        word.changed = false;
        status
    }
}
