// SPDX-License-Identifier: BSD-2-Clause

//! What only the manager asks for: slots, totals, the end of connections.

use crate::{MAX_PEERS, RegionName};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// Signals of all connections that a client has had. All wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Signals that reached a peer: one per peer.
    pub sent: u64,
    /// Signals from peers.
    pub received: u64,
    /// Of those sent: the peer had not read the one before.
    pub coalesced: u64,
    /// Signals to attached peers that policy withheld.
    pub refused: u64,
}

impl Totals {
    /// Adds another connection's.
    pub fn add(&mut self, other: &Self) {
        self.sent = self.sent.wrapping_add(other.sent);
        self.received = self.received.wrapping_add(other.received);
        self.coalesced = self.coalesced.wrapping_add(other.coalesced);
        self.refused = self.refused.wrapping_add(other.refused);
    }
}

/// Answer to [`crate::Request::ClientReport`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientReport {
    /// Live connections.
    pub connections: u8,
    /// Since the system started.
    pub totals: Totals,
}

/// A connection, as the manager sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerReport {
    /// Client number.
    pub client: u8,
    /// Index in the region.
    pub index: u8,
    /// It can only read the slot.
    pub read_only: bool,
    /// Indices whose signals it has not read, as it alleges.
    pub pending: u16,
}

/// What a slot that is not clean is used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SlotUse {
    /// It holds a region.
    Live {
        /// Its name.
        name: RegionName,
        /// True size in pages.
        pages: u32,
        /// Number of its birth.
        generation: u32,
        /// Made by policy.
        permanent: bool,
        /// By index.
        peers: Vec<PeerReport, MAX_PEERS>,
    },
    /// The scrubber is at it.
    Dirty,
    /// Its region was revoked; it waits until these clients, a set, are stopped.
    Revoked {
        /// Its name.
        name: RegionName,
        /// Pages of the region.
        pages: u32,
        /// Its birth.
        generation: u32,
        /// Bit n: client n.
        waits_for: u64,
    },
    /// Never used again.
    Quarantined,
}

/// Answer to [`crate::Request::Slot`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotReport {
    /// Slot number.
    pub slot: u16,
    /// What for.
    pub used: SlotUse,
}
