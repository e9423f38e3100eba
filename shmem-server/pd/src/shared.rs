// SPDX-License-Identifier: BSD-2-Clause

//! Memory that the system description maps here: the one place with `unsafe`.

use core::mem::{align_of, size_of};
use core::{ptr, slice};

/// A layout whose every bit pattern is a value and whose every word is an atomic.
///
/// # Safety
/// Holds of the implementing type; see `tombolo_pages` and `shmem_server_api::board`.
pub unsafe trait SharedLayout: 'static {}

// SAFETY: an array of `AtomicU64`.
unsafe impl SharedLayout for shmem_server_api::Board {}
// SAFETY: pairs of `AtomicU32`.
unsafe impl SharedLayout for tombolo_pages::scrub::ScrubPage {}
// SAFETY: `AtomicU32` and `AtomicU8` only.
unsafe impl SharedLayout for tombolo_pages::ring::OutputRing {}

/// The layout at `address` of this protection domain's address space. `None`:
/// the address is 0 or misaligned, so the configuration is wrong.
pub fn layout<T: SharedLayout>(address: u64) -> Option<&'static T> {
    let address = usize::try_from(address).ok()?;
    if address == 0 || !address.is_multiple_of(align_of::<T>()) || size_of::<T>() == 0 {
        return None;
    }
    let pointer = ptr::with_exposed_provenance::<T>(address);
    // SAFETY: the configuration is as trusted as this program: the generator wrote
    // it together with the maps, so a region at least as large as the layout is
    // mapped there, for writing, for ever. It is aligned (above), any content is a
    // value and is only changed through atomics (`SharedLayout`).
    Some(unsafe { &*pointer })
}

/// The configuration blob. `None`: this program was not given one.
pub fn configuration() -> Option<&'static [u8]> {
    let address = *sel4_microkit::var!(config_address: usize = 0);
    let size = *sel4_microkit::var!(config_size: usize = 0);
    if address == 0 || size == 0 {
        return None;
    }
    let pointer = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the tool patched both symbols from the map of a region that it filled
    // with `size` bytes, mapped read-only here and written by nobody.
    Some(unsafe { slice::from_raw_parts(pointer, size) })
}
