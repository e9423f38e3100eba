// SPDX-License-Identifier: BSD-2-Clause

//! Rings and snapshots in memory shared with peers that may lie.
//!
//! Why: `guest_shm` gives raw memory and signals. Whoever puts indices and lengths
//! into that memory and believes them is at the mercy of every other member. These
//! three structures assume that any shared word may change to anything at any step:
//!
//! | structure | writers | readers | readers write | full |
//! |---|---|---|---|---|
//! | [`Producer`], [`Consumer`] | 1 | 1 | their line | the producer waits |
//! | [`BroadcastWriter`], [`BroadcastReader`] | 1 | many | nothing | the oldest are overwritten, readers learn how many |
//! | [`SnapshotWriter`], [`SnapshotReader`] | 1 | many | nothing | only the newest counts |
//!
//! Rules:
//!
//! * Memory is `&[Word]`, 64-bit atomics; never a slice of plain data. What one
//!   decides by is read once and copied; the copy is checked.
//! * Capacity, record size and one's own index are private copies. The shared ones
//!   are for the peer. Nothing read from shared memory is used to index it.
//! * A peer that breaks the protocol gets a typed [`Error`] that stays; the channel
//!   is cut, nothing else. No call loops on what a peer wrote, none panics.
//! * Readers of a broadcast ring or a snapshot use relaxed loads and fences only:
//!   what Rust guarantees on memory mapped read-only.
//! * The crate signals nobody. It says [`Wake::Signal`]; the caller rings.
//!
//! The layout is in `docs/interfaces/rings.md`; `tests/loom.rs` runs every structure
//! in every order, `tests/liar.rs` with a peer that scribbles at any step.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(feature = "map"), forbid(unsafe_code))]
#![deny(unsafe_code)]

mod broadcast;
mod error;
#[cfg(all(feature = "map", not(loom)))]
mod map;
mod sequenced;
mod shape;
mod snapshot;
mod spsc;
mod typed;
mod wake;
mod word;

pub use broadcast::{BroadcastReader, BroadcastWriter, Next, Start};
pub use error::{AttachError, Breach, Error, Field, ShapeError};
#[cfg(all(feature = "map", not(loom)))]
pub use map::{MapError, map_read_only, map_shared};
pub use shape::{
    HEADER_WORDS, Kind, MAGIC, MAX_RECORD_BYTES, MAX_SLOTS, Shape, VERSION, create, discover,
};
pub use snapshot::{Snapshot, SnapshotReader, SnapshotWriter, TRIES};
pub use spsc::{Consumer, Popped, Producer};
pub use typed::{
    Delivery, Publisher, Receiver, Sender, SnapshotGetter, SnapshotSetter, Subscriber, TypedError,
};
pub use wake::{Asked, Wake};
pub use word::{ReadOnly, Shared, Word};
