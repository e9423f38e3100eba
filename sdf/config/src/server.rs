// SPDX-License-Identifier: BSD-2-Clause

//! Blob of the shmem-server.

use crate::{ChannelId, Name, Output, TraceRing, guest::Pace};
use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

/// Most clients.
pub const MAX_CLIENTS: usize = 60;
/// Most pools.
pub const MAX_POOLS: usize = 16;
/// Most slots, as `tombolo_pages::scrub::MAX_SLOTS`.
pub const MAX_SLOTS: usize = 128;

/// A shell wildcard pattern for region names.
pub type Pattern = String<31>;

/// One `allow` or `deny` of a client, in order; first match wins. The implied
/// last rule is the opposite of the list's last one; an empty list allows all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// May attach names that match.
    Allow(Pattern),
    /// May not.
    Deny(Pattern),
}

/// A client, by client number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Shown in the log.
    pub name: Name,
    /// Server's channel to it.
    pub channel: ChannelId,
    /// Address of its board (`shmem_server_api::Board`).
    pub board: u64,
    /// Names it may attach.
    pub rules: Vec<Rule, 8>,
    /// How much it may have at one time.
    pub quota: Quota,
    /// How often it may call, by its own restraint.
    pub pace: Pace,
}

/// How much a client may have at one time. A region counts for who created it
/// while that one is attached to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Connections; never more than `shmem_server_api::MAX_CONNECTIONS`.
    pub connections: u8,
    /// Regions that it created.
    pub regions: u8,
    /// Their pages (4 KiB), all together.
    pub pages: u32,
}

impl Default for Quota {
    /// No limit but the server's own.
    fn default() -> Self {
        Self {
            connections: u8::MAX,
            regions: u8::MAX,
            pages: u32::MAX,
        }
    }
}

/// Access of a member to a pool's slots, enforced by its mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Loads and stores.
    ReadWrite,
    /// Loads only.
    ReadOnly,
}

/// A member of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Client number.
    pub client: u8,
    /// Its mapping of the pool's slots.
    pub access: Access,
    /// Whom it may signal in this pool's regions: a set of client numbers.
    /// [`EVERYONE`] unless the right is withheld.
    pub signals: u64,
}

/// [`Member::signals`] without a restriction.
pub const EVERYONE: u64 = u64::MAX;

/// A pool. The first pool whose patterns match a name holds that region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pool {
    /// Shown in the log.
    pub name: Name,
    /// Names that it admits.
    pub patterns: Vec<Pattern, 8>,
    /// Who may use it.
    pub members: Vec<Member, MAX_CLIENTS>,
}

/// A slot, by slot number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    /// Pool number.
    pub pool: u8,
    /// Data pages (4 KiB).
    pub pages: u32,
}

/// A region that policy pre-creates (`create NAME,SIZE`): it lives as long as
/// the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// Region name.
    pub name: Pattern,
    /// Data pages.
    pub pages: u32,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerConfig {
    /// Own log.
    pub output: Output,
    /// Own trace.
    pub trace: TraceRing,
    /// Clients.
    pub clients: Vec<Client, MAX_CLIENTS>,
    /// Pools.
    pub pools: Vec<Pool, MAX_POOLS>,
    /// Slots.
    pub slots: Vec<Slot, MAX_SLOTS>,
    /// Regions made at start.
    pub create: Vec<Create, 16>,
    /// Channel to the scrubber.
    pub scrubber: ChannelId,
    /// Address of the `tombolo_pages::scrub::ScrubPage`.
    pub scrub_page: u64,
    /// The manager's channel: it alone may send `DropClient`.
    pub manager: ChannelId,
}
