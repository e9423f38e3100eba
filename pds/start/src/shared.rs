// SPDX-License-Identifier: BSD-2-Clause

//! Shared pages by address.

use crate::StartError;
use core::{mem::align_of, ptr};
use shmem_server_api::Board;
use tombolo_pages::{
    deadline::DeadlinePage,
    guest_status::{GuestOrder, GuestStatus},
    mailbox::Mailbox,
    ring::Ring,
    scrub::ScrubPage,
};

/// A layout that may lie in memory which others write at any moment.
///
/// # Safety
///
/// All fields are atomics, and every bit pattern is a value.
pub unsafe trait SharedLayout {}

// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for DeadlinePage {}
// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for GuestStatus {}
// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for GuestOrder {}
// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for Mailbox {}
// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for ScrubPage {}
// SAFETY: atomics only (see the type).
unsafe impl SharedLayout for Board {}
// SAFETY: atomics only (see the type).
unsafe impl<const N: usize> SharedLayout for Ring<N> {}

/// The page at `address`, called `what` in messages. Errors:
/// [`StartError::Address`] if it is 0 or misaligned.
pub fn shared<T: SharedLayout>(what: &'static str, address: u64) -> Result<&'static T, StartError> {
    let wrong = StartError::Address(what, address);
    let plain = usize::try_from(address).map_err(|_| wrong)?;
    if plain == 0 || !plain.is_multiple_of(align_of::<T>()) {
        return Err(wrong);
    }
    let pointer = ptr::with_exposed_provenance::<T>(plain);
    // SAFETY: the generator maps a region of that layout at the address that it put
    // into the blob, for this domain's whole life; it is aligned, and by `SharedLayout`
    // any content is a value and other writers are no data race.
    Ok(unsafe { &*pointer })
}
