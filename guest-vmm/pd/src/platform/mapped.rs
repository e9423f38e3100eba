// SPDX-License-Identifier: BSD-2-Clause

//! Files that the system description maps here.

use core::{ptr, slice};
use tombolo_config::Mapping;

/// A file that the image tool put into a region: kernel, initial RAM disk.
pub fn file(mapping: Mapping) -> Option<&'static [u8]> {
    let address = usize::try_from(mapping.address).ok().filter(|&a| a != 0)?;
    let size = usize::try_from(mapping.size)
        .ok()
        .filter(|&s| isize::try_from(s).is_ok())?;
    let pointer = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the configuration is as trusted as this program: the generator wrote
    // it together with the maps. The region holds the file, is mapped read-only
    // wherever it is mapped, and nobody writes it.
    Some(unsafe { slice::from_raw_parts(pointer, size) })
}
