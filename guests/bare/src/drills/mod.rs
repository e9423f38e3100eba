// SPDX-License-Identifier: BSD-2-Clause

//! Drills: somebody misbehaves while two bystanders transfer blocks.
//!
//! One region for all. Its first page holds a row of words for each of them
//! ([`Row`]), the rest one block at a time ([`Transfer`]). The giver conducts: it tells
//! a culprit to commit its [`Misdeed`], goes on transferring, and waits until the
//! culprit is there again.
//!
//! Rules: a culprit may scribble on everything; a bystander believes nothing that does
//! not add up, and waits no longer than it says.

mod misdeed;
mod row;
mod transfer;

pub use misdeed::{Fate, Misdeed};
pub use row::{BLOCK, ROWS, Row};
pub use transfer::{Transfer, Wrong};
