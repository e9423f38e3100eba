// SPDX-License-Identifier: BSD-2-Clause

//! What the device remembers: the factory's registers and its connections.

use super::registers::{
    FACTORY_BYTES, FIND, NAME, SHMEM_AT, SIGNATURE, SIGNATURE_AT, SIZE, STATUS_AT, VECTOR_AT,
    covers, stored_bytes,
};
use shmem_server_api::name::NAME_FIELD;
use shmem_server_api::{RegionName, Status};

/// A connection of this guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Connection {
    /// Slot number.
    pub(super) slot: u16,
    /// Handle at the server, and word on the board; [`ENDED`] when it has none.
    pub(super) handle: u8,
    /// Connection index in the region.
    pub(super) index: u8,
    /// The region's birth.
    pub(super) generation: u32,
    /// Peers that are muted as soon as a signal of theirs was read.
    pub(super) one_shot: u16,
    /// The manager ended it, its handle is another's now, and the guest does not
    /// know: the line is high until it reads the status.
    pub(super) end_unread: bool,
}

/// The handle of a connection that the manager ended. Its page goes on answering
/// until the guest detaches it: nobody is in the region, not the guest itself either.
pub(super) const ENDED: u8 = u8::MAX;

/// An attach that waits for a slot to be cleaned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Waiting {
    pub(super) name: RegionName,
    /// Counter value at which it has lasted too long.
    pub(super) until: u64,
    /// The server has notified since: asking again may help.
    pub(super) notified: bool,
}

/// What a store asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) attach: bool,
    pub(super) find: bool,
}

/// Registers of the factory page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Factory {
    pub(super) shmem: u64,
    pub(super) vector: u32,
    pub(super) status: Status,
    pub(super) size: u32,
    pub(super) name: [u8; NAME_FIELD],
    pub(super) find: u32,
}

impl Factory {
    pub(super) fn new(vector: u32) -> Self {
        Self {
            shmem: 0,
            vector,
            status: Status::Ok,
            size: 0,
            name: [0; NAME_FIELD],
            find: 0,
        }
    }

    /// The page as a load sees it.
    pub(super) fn image(&self) -> [u8; FACTORY_BYTES] {
        let mut image = [0; FACTORY_BYTES];
        let mut put = |at: usize, bytes: &[u8]| image[at..at + bytes.len()].copy_from_slice(bytes);
        put(SIGNATURE_AT, &SIGNATURE.to_le_bytes());
        put(SHMEM_AT, &self.shmem.to_le_bytes());
        put(VECTOR_AT, &self.vector.to_le_bytes());
        put(STATUS_AT, &self.status.code().to_le_bytes());
        put(SIZE.start as usize, &self.size.to_le_bytes());
        put(NAME.start as usize, &self.name);
        put(FIND.start as usize, &self.find.to_le_bytes());
        image
    }

    /// Takes the bytes of a store into the registers that can be written.
    pub(super) fn store(&mut self, offset: u64, bytes: u64, value: u64) -> Asked {
        for (at, byte) in stored_bytes(offset, bytes, value) {
            if SIZE.contains(&at) {
                self.size = with_byte(self.size, at - SIZE.start, byte);
            } else if NAME.contains(&at) {
                // In range: the name field's offset is below its length.
                self.name[(at - NAME.start) as usize] = byte;
            } else if FIND.contains(&at) {
                self.find = with_byte(self.find, at - FIND.start, byte);
            }
        }
        Asked {
            attach: covers(&SIZE, offset, bytes),
            find: covers(&FIND, offset, bytes),
        }
    }

    /// Loads the name field from a region's name.
    pub(super) fn set_name(&mut self, name: &RegionName) {
        self.name = [0; NAME_FIELD];
        for (to, from) in self.name.iter_mut().zip(name.as_str().bytes()) {
            *to = from;
        }
    }
}

fn with_byte(word: u32, position: u64, byte: u8) -> u32 {
    let mut bytes = word.to_le_bytes();
    if let Some(place) = bytes.get_mut(position as usize) {
        *place = byte;
    }
    u32::from_le_bytes(bytes)
}
