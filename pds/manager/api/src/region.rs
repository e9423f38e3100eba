// SPDX-License-Identifier: BSD-2-Clause

//! Regions, as the server knows them.

use crate::{MAX_MEMBERS, message::RegionName};
use heapless::Vec;
use serde::{Deserialize, Serialize};
use tombolo_config::Name;

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionSummary {
    /// Name.
    pub name: RegionName,
    /// True size in 4 KiB pages.
    pub pages: u32,
    /// Number of its birth.
    pub generation: u32,
    /// Slot that holds it.
    pub slot: u8,
    /// Connections.
    pub clients: u8,
    /// Indices with signals that they have not read.
    pub pending: u16,
    /// Made by the manifest's `create`: it lives as long as the system.
    pub created_by_policy: bool,
    /// It was revoked: its slot waits until those who could write are stopped.
    pub revoked: bool,
}

/// What the slots are used for that are not free.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotCounts {
    /// They hold a live region.
    pub live: u8,
    /// Their region was revoked: they wait until those who could write are stopped.
    pub revoked: u8,
    /// They are being cleaned, or wait for that.
    pub cleaning: u8,
    /// A VMM was lost whose guest may still write: never used again.
    pub quarantined: u8,
}

/// A connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Guest or host.
    pub client: Name,
    /// Index in the region.
    pub index: u8,
    /// Its mapping.
    pub read_only: bool,
    /// Indices whose signals it has not read.
    pub pending_from: u16,
}

/// All about a region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegionInfo {
    /// As in the list.
    pub summary: RegionSummary,
    /// By index.
    pub members: Vec<Member, MAX_MEMBERS>,
    /// Of a revoked one: who is to be stopped.
    pub waits_for: Vec<Name, MAX_MEMBERS>,
}
