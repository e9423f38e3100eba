// SPDX-License-Identifier: BSD-2-Clause

//! The host-demo protection domain: wiring only.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("host-demo is a protection domain: build it for aarch64-unknown-none");
}
