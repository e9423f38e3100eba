// SPDX-License-Identifier: BSD-2-Clause

//! Offsets and constants of the register interface (reference page "guest_shm").

use core::ops::Range;

/// First word of the factory page.
pub const SIGNATURE: u64 = 0x4d53_4732_474d_5651;

/// Bytes of a page of registers.
pub(super) const PAGE: u64 = 0x1000;

// Factory page.
pub(super) const SIGNATURE_AT: usize = 0x00;
pub(super) const SHMEM_AT: usize = 0x08;
pub(super) const VECTOR_AT: usize = 0x10;
pub(super) const STATUS_AT: usize = 0x14;
pub(super) const SIZE: Range<u64> = 0x18..0x1c;
pub(super) const NAME: Range<u64> = 0x1c..0x3c;
pub(super) const FIND: Range<u64> = 0x3c..0x40;
/// Bytes of the factory page that are defined.
pub(super) const FACTORY_BYTES: usize = 0x40;

// Control page.
pub(super) const CONTROL_STATUS: Range<u64> = 0x00..0x04;
pub(super) const CONTROL_INDEX_AT: usize = 0x04;
pub(super) const CONTROL_NOTIFY: Range<u64> = 0x08..0x0c;
pub(super) const CONTROL_DETACH: Range<u64> = 0x0c..0x10;
/// Bytes of the control page that are defined.
pub(super) const CONTROL_BYTES: usize = 0x10;

/// Whether an access of `bytes` at `offset` touches `field`.
pub(super) fn touches(field: &Range<u64>, offset: u64, bytes: u64) -> bool {
    offset < field.end && field.start < offset.saturating_add(bytes)
}

/// Whether it covers all of `field`.
pub(super) fn covers(field: &Range<u64>, offset: u64, bytes: u64) -> bool {
    offset <= field.start && field.end <= offset.saturating_add(bytes)
}

/// Whether it lies in `field`.
pub(super) fn within(field: &Range<u64>, offset: u64, bytes: u64) -> bool {
    field.start <= offset && offset.saturating_add(bytes) <= field.end
}

/// A load of `bytes` at `offset` from a page whose first bytes are `image`;
/// beyond them it is 0.
pub(super) fn load(image: &[u8], offset: u64, bytes: u64) -> u64 {
    let mut value = [0; 8];
    for (n, byte) in value.iter_mut().enumerate().take(bytes as usize) {
        *byte = image.get(offset as usize + n).copied().unwrap_or(0);
    }
    u64::from_le_bytes(value)
}

/// The bytes of a store, each with its offset in the page.
pub(super) fn stored_bytes(offset: u64, bytes: u64, value: u64) -> impl Iterator<Item = (u64, u8)> {
    (offset..).zip(value.to_le_bytes()).take(bytes as usize)
}

// Feature registers, on both pages (docs/interfaces/guest-shm.md).

/// Where they start.
pub(super) const FEATURES: u64 = 0x800;
/// The name that both pages show: of the region listed, of the region.
pub(super) const SHOWN_NAME: Range<u64> = 0x860..0x880;
/// First word of them: `tombolo` and a NUL.
pub(super) const FEATURE_MAGIC: u64 = u64::from_le_bytes(*b"tombolo\0");
/// Version of what follows.
pub(super) const FEATURE_VERSION: u32 = 2;
/// What there is: usage and reasons, list, inspection, muting, records, counters,
/// the last inspection again.
pub(super) const FEATURE_SET: u32 = 0x7f;

