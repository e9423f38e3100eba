// SPDX-License-Identifier: BSD-2-Clause

//! Regions of `guest_shm` from Linux user space.
//!
//! The logic is written against the traits of [`region`], so that it runs on a
//! developer's machine against a fake device as it does in a guest against
//! `/dev/guest_shm`. Only [`abi`] touches the driver; all `unsafe` is there.

#![deny(unsafe_code)]

#[allow(unsafe_code)]
pub mod abi;
pub mod data;
pub mod demo;
pub mod error;
pub mod link;
pub mod parse;
pub mod region;
pub mod talk;

#[cfg(test)]
mod fake;
