// SPDX-License-Identifier: BSD-2-Clause

//! A host's part in the conversation of `ghstest`: the original's `hhstest`.
//!
//! It shows what a host protection domain does with `shmem-client`: attach (and
//! wait, if memory is still being cleaned), read the status on each notification,
//! poke, verify, detach. What it says is the script in its arguments
//! ([`ghstest::script`]); without one it listens. With `clock;` in front it also keeps a
//! clock in the region `clock`, for readers ([`ghstest::clock`]).

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod clock;
pub mod demo;

pub use demo::{Demo, Wish};
