// SPDX-License-Identifier: BSD-2-Clause

//! What the command `gshm` does, apart from its command line.
//!
//! The logic is written against the traits of `guest_shm`, so that it runs on a
//! developer's machine against a fake device as it does in a guest against
//! `/dev/guest_shm`.

#![deny(unsafe_code)]

pub mod bench;
pub mod copy;
#[allow(unsafe_code)]
pub mod counter;
pub mod demo;
pub mod exit;
mod input;
pub mod parse;
pub mod talk;
pub mod transfer;
