// SPDX-License-Identifier: BSD-2-Clause

//! What must hold of a system as a whole.

mod channels;
mod limits;
mod maps;
mod names;
mod physical;
mod programs;

pub use programs::load_programs;

use crate::diagnostic::Diagnostic;
use crate::system::System;

/// Checks everything but the programs; resolves names; raises page sizes.
pub fn check(system: &mut System, diagnostics: &mut Vec<Diagnostic>) {
    names::check(system, diagnostics);
    maps::resolve(system, diagnostics);
    maps::raise_page_sizes(system);
    maps::check(system, diagnostics);
    channels::check(system, diagnostics);
    physical::check(system, diagnostics);
    limits::check(system, diagnostics);
    physical::warn_long_prefill(system);
    maps::warn_unused(system);
}
