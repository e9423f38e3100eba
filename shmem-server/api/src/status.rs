// SPDX-License-Identifier: BSD-2-Clause

//! Status codes of the `guest_shm` register interface (guest-shm-abi, "Constants").

use serde::{Deserialize, Serialize};

/// What an attach, a find or another request came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u32)]
pub enum Status {
    /// It worked.
    Ok = 0,
    /// Anything that no other code describes.
    UnknownFailure = 1,
    /// No free backing for that size.
    NoMem = 2,
    /// The region has 16 connections already.
    ClientMax = 3,
    /// Empty, not terminated, `/`, or not printable ASCII.
    IllegalName = 4,
    /// Policy forbids this client this name.
    NoPermission = 5,
    /// Nothing found.
    DoesNotExist = 6,
}

impl Status {
    /// The number in the guest's `status` register.
    pub const fn code(self) -> u32 {
        self as u32
    }
}
