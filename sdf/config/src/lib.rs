// SPDX-License-Identifier: BSD-2-Clause

//! Configuration blobs of the protection domains.
//!
//! One ELF file serves every guest and every system: what differs is data. The
//! generator writes, per protection domain, a `postcard` blob into a memory
//! region that is mapped read-only and announced by two patched symbols:
//! `config_address` and `config_size` (bytes of the blob; `setvar_prefill_size`).
//!
//! The blob comes from the system's builder and is trusted as the ELF file is;
//! a blob of another [`VERSION`] or one that does not decode ends the protection
//! domain with a message before it does anything.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod blob;
pub mod clock;
pub mod console;
pub mod guest;
pub mod host;
pub mod manager;
pub mod scrubber;
pub mod server;

pub use blob::{BlobError, VERSION, decode, encode};

use heapless::String;
use serde::{Deserialize, Serialize};

/// A name of a guest, protection domain or file, as it is shown.
pub type Name = String<32>;

/// Channel number of the protection domain that holds the blob (0..=61).
pub type ChannelId = u8;

/// Where a protection domain finds a mapping in its own address space.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Virtual address.
    pub address: u64,
    /// Bytes.
    pub size: u64,
}

/// Address of a trace ring (`tombolo_trace`) in its protection domain.
pub type TraceRing = u64;

/// How a protection domain speaks to the console: an output ring
/// (`tombolo_pages::ring::OutputRing`) and the channel to notify after writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Address of the ring.
    pub ring: u64,
    /// Channel to the console.
    pub channel: ChannelId,
}

/// How somebody asks the manager: a mailbox (`tombolo_pages::mailbox::Mailbox`) and a
/// channel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToManager {
    /// Address of the mailbox.
    pub mailbox: u64,
    /// Channel to notify after asking; notified when the answer is there. The
    /// console's is that of the manager's log too.
    pub channel: ChannelId,
}
