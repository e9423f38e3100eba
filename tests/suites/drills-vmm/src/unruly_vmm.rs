// SPDX-License-Identifier: BSD-2-Clause

//! A VMM like any other, until its guest stores to one of two addresses: then it asks
//! the server nonsense and what only the manager may ask, while its guest is attached;
//! or it faults, now and whenever it is restarted.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
