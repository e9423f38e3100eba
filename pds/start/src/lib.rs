// SPDX-License-Identifier: BSD-2-Clause

//! How a protection domain takes its configuration and shared pages.
//!
//! Everything that turns an address from the configuration blob into a reference
//! is here, once. The blob comes from the system's builder and is as trusted as
//! the ELF file: its addresses are where the generator mapped regions of those
//! layouts. What is checked all the same (zero, alignment, channel range) turns a
//! generator's mistake into a message instead of a fault.

#![no_std]

#[cfg(target_os = "none")]
mod configuration;
#[cfg(target_os = "none")]
pub mod counter;
#[cfg(target_os = "none")]
mod error;
#[cfg(target_os = "none")]
mod shared;
#[cfg(target_os = "none")]
mod trace;

#[cfg(target_os = "none")]
pub use configuration::{channel, configuration};
#[cfg(target_os = "none")]
pub use error::StartError;
#[cfg(target_os = "none")]
pub use shared::{SharedLayout, shared};
#[cfg(target_os = "none")]
pub use trace::{trace_of, tracer};
