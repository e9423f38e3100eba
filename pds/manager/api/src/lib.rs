// SPDX-License-Identifier: BSD-2-Clause

//! What may be asked of the manager, and what it answers.
//!
//! Messages are `postcard`, carried by a mailbox (`tombolo_pages::mailbox`). The
//! console's shell asks this way, and so do a host protection domain or a guest that
//! the manifest appoints. The manager knows who asks by the mailbox; no message
//! names the asker. Described in `docs/interfaces/manager.md`.
//!
//! Rules: a list too long for one answer comes in parts: ask again `from` the
//! number of entries had so far. An asker without the right gets
//! [`Refusal::NoPermission`], and no hint whether what it named exists.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod client;
mod guest;
mod host;
mod message;
mod region;

pub use guest::{
    GuestInfo, GuestSummary, Load, OnSilence, SignalCounters, Silence, State, Vcpu, VcpuState,
    VmmState, Watchdog,
};
pub use host::{HostState, HostSummary};
pub use message::{Command, Refusal, RegionName, Request, Response, decode, encode};
pub use region::{Member, RegionInfo, RegionSummary, SlotCounts};

/// Version of this interface.
///
/// | version | what is new |
/// |---|---|
/// | 2 | hosts, vCPUs of a guest, counts of slots |
/// | 3 | silence and watchdogs of guests |
pub const VERSION: u32 = 3;
/// Most bytes of a message, as `tombolo_pages::mailbox::MESSAGE_BYTES`.
pub const MESSAGE_BYTES: usize = 2040;
/// Entries of a list in one answer.
pub const PART: usize = 12;
/// Most connections of a region, as `shmem_server_api::MAX_PEERS`.
pub const MAX_MEMBERS: usize = 16;
/// Most vCPUs of a guest, as `tombolo_config::guest::MAX_VCPUS`.
pub const MAX_VCPUS: usize = 8;
