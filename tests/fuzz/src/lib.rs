// SPDX-License-Identifier: BSD-2-Clause

//! Fuzz targets: what a guest, a client or a peer may feed to the others.
//!
//! Each target takes any bytes and panics if something that must hold does not. They
//! are ordinary functions, so that the same bodies run in two ways: by libFuzzer,
//! steered by coverage (`libfuzzer/`), and as host tests over
//! seeds and random bytes (`tests/targets.rs`, on every run of the tests).
//!
//! | target | who is not trusted | what must hold |
//! |---|---|---|
//! | [`factory_page`], [`control_page`] | the guest, its peers, the server's answers | [`registers`] |
//! | [`messages`] | the server's clients | [`messages`](mod@messages) |
//! | [`rings`] | the peer in a ring | [`rings`](mod@rings) |

#![forbid(unsafe_code)]

pub mod messages;
pub mod registers;
pub mod rings;
mod system;

pub use messages::messages;
pub use registers::{control_page, factory_page};
pub use rings::rings;

/// A target by its name.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 4] = [
    ("factory_page", factory_page),
    ("control_page", control_page),
    ("messages", messages),
    ("rings", rings),
];
