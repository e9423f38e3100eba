// SPDX-License-Identifier: BSD-2-Clause

//! The matrix as a drawing.
//!
//! Why not a graph layout: every guest talks to the same few domains, and their
//! arrows cover each other. Here those few are *bars* across the page, everybody
//! else is a *column*, and what a column and a bar can do to each other is marked
//! where they cross. Memory that columns share lies above them. It is exact for any
//! system: bars are chosen until no two columns talk to each other.

mod canvas;
mod marks;
mod picture;
mod place;

pub use picture::svg;
