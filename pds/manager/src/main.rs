// SPDX-License-Identifier: BSD-2-Clause

//! The manager protection domain: wiring of pages, channels and children.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("manager is a protection domain: build it for aarch64-unknown-none");
}
