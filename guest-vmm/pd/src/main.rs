// SPDX-License-Identifier: BSD-2-Clause

//! The guest-vmm protection domain: see the library.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
#[sel4_microkit::protection_domain(stack_size = 0x20000, heap_size = 0x20000)]
fn init() -> impl sel4_microkit::Handler {
    match guest_vmm_pd::handler() {
        Ok(handler) => handler,
        Err(error) => panic!("guest-vmm cannot start: {error}"),
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("guest-vmm is a protection domain: build it for aarch64-unknown-none");
}
