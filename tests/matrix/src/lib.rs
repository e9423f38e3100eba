// SPDX-License-Identifier: BSD-2-Clause

//! The access matrix of a system against what probes on the target can touch.
//!
//! `tombolo explain --json` says who can do what, from the `.system` file. [`prepare`]
//! makes of that file one in which every program is a probe under a judge
//! (`tests/suites/matrix`), and the [`plan`] of what is tried. [`compare`] reads what the
//! judge printed: reality must equal the matrix, in both directions, and everything in
//! the plan must have been tried.

#![forbid(unsafe_code)]

pub mod compare;
pub mod lines;
pub mod matrix;
pub mod plan;
pub mod prepare;
