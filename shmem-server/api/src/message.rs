// SPDX-License-Identifier: BSD-2-Clause

//! Typed messages of [`crate::label::REQUEST`].

use crate::{ClientReport, MAX_PEERS, RegionName, SlotReport, Status};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// Most bytes of a message: 119 message registers of 8 bytes behind the length.
pub const MAX_BYTES: usize = 119 * 8;

/// What a client may ask.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Create or join a region. `pages`: wanted size in 4 KiB pages, used only if
    /// the region is created. Idempotent: a client attached to `name` already gets
    /// its connection again.
    Attach {
        /// Region name.
        name: RegionName,
        /// Size in pages.
        pages: u32,
    },
    /// End a connection of the caller.
    Detach {
        /// Handle.
        connection: u8,
    },
    /// The caller's `nth` live connection, in order of handles.
    Find {
        /// Counted from 0.
        nth: u32,
    },
    /// Which of the peers that this connection signalled have not read it yet.
    Unread {
        /// Handle.
        connection: u8,
    },
    /// Drop every connection of the caller (its guest was reset). The reply
    /// comes after the peers were interrupted.
    Reset,
    /// Manager only: drop every connection of another client, whose vCPUs are
    /// stopped. That client's channel is notified.
    DropClient {
        /// Client number, as in the server's configuration.
        client: u8,
    },
    /// Manager only: as `DropClient`, for a client whose vCPUs cannot be stopped.
    /// The slots of the regions it was attached to are never used again.
    Quarantine {
        /// Client number, as in the server's configuration.
        client: u8,
    },
    /// Everything about one connection and its region (feature registers of a
    /// control page).
    Inspect {
        /// Handle.
        connection: u8,
    },
    /// The `nth` live region that the caller may attach, in order of slots.
    List {
        /// Counted from 0.
        nth: u32,
    },
    /// What the caller uses and may use, and why it was refused last.
    Usage,
    /// The caller's guest is no longer there: drop every connection of it, and
    /// tell the peers why. [`Request::Reset`] is this with [`Departure::Reset`].
    Gone {
        /// Why.
        departure: Departure,
    },
    /// Manager only: the first slot from number `from` on that is not clean.
    Slot {
        /// Slot number.
        from: u16,
    },
    /// Manager only: connections of a client, and its signals so far.
    ClientReport {
        /// Client number.
        client: u8,
    },
    /// Manager only: end a client's connection to a region. Its channel is
    /// notified: its guest reads a status without its own index.
    Evict {
        /// Client number.
        client: u8,
        /// The region.
        name: RegionName,
    },
    /// Manager only: end a region with all its connections, as `Evict` does. Its
    /// slot is cleaned when every client that was attached with a writable
    /// mapping has been stopped.
    Revoke {
        /// The region.
        name: RegionName,
    },
    /// Manager only: the vCPUs of a client have been stopped since the last
    /// `Revoke`. `DropClient` says so too.
    Stopped {
        /// Client number.
        client: u8,
    },
}

/// Why a connection ended. The numbers are those of the feature registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Departure {
    /// It detached, or its guest turned itself off.
    Left = 2,
    /// Its guest was reset.
    Reset = 3,
    /// Its guest failed, or its client was dropped by the manager.
    Crashed = 4,
}

/// What last happened at an index of a region: 0 nothing, 1 a join, else a
/// [`Departure`]. `serial`s count the joins and departures of the region from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerRecord {
    /// 0, 1 or a departure's number.
    pub event: u8,
    /// Of that event; 0 if there was none.
    pub serial: u32,
    /// Number of the last departure from this index; 0 if there was none.
    pub departure: u8,
    /// Of that departure.
    pub departure_serial: u32,
}

/// Number of a join in [`PeerRecord::event`].
pub const EVENT_JOIN: u8 = 1;

/// What a connection has done and met since it was made. All wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Signals that reached a peer: one per peer.
    pub sent: u32,
    /// Signals from peers.
    pub received: u32,
    /// Of those sent: the peer had not read the one before.
    pub coalesced: u32,
    /// Signals to attached peers that policy withheld.
    pub refused: u32,
}

