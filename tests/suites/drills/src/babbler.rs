// SPDX-License-Identifier: BSD-2-Clause

//! A host that asks the server nonsense: every label, any length, any words.
//!
//! The server lies above everybody and runs on the babbler's time: whatever it is
//! asked, it has to answer, to refuse, and to go on. A little each millisecond, so that
//! the others' transfers go on meanwhile. At the end it asks to drop, quarantine, evict
//! and revoke the others, in their midst, which must be refused each time; and a good
//! request must still be served. Then the babbler says `CHECK nonsense: pass`, or what
//! was wrong.

#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod pd;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("this is a protection domain: build it for aarch64-unknown-none");
}
