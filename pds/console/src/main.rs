// SPDX-License-Identifier: BSD-2-Clause

//! The console protection domain: wiring of rings, UART, channels
//! and the manager's mailbox.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
mod manager;
#[cfg(target_os = "none")]
mod pd;
#[cfg(target_os = "none")]
mod uart;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("console is a protection domain: build it for aarch64-unknown-none");
}
