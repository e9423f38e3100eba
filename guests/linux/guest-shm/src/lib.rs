// SPDX-License-Identifier: BSD-2-Clause

//! Named memory shared between guests, from Linux user space.
//!
//! Why: the driver's device file is a handful of ioctls, a mapping and a wait. This
//! crate makes them types that cannot be used wrongly: data is only ever seen as
//! atomics, a read-only mapping has no store, an index is checked before it is one.
//!
//! ```no_run
//! use std::time::Duration;
//! use guest_shm::{Device, Driver, Region, Targets, data};
//!
//! # fn main() -> Result<(), guest_shm::Error> {
//! // Creates the region with 16 pages, or joins it at whatever size it has.
//! let region = Driver::default().attach("testing", 16)?;
//! data::store(region.words(), b"hello");
//! region.notify(Targets::ALL)?;
//! if let Some(status) = region.wait(Duration::from_secs(1))? {
//!     println!("{} signalled, {} are attached", status.pending, status.active);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! `examples/clock.rs` is a whole program: one writer, any number of read-only readers.
//!
//! | module | what is there |
//! |---|---|
//! | [`region`] | the traits [`Device`] and [`Region`], sets of peers, attachments |
//! | [`event`] | who came, who went and why; masks |
//! | [`driver`] | `/dev/guest_shm`: [`Driver`], [`Attached`], [`Watched`] |
//! | [`link`] | waiting for a condition without losing a signal |
//! | [`data`] | bytes into and out of the shared words |
//! | `fake` | with the feature `fake`: a device in memory, for tests |
//!
//! Rules:
//!
//! * Peers may write at any time, also what they should not. What is decided by is
//!   copied out first and checked; for rings and messages there is `shmem-rings`.
//! * A peer's death is an [`Event`], and its bit in [`Status::active`] drops.
//! * Membership isolates, attachment does not: whoever is a member of the region's
//!   pool can reach the data whether it is attached or not.

#![deny(unsafe_code)]

pub mod data;
#[allow(unsafe_code)]
pub mod driver;
mod error;
pub mod event;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
pub mod link;
pub mod region;

pub use driver::{Attached, Connection, Driver, Watched};
pub use error::{Error, Refusal};
pub use event::{Event, EventKind, Mask};
pub use link::Link;
pub use region::{
    Access, Attachment, CLIENT_MAX, Device, NAME_MAX, PAGE_SIZE, Peers, Region, Status, Targets,
};
