// SPDX-License-Identifier: BSD-2-Clause

//! The reference: what the words of the reference page say, in maps and sets.

mod attach;
mod check;
mod leave;
mod look;
mod oversight;
mod signal;
mod state;

pub use check::Reference;
