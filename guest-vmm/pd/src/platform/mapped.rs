// SPDX-License-Identifier: BSD-2-Clause

//! Memory that the system description maps here.

use core::mem::{align_of, size_of};
use core::{ptr, slice};
use shmem_server_api::Board;
use tombolo_config::Mapping;
use tombolo_pages::deadline::DeadlinePage;
use tombolo_pages::guest_status::{GuestOrder, GuestStatus};
use tombolo_pages::ring::{InputRing, OutputRing};

/// A layout whose every bit pattern is a value and whose every word is an atomic.
///
/// # Safety
/// Holds of the implementing type; see `tombolo_pages` and `shmem_server_api::board`.
pub unsafe trait SharedLayout: 'static {}

// SAFETY: `AtomicU32` and `AtomicU8` only.
unsafe impl SharedLayout for OutputRing {}
// SAFETY: `AtomicU32` and `AtomicU8` only.
unsafe impl SharedLayout for InputRing {}
// SAFETY: an array of `AtomicU64`.
unsafe impl SharedLayout for Board {}
// SAFETY: `AtomicU64` only.
unsafe impl SharedLayout for DeadlinePage {}
// SAFETY: `AtomicU32` only.
unsafe impl SharedLayout for GuestStatus {}
// SAFETY: `AtomicU32` only.
unsafe impl SharedLayout for GuestOrder {}

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
    // mapped there for ever (read-only where only the peer writes). It is aligned
    // (above), any content is a value and only changes through atomics.
    Some(unsafe { &*pointer })
}

/// A file that the image tool put into a region: kernel, initial RAM disk.
pub fn file(mapping: Mapping) -> Option<&'static [u8]> {
    let address = usize::try_from(mapping.address).ok().filter(|&a| a != 0)?;
    let size = usize::try_from(mapping.size)
        .ok()
        .filter(|&s| isize::try_from(s).is_ok())?;
    let pointer = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: as in `layout`; the region holds the file, is mapped read-only
    // wherever it is mapped, and nobody writes it.
    Some(unsafe { slice::from_raw_parts(pointer, size) })
}

/// The configuration blob. `None`: this program was not given one.
pub fn raw_configuration() -> Option<&'static [u8]> {
    let address = *sel4_microkit::var!(config_address: usize = 0);
    let size = *sel4_microkit::var!(config_size: usize = 0);
    file(Mapping {
        address: address as u64,
        size: size as u64,
    })
    .filter(|blob| !blob.is_empty())
}
