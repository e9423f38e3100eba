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