// Factory page, from FEATURES.
pub(super) const REASON_AT: usize = 0x10;
/// Reasons that the device itself finds; the others are the server's.
pub(super) const REASON_ILLEGAL_NAME: u32 = 1;
/// One of the server's.
pub(super) const REASON_SIZE_0: u32 = 5;
pub(super) const REASON_STILL_CLEANING: u32 = 18;
pub(super) const CONNECTIONS_AT: usize = 0x14;
pub(super) const MAX_CONNECTIONS_AT: usize = 0x18;
pub(super) const REGIONS_AT: usize = 0x1c;
pub(super) const MAX_REGIONS_AT: usize = 0x20;
pub(super) const BYTES_AT: usize = 0x28;
pub(super) const MAX_BYTES_AT: usize = 0x30;
/// What a load of calls for [`shmem_server_api::Request::Usage`].
pub(super) const USAGE: Range<u64> = 0x810..0x838;
pub(super) const LAST_GENERATION_AT: usize = 0x38;
pub(super) const LAST_ACCESS_AT: usize = 0x3c;
pub(super) const LIST: Range<u64> = 0x840..0x844;
pub(super) const LIST_NTH_AT: usize = 0x40;
pub(super) const LIST_STATUS_AT: usize = 0x44;
pub(super) const LIST_PAGES_AT: usize = 0x48;
pub(super) const LIST_GENERATION_AT: usize = 0x4c;
pub(super) const LIST_ACTIVE_AT: usize = 0x50;
pub(super) const LIST_INDEX_AT: usize = 0x54;
pub(super) const LIST_NAME_AT: usize = 0x60;
pub(super) const FACTORY_FEATURE_BYTES: usize = 0x80;

// Control page, from FEATURES.
pub(super) const GENERATION_AT: usize = 0x10;
pub(super) const SERIAL_AT: usize = 0x14;
pub(super) const PAGES_AT: usize = 0x18;
pub(super) const ACCESS_AT: usize = 0x1c;
pub(super) const UNREAD_AT: usize = 0x20;
pub(super) const MAY_SIGNAL_AT: usize = 0x24;
pub(super) const MUTE_AT: usize = 0x28;
pub(super) const ONE_SHOT_AT: usize = 0x2c;
pub(super) const PEEK_AT: usize = 0x34;
pub(super) const COUNTERS_AT: usize = 0x40;
pub(super) const REGION_NAME_AT: usize = 0x60;
pub(super) const RECORDS_AT: usize = 0x100;
pub(super) const CONTROL_FEATURE_BYTES: usize = 0x280;
/// What a load of takes a new inspection, in two pieces; a load of the records, or of
/// the same fields further up, shows the last one taken.
pub(super) const INSPECTED: [Range<u64>; 2] = [0x810..0x828, 0x840..0x880];
pub(super) const RECORDS: Range<u64> = 0x900..0xa00;
pub(super) const HELD: Range<u64> = 0xa00..0xa80;
/// How far up those fields are shown again.
pub(super) const HELD_AT: usize = 0x200;
pub(super) const MUTE: Range<u64> = 0x828..0x82c;
pub(super) const ONE_SHOT: Range<u64> = 0x82c..0x830;
pub(super) const REARM: Range<u64> = 0x830..0x834;

/// Numbers of the access registers.
pub(super) const ACCESS_READ: u32 = 1;
pub(super) const ACCESS_READ_WRITE: u32 = 3;

/// Fields into the image of a block of registers. What does not fit is left out.
pub(super) struct Image<'a>(pub(super) &'a mut [u8]);

impl Image<'_> {
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) {
        if let Some(place) = self.0.get_mut(at..at + bytes.len()) {
            place.copy_from_slice(bytes);
        }
    }

    pub(super) fn put32(&mut self, at: usize, value: u32) {
        self.put(at, &value.to_le_bytes());
    }

    /// Magic, version, set of features.
    pub(super) fn head(&mut self) {
        self.put(0, &FEATURE_MAGIC.to_le_bytes());
        self.put32(8, FEATURE_VERSION);
        self.put32(12, FEATURE_SET);
    }
}

/// A 32-bit field after a store: the bytes stored in their places, 0 elsewhere.
pub(super) fn stored_word(field: &Range<u64>, offset: u64, bytes: u64, value: u64) -> u32 {
    let mut word = [0; 4];
    for (at, byte) in stored_bytes(offset, bytes, value) {
        if field.contains(&at) {
            // In range: below the field's four bytes.
            word[(at - field.start) as usize] = byte;
        }
    }
    u32::from_le_bytes(word)
}
