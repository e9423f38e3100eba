// SPDX-License-Identifier: BSD-2-Clause

//! One connection to a region, and the sets of peers it deals in.

use crate::Data;
use core::fmt;
use shmem_server_api::{Attached, MAX_PEERS, RegionName};

/// Whom to signal, as the `notify` register takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets(pub u32);

impl Targets {
    /// Everyone that is attached, oneself too.
    pub const EVERYONE: Self = Self(0xffff);
    /// Everyone that is attached but oneself.
    pub const OTHERS: Self = Self(!0);

    /// One connection; nobody if there can be no such index.
    pub const fn one(index: u8) -> Self {
        if (index as usize) < MAX_PEERS {
            Self(1 << index)
        } else {
            Self(0)
        }
    }
}

/// A reading of the status, laid out as the register: bits 15:0 who signalled me
/// since the last reading, bits 31:16 who is attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status(pub u32);

impl Status {
    /// Who signalled me since the last reading.
    pub const fn pending(self) -> u16 {
        // Lossless: masked.
        (self.0 & 0xffff) as u16
    }

    /// Who is attached.
    pub const fn active(self) -> u16 {
        // Lossless: shifted.
        (self.0 >> 16) as u16
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pending, active) = (self.pending(), self.active());
        write!(f, "signalled by {pending:#06x}, attached {active:#06x}")
    }
}

/// A connection. Clones are the same connection, and so is what a second attach
/// of its name gives.
#[derive(Clone, Debug)]
pub struct Connection<'m> {
    pub(crate) attached: Attached,
    pub(crate) data: Data<'m>,
    /// Tells it from an earlier one with the same handle.
    pub(crate) serial: u32,
}

impl<'m> Connection<'m> {
    /// The region's true size, in pages of 4 KiB.
    pub const fn pages(&self) -> u32 {
        self.attached.pages
    }

    /// The region's data, exactly [`Self::pages`] long. It stays mapped when the
    /// connection ends, but is not the region's any more then.
    pub const fn data(&self) -> Data<'m> {
        self.data
    }

    /// The region's name.
    pub const fn name(&self) -> &RegionName {
        &self.attached.name
    }

    /// Own connection index, 0..15.
    pub const fn index(&self) -> u8 {
        self.attached.index
    }

    /// Number of the region's birth: tells a new region of a name from an old one.
    pub const fn generation(&self) -> u32 {
        self.attached.generation
    }
}
