// SPDX-License-Identifier: BSD-2-Clause

//! Quotas: what a client may have must be something that can be had.

use crate::manifest::{Manifest, Shmem};
use crate::size::{PAGE, Size};
use tombolo_image::diagnostic::Diagnostic;

/// Checks the quotas of all clients.
pub fn check(manifest: &Manifest, found: &mut Vec<Diagnostic>) {
    for (_, shmem) in manifest.clients() {
        memory(shmem, found);
    }
}

/// The server counts pages: part of one would silently be none.
fn memory(shmem: &Shmem, found: &mut Vec<Diagnostic>) {
    let Some(memory) = &shmem.max_memory else {
        return;
    };
    let bytes = memory.get_ref().0;
    if bytes.is_multiple_of(PAGE) {
        return;
    }
    let better = bytes.checked_next_multiple_of(PAGE);
    found.push(
        Diagnostic::error(format!("`max_memory` cannot be {}", memory.get_ref()))
            .at(
                &memory.span(),
                "regions are made of pages: a multiple of 4K",
            )
            .help_if(better.map(|bytes| format!("write \"{}\"", Size(bytes)))),
    );
}
