// SPDX-License-Identifier: BSD-2-Clause

//! The scrubber protection domain: it cleans slots.
//!
//! Cleaning 128 MB takes long, so it is nobody's caller time: the scrubber runs
//! below all virtual machine monitors and above all virtual CPUs, with a budget
//! smaller than its period. A spinning guest cannot keep a slot dirty for ever,
//! and cleaning cannot keep a guest from running.
//!
//! It maps every slot, at any time, and speaks to the server only, by shared words
//! and notifications. It calls nobody.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod cache;
#[cfg(target_os = "none")]
mod handler;
#[cfg(target_os = "none")]
mod slot;

/// Its configuration has 2 KiB of slots, copied while it is read.
#[cfg(target_os = "none")]
#[sel4_microkit::protection_domain(stack_size = 0x8000)]
fn init() -> impl sel4_microkit::Handler {
    match handler::Handler::new() {
        Ok(handler) => handler,
        Err(error) => panic!("scrubber cannot start: {error}"),
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("scrubber is a protection domain: build it for aarch64-unknown-none");
}
