// SPDX-License-Identifier: BSD-2-Clause

//! What a region offers to a program.
//!
//! The driver and the tests' fake both implement [`Device`] and [`Region`].
//!
//! Rules:
//! * The data is shared with peers that write at any time, so it is only ever
//!   seen as atomics, never as bytes or as anything that borrows from it.
//! * The size is what the device reports, never what was asked for.

use core::fmt;
use core::ops::{BitAnd, BitOr, Not};
use core::sync::atomic::AtomicU64;
use core::time::Duration;

use crate::error::Error;
use crate::event::Event;

/// Bytes of a page, the unit of a region's size.
pub const PAGE_SIZE: u64 = 4096;
/// Connections of a region, at most.
pub const CLIENT_MAX: u32 = 16;
/// Characters of a region's name, at most.
pub const NAME_MAX: usize = 31;

/// A set of connections of a region, by their indices.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Peers(pub u16);

impl Peers {
    /// The set without members.
    pub const NONE: Peers = Peers(0);

    /// The set of one connection; empty if there can be no such index.
    pub fn one(idx: u32) -> Peers {
        Peers(1u16.checked_shl(idx).unwrap_or(0))
    }

    /// Whether `idx` is in the set.
    pub fn contains(self, idx: u32) -> bool {
        Peers::one(idx).0 & self.0 != 0
    }

    /// Whether nobody is in the set.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The indices in the set, ascending.
    pub fn iter(self) -> impl Iterator<Item = u32> {
        (0..CLIENT_MAX).filter(move |&idx| self.contains(idx))
    }
}

impl BitOr for Peers {
    type Output = Peers;

    fn bitor(self, other: Peers) -> Peers {
        Peers(self.0 | other.0)
    }
}

impl BitAnd for Peers {
    type Output = Peers;

    fn bitand(self, other: Peers) -> Peers {
        Peers(self.0 & other.0)
    }
}

impl Not for Peers {
    type Output = Peers;

    fn not(self) -> Peers {
        Peers(!self.0)
    }
}

impl fmt::Display for Peers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (at, idx) in self.iter().enumerate() {
            write!(f, "{}{idx}", if at == 0 { "" } else { " " })?;
        }
        f.write_str("}")
    }
}

/// Whom to signal, as the `notify` register takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Targets(pub u32);

impl Targets {
    /// Every attached connection but one's own.
    pub const ALL: Targets = Targets(u32::MAX);
}

impl From<Peers> for Targets {
    fn from(peers: Peers) -> Targets {
        Targets(u32::from(peers.0))
    }
}

/// A reading of the `status` register: who signalled, who is attached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status {
    /// Connections that signalled since the last reading.
    pub pending: Peers,
    /// Connections that are attached now.
    pub active: Peers,
}

impl From<u32> for Status {
    fn from(register: u32) -> Status {
        let [p0, p1, a0, a1] = register.to_le_bytes();
        Status {
            pending: Peers(u16::from_le_bytes([p0, p1])),
            active: Peers(u16::from_le_bytes([a0, a1])),
        }
    }
}

/// What a guest may do with a region's data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read it; stage 2 refuses stores.
    Read,
    /// Read and write it.
    ReadWrite,
}

/// What the device said of an attachment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// The region's name.
    pub name: String,
    /// The region's true size in pages.
    pub pages: u32,
    /// One's own index.
    pub idx: u32,
    /// Guest-physical address of the first data page.
    pub gpa: u64,
    /// The device's interrupt number.
    pub vector: u32,
    /// Which birth of a region this is; 0 if the device cannot tell.
    pub generation: u32,
    /// What this guest may do with the data.
    pub access: Access,
}

impl Attachment {
    /// The region's true size in bytes.
    pub fn bytes(&self) -> u64 {
        u64::from(self.pages) * PAGE_SIZE
    }
}

/// Something that attaches regions.
pub trait Device {
    /// An attached region.
    type Region: Region;

    /// Creates the region `name` with `pages` pages, or joins it. With 0 pages it only
    /// joins. May take as long as cleaning memory takes.
    ///
    /// # Errors
    /// [`Error::NoRegion`] if there is none to join; [`Error::Refused`] with the device's status; [`Error::NoDevice`] and
    /// [`Error::Os`] if there was no getting at the device. None leaves anything behind.
    fn attach(&self, name: &str, pages: u32) -> Result<Self::Region, Error>;
}

/// An attached region, detached when dropped.
pub trait Region {
    /// What the device said of it.
    fn attachment(&self) -> &Attachment;

    /// The data, all of it. Stays readable for as long as this value lives, also
    /// when peers leave.
    fn words(&self) -> &[AtomicU64];

    /// Signals `targets`; absent ones are ignored. What was stored to the data
    /// before is visible to a target that then reads its status.
    ///
    /// # Errors
    /// [`Error::Os`] if the driver refused.
    fn notify(&self, targets: Targets) -> Result<(), Error>;

    /// Waits until there is a status that was not read yet, for `timeout` at most,
    /// and takes it. `None` when the time is up.
    ///
    /// # Errors
    /// [`Error::Dropped`] if the device ended the connection; [`Error::Os`] if the
    /// driver refused.
    fn wait(&self, timeout: Duration) -> Result<Option<Status>, Error>;

    /// The oldest event that was not taken yet. After a status was read, each peer's last
    /// one is there, and what is not is counted in [`Event::lost`].
    ///
    /// # Errors
    /// As [`Region::wait`].
    fn next_event(&self) -> Result<Option<Event>, Error>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_register_splits_into_pending_and_active() {
        let status = Status::from(0x8005_0002);
        assert_eq!(status.pending, Peers(0x0002));
        assert_eq!(status.active, Peers(0x8005));
        assert_eq!(status.active.to_string(), "{0 2 15}");
    }

    #[test]
    fn an_index_beyond_the_last_is_in_no_set() {
        assert!(Peers::one(16).is_empty());
        assert!(!Peers(u16::MAX).contains(32));
    }
}
