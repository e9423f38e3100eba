// SPDX-License-Identifier: BSD-2-Clause

//! Everything wrong with a manifest, found in one run.
//!
//! What the generated `.system` file must satisfy whoever wrote it is checked by
//! [`crate::rules`]; here is what only the manifest can show the place of.

mod batch;
mod files;
mod guests;
mod limits;
mod manage;
mod names;
mod pools;
mod quotas;
mod rights;
mod withhold;

use crate::manifest::Manifest;
use std::path::PathBuf;
use tombolo_image::diagnostic::Diagnostic;

/// Checks `manifest`; files are looked for in `search`, unless it is `None`.
/// `read_well`: reading it found nothing wrong.
pub fn check(manifest: &Manifest, search: Option<&[PathBuf]>, read_well: bool) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    names::check(manifest, &mut found);
    guests::check(manifest, &mut found);
    batch::check(manifest, &mut found);
    pools::check(manifest, &mut found);
    withhold::check(manifest, &mut found);
    quotas::check(manifest, &mut found);
    manage::check(manifest, read_well, &mut found);
    rights::check(manifest, &mut found);
    if read_well && found.is_empty() {
        rights::unused(manifest, &mut found);
    }
    if let Some(search) = search {
        files::check(manifest, search, &mut found);
    }
    limits::check(manifest, search.unwrap_or_default(), &mut found);
    found
}
