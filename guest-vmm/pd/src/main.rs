// SPDX-License-Identifier: BSD-2-Clause

//! The guest-vmm protection domain.
//!
//! Wiring only: what is decided is in `guest-vmm`. One ELF file serves every
//! guest; its configuration blob says which. The heap is used while the guest
//! is loaded (device tree, configuration) and not afterwards.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
extern crate alloc;

#[cfg(target_os = "none")]
mod handler;
#[cfg(target_os = "none")]
mod platform;
#[cfg(target_os = "none")]
mod setup;

#[cfg(target_os = "none")]
#[sel4_microkit::protection_domain(stack_size = 0x20000, heap_size = 0x20000)]
fn init() -> impl sel4_microkit::Handler {
    match setup::handler() {
        Ok(handler) => handler,
        Err(error) => panic!("guest-vmm cannot start: {error}"),
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("guest-vmm is a protection domain: build it for aarch64-unknown-none");
}
