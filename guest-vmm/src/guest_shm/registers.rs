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
