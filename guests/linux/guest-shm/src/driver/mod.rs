// SPDX-License-Identifier: BSD-2-Clause

//! The driver's device file, `/dev/guest_shm`.
//!
//! The other side is `driver/guest_shm.h`, written down in
//! `docs/interfaces/linux-driver.md`. One open file is one attachment; closing it
//! detaches, and a mapping keeps it open.
//!
//! Rule: all `unsafe` of the crate is here: the ioctls, the mapping, the view of it.

mod attached;
mod connection;
mod device;
mod mapping;
mod raw;

pub use attached::{Attached, Watched};
pub use connection::{Connection, State};
pub use device::{Driver, Listed, PATH, Usage, Version};