/// Answer to [`Request::Inspect`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection {
    /// The region's name.
    pub name: RegionName,
    /// Its true size in pages.
    pub pages: u32,
    /// Number of its birth.
    pub generation: u32,
    /// Joins and departures so far.
    pub serial: u32,
    /// Peers that have not read this connection's last signal.
    pub unread: u16,
    /// Attached peers that this connection may signal.
    pub may_signal: u16,
    /// Of this connection.
    pub counters: Counters,
    /// By index.
    pub peers: [PeerRecord; MAX_PEERS],
}

/// A live region, as one that may attach it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its name.
    pub name: RegionName,
    /// Its true size in pages.
    pub pages: u32,
    /// Number of its birth.
    pub generation: u32,
    /// Attached indices.
    pub active: u16,
    /// The caller's index, if it is attached.
    pub index: Option<u8>,
}

/// Answer to [`Request::Usage`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Connections.
    pub connections: u32,
    /// Most connections.
    pub max_connections: u32,
    /// Regions that the caller created and is still attached to.
    pub regions: u32,
    /// Most of these.
    pub max_regions: u32,
    /// Their pages.
    pub pages: u32,
    /// Most of these.
    pub max_pages: u32,
    /// Why the last attach was refused: `docs/interfaces/guest-shm.md`, "Reasons";
    /// 0 if it was not.
    pub reason: u32,
}

/// A connection, as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attached {
    /// Handle: names the connection in later calls and its word on the board.
    pub connection: u8,
    /// Connection index in the region, 0..15 (the guest's `idx`).
    pub index: u8,
    /// Slot number: the client's configuration says where it is mapped.
    pub slot: u16,
    /// The region's true size in pages.
    pub pages: u32,
    /// Counts the births of regions in this system; tells a new region of a
    /// name from an old one.
    pub generation: u32,
    /// The region's name.
    pub name: RegionName,
}

/// What the server answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// Attach or Find worked.
    Attached(Attached),
    /// Attach found only slots that are being cleaned: the caller's channel is
    /// notified when one is clean; ask again then, or give up with NOMEM.
    Wait,
    /// It is done.
    Done,
    /// Answer to Unread: a set of indices.
    Unread(u16),
    /// It failed.
    Failed(Status),
    /// Answer to Inspect.
    Inspected(Inspection),
    /// Answer to List.
    Listed(Listed),
    /// Answer to Usage.
    Usage(Usage),
    /// Answer to Slot.
    Slot(SlotReport),
    /// Answer to ClientReport.
    ClientReport(ClientReport),
    /// Answer to Revoke: a set of clients that are to be stopped first.
    Revoked {
        /// Bit n: client n.
        waits_for: u64,
    },
}

/// Serialises `message` into message-register bytes. `None`: it does not fit
/// (no message of this module is that large).
pub fn encode<'a, T: Serialize>(message: &T, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    postcard::to_slice(message, bytes).ok().map(|used| &*used)
}

/// Reads a message. `None`: malformed or with trailing bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (message, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_report_fits_the_message_registers() {
        let peer = crate::PeerReport {
            client: u8::MAX,
            index: u8::MAX,
            read_only: true,
            pending: u16::MAX,
        };
        let report = Response::Slot(SlotReport {
            slot: u16::MAX,
            used: crate::SlotUse::Live {
                name: RegionName::new(&"x".repeat(31)).unwrap(),
                pages: u32::MAX,
                generation: u32::MAX,
                permanent: true,
                peers: (0..MAX_PEERS).map(|_| peer).collect(),
            },
        });
        let mut bytes = [0; MAX_BYTES];
        let used = encode(&report, &mut bytes).expect("it fits");
        assert_eq!(decode::<Response>(used), Some(report));
    }

    #[test]
    fn the_largest_answer_fits_the_message_registers() {
        let record = PeerRecord {
            event: u8::MAX,
            serial: u32::MAX,
            departure: u8::MAX,
            departure_serial: u32::MAX,
        };
        let largest = Response::Inspected(Inspection {
            name: RegionName::new(&"x".repeat(31)).unwrap(),
            pages: u32::MAX,
            generation: u32::MAX,
            serial: u32::MAX,
            unread: u16::MAX,
            may_signal: u16::MAX,
            counters: Counters {
                sent: u32::MAX,
                received: u32::MAX,
                coalesced: u32::MAX,
                refused: u32::MAX,
            },
            peers: [record; MAX_PEERS],
        });
        let mut bytes = [0; MAX_BYTES];
        let used = encode(&largest, &mut bytes).expect("it fits");
        assert_eq!(decode::<Response>(used), Some(largest));
    }
}
