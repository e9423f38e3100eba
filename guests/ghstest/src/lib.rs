// SPDX-License-Identifier: BSD-2-Clause

//! The conversation of `ghstest` and `hhstest`, whoever speaks.
//!
//! The sample pair of the original (guest-shm-abi, "Sample programs of the
//! original") shares a region [`REGION`] of [`PAGES`] pages. Connection `idx` has
//! the [`BUFFER`] bytes at `idx * BUFFER` for its last line, ended by a NUL. Whoever
//! has written a line signals everyone but itself. Who is interrupted prints, for
//! each low bit of the status, that connection's number and line, and on a change
//! of the high bits the old set and the new one:
//!
//! ```text
//! attached: {0} -> {0 1}
//! 1: hello from guest 1
//! ```
//!
//! This crate has what a bare-metal guest, a Linux guest and a host protection
//! domain have in common: the [`buffer`]s, the [`script`] of one that nobody types
//! for, and the [`session`] that judges each status. Beside the conversation a host can
//! keep a [`clock`] for them.
//!
//! Rules: the peers write whenever and whatever they like, so a line is copied once,
//! bounded, and shown in printable ASCII.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod buffer;
pub mod clock;
pub mod script;
pub mod session;

pub use buffer::{LINE, Line, Memory};
pub use script::{BadStep, Script, Step};
pub use session::{Next, Peers, Session};

/// Name of the region.
pub const REGION: &str = "testing";
/// Pages that it is created with.
pub const PAGES: u32 = 16;
/// Bytes of one connection's buffer.
pub const BUFFER: usize = 0x1000;
/// Most connections.
pub const MAX_PEERS: u8 = 16;
