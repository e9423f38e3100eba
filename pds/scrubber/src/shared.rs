// SPDX-License-Identifier: BSD-2-Clause

//! Memory that the system description maps here: the one place, besides
//! [`crate::cache`], with `unsafe`.

use crate::cache::MappedSlot;
use core::{mem::align_of, ptr, slice};
use tombolo_config::Mapping;
use tombolo_pages::scrub::ScrubPage;

/// The server's page. `None`: the address is 0 or misaligned.
pub fn page(address: u64) -> Option<&'static ScrubPage> {
    let address = usize::try_from(address).ok()?;
    if address == 0 || !address.is_multiple_of(align_of::<ScrubPage>()) {
        return None;
    }
    let pointer = ptr::with_exposed_provenance::<ScrubPage>(address);
    // SAFETY: the configuration is as trusted as this program: its writer mapped the
    // page there. It is aligned, all atomics, and any content is a value.
    Some(unsafe { &*pointer })
}

/// A slot. `None`: its mapping makes no sense.
pub fn slot(mapping: &Mapping) -> Option<MappedSlot> {
    // SAFETY: the configuration is as trusted as this program: its writer mapped the
    // slot there, cached and writable; slots hold guests' data only.
    unsafe { MappedSlot::new(mapping) }
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
