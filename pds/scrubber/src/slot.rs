// SPDX-License-Identifier: BSD-2-Clause

//! A slot's memory, as the configuration names it.

use crate::cache::MappedSlot;
use tombolo_config::Mapping;

/// The slot. `None`: its mapping makes no sense.
pub fn slot(mapping: &Mapping) -> Option<MappedSlot> {
    // SAFETY: the configuration is as trusted as this program: its writer mapped the
    // slot there, cached and writable; slots hold guests' data only.
    unsafe { MappedSlot::new(mapping) }
}
