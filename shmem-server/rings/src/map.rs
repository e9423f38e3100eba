// SPDX-License-Identifier: BSD-2-Clause

//! From a mapped address to a view: the one place with unsafe code.
//!
//! Rules: alignment and length are checked here; that the memory is mapped, and
//! stays so, is the caller's promise.

#![allow(unsafe_code)]

use core::slice;

use crate::word::{ReadOnly, Shared, WORD_BYTES, Word};

/// Why an address does not make a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MapError {
    /// The address is null.
    #[error("the address is null: map the region first")]
    Null,
    /// The address is not a multiple of 8.
    #[error("address {0:#x} is not a multiple of 8")]
    Alignment(usize),
    /// The length is not a multiple of 8, or more than half the address space.
    #[error("{0} bytes are no length of a view: give a multiple of 8")]
    Length(usize),
}

fn check(address: *const u8, bytes: usize) -> Result<usize, MapError> {
    if address.is_null() {
        return Err(MapError::Null);
    }
    if !address.addr().is_multiple_of(WORD_BYTES) {
        return Err(MapError::Alignment(address.addr()));
    }
    if !bytes.is_multiple_of(WORD_BYTES) || bytes > isize::MAX.unsigned_abs() {
        return Err(MapError::Length(bytes));
    }
    Ok(bytes / WORD_BYTES)
}

/// The view of `bytes` bytes mapped read-write at `address`.
///
/// # Errors
///
/// [`MapError`] if the address is null or not 8-aligned, or the length no multiple
/// of 8.
///
/// # Safety
///
/// For all of `'a` the range is mapped, readable and writable, as normal cacheable
/// memory, and this program touches it by atomic accesses only. Others may do with
/// it as they like.
pub unsafe fn map_shared<'a>(address: *mut u8, bytes: usize) -> Result<Shared<'a>, MapError> {
    let words = check(address, bytes)?;
    // SAFETY: non-null, aligned and of this length by `check`; mapped for `'a` and
    // accessed atomically by the caller's promise. Every bit pattern is a `Word`,
    // and a `Word` may change under a shared reference.
    Ok(Shared::new(unsafe {
        slice::from_raw_parts(address.cast::<Word>(), words)
    }))
}

/// The view of `bytes` bytes mapped at `address`, perhaps read-only.
///
/// # Errors
///
/// As for [`map_shared`].
///
/// # Safety
///
/// As for [`map_shared`], but the range need not be writable.
pub unsafe fn map_read_only<'a>(
    address: *const u8,
    bytes: usize,
) -> Result<ReadOnly<'a>, MapError> {
    let words = check(address, bytes)?;
    // SAFETY: as in `map_shared`; `ReadOnly` stores nothing and loads relaxed.
    Ok(ReadOnly::new(unsafe {
        slice::from_raw_parts(address.cast::<Word>(), words)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_aligned_addresses_and_lengths_make_a_view() {
        let words = [const { Word::new(0) }; 4];
        let address = words.as_ptr().cast_mut().cast::<u8>();
        // SAFETY: `words` outlives the views, and its words are atomics.
        unsafe {
            assert_eq!(map_shared(address, 32).map(Shared::words), Ok(4));
            assert_eq!(map_read_only(address, 24).map(ReadOnly::words), Ok(3));
            assert!(matches!(
                map_shared(address.wrapping_add(4), 8),
                Err(MapError::Alignment(_))
            ));
            assert!(matches!(map_shared(address, 12), Err(MapError::Length(12))));
            assert!(matches!(
                map_read_only(core::ptr::null(), 8),
                Err(MapError::Null)
            ));
        }
    }
}
