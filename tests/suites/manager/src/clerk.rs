// SPDX-License-Identifier: BSD-2-Clause

//! A host that the manifest appoints, with the right to look and no other.
//!
//! It asks one thing after the other and judges the answers; its last line is
//! `CHECK clerk: pass`, or says what was wrong.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
