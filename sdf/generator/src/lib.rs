// SPDX-License-Identifier: BSD-2-Clause

//! The generator: one manifest to a Microkit `.system` file and configuration blobs.
//!
//! A manifest says which guests there are and what they share. Everything else
//! (channel numbers, addresses, slots, priorities) is worked out here, once, and
//! both sides of every channel and mapping get the same number because they come
//! from the same variable.
//!
//! Stages: [`manifest`] (text to types with spans) → [`check`] (everything wrong,
//! in one run) → [`plan`] (protection domains, regions, channels) → [`emit`]
//! (`.system`) and blobs.

#![forbid(unsafe_code)]

pub mod check;
pub mod diagnostic;
pub mod emit;
pub mod files;
pub mod generate;
pub mod manifest;
pub mod plan;
pub mod size;
pub mod system;
