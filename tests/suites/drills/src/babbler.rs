// SPDX-License-Identifier: BSD-2-Clause

//! A host that asks the server nonsense: every label, any length, any words.
//!
//! The server lies above everybody and runs on the babbler's time: whatever it is
//! asked, it has to answer, to refuse, and to go on. First it asks to drop, quarantine,
//! evict and revoke everybody else, which must be refused each time, and then something
//! innocent, far beyond its pace. After that a little nonsense each millisecond, so that
//! the others' transfers go on meanwhile. At the end, after a while of silence, a good
//! request must still be served; then the babbler says `CHECK nonsense: pass`, or what
//! was wrong.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
