// SPDX-License-Identifier: BSD-2-Clause

//! Traces: from a dump on the serial line to text and to a file for Perfetto.
//!
//! The dump is described in `docs/interfaces/trace.md`. All rings have one clock, so
//! their records make one timeline.

mod dump;
mod json;
mod perfetto;
mod text;

#[cfg(test)]
mod tests;

pub use dump::{Collector, Dump, DumpError, Track};
pub use perfetto::perfetto;
pub use text::text;

use tombolo::manifest::Manifest;

/// Whose trace a client's doings are in, by client number: a guest's VMM, a host.
pub fn clients(manifest: &Manifest) -> Vec<String> {
    let guest = |name: &str| {
        manifest
            .guests
            .iter()
            .any(|guest| guest.name.get_ref() == name)
    };
    manifest
        .clients()
        .map(|(name, _)| name.get_ref().as_str())
        .map(|name| {
            if guest(name) {
                format!("vmm-{name}")
            } else {
                name.to_owned()
            }
        })
        .collect()
}
