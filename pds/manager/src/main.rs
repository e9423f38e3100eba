// SPDX-License-Identifier: BSD-2-Clause

//! The manager protection domain: see the library.

#![cfg_attr(target_os = "none", no_std, no_main)]

/// The manager's tables live on the stack, and copies while they are made.
#[cfg(target_os = "none")]
#[sel4_microkit::protection_domain(stack_size = 0x40000)]
fn init() -> impl sel4_microkit::Handler {
    match manager::handler() {
        Ok(handler) => handler,
        Err(error) => panic!("manager cannot start: {error}"),
    }
}

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("manager is a protection domain: build it for aarch64-unknown-none");
}
