// SPDX-License-Identifier: BSD-2-Clause

//! The guest-vmm protection domain, but its `main`.
//!
//! Wiring only: what is decided is in `guest-vmm`. One ELF file serves every
//! guest; its configuration blob says which. The heap is used while the guest
//! is loaded (device tree, configuration) and not afterwards.
//!
//! A library, so that a VMM with something added (a suite's, that faults when it is
//! asked to) is the same program around the same parts.

#![cfg_attr(target_os = "none", no_std)]

#[cfg(target_os = "none")]
extern crate alloc;

#[cfg(target_os = "none")]
mod handler;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod setup;

#[cfg(target_os = "none")]
pub use handler::Handler;
#[cfg(target_os = "none")]
pub use setup::handler;
