// SPDX-License-Identifier: BSD-2-Clause

//! Messages and boards of the shared-memory server: what its clients rely on.
//!
//! Two kinds of protected call, told apart by the label: [`label::SIGNAL`] is
//! hot and carries plain words, [`label::REQUEST`] carries a [`Request`] in
//! `postcard`, answered by a [`Response`]. A client's board is shared memory.
//!
//! The server knows its caller by the channel's badge; no message names a client
//! except the manager's own.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod board;
pub mod bucket;
pub mod call;
pub mod label;
pub mod message;
pub mod name;
pub mod oversight;
pub mod status;

pub use board::{Board, BoardWord, Signalled};
pub use bucket::Bucket;
pub use call::Call;
pub use message::{
    Attached, Counters, Departure, Inspection, Listed, PeerRecord, Request, Response, Usage,
    decode, encode,
};
pub use name::RegionName;
pub use oversight::{ClientReport, PeerReport, SlotReport, SlotUse, Totals};
pub use status::Status;

/// Most connections of one region (reference page: "most clients per region").
pub const MAX_PEERS: usize = 16;
/// Most connections of one client, over all regions: words on its board.
pub const MAX_CONNECTIONS: usize = 32;
/// Version of this interface; `docs/interfaces/shmem-server.md` describes it.
pub const VERSION: u32 = 3;
