// SPDX-License-Identifier: BSD-2-Clause

//! Typed messages of [`crate::label::REQUEST`].

use crate::{RegionName, Status};
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
    /// Detach, Reset or DropClient is done.
    Done,
    /// Answer to Unread: a set of indices.
    Unread(u16),
    /// It failed.
    Failed(Status),
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
