// SPDX-License-Identifier: BSD-2-Clause

//! The generator: one manifest to a Microkit `.system` file and configuration blobs.
//!
//! A manifest says which guests there are and what they share. Everything else
//! (channel numbers, addresses, slots, priorities) is worked out here, once, and
//! both sides of every channel and mapping get the same number because they come
//! from the same variable.
//!
//! Stages: [`reader`] (text to [`manifest`] types, by the table of keys in
//! [`shape`]) → [`check`] (everything wrong, in one run) → [`plan`] (protection
//! domains, regions, channels) → [`emit`] (`.system`) and blobs → [`rules`] (what
//! was generated is read back and checked).
//!
//! [`authority`] goes the other way: from a `.system` file to who can do what.

#![forbid(unsafe_code)]

pub mod authority;
pub mod board;
pub mod check;
pub mod emit;
pub mod examples;
pub mod files;
pub mod generate;
pub mod keys;
pub mod manifest;
pub mod plan;
pub mod reader;
pub mod rules;
pub mod schema;
pub mod shape;
pub mod size;
pub mod system;
