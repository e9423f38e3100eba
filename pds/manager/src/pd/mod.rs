// SPDX-License-Identifier: BSD-2-Clause

//! The protection domain, but its `main`: wiring of pages, channels and children.
//!
//! In the library, so that a manager with something added (a suite's, that faults when
//! it is told to) is the same program around the same parts.

mod asker;
mod handler;
mod log;
mod raw;
mod vmm;
mod world;

pub use handler::{Handler, handler};
