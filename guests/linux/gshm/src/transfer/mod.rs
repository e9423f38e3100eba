// SPDX-License-Identifier: BSD-2-Clause

//! A file from one guest to another, of any length, through a region of any size.
//!
//! Why: a region is memory, and a file that is larger than it needs flow control;
//! a file that arrives needs a proof that it is the one that was sent. Two rings of
//! `shmem-rings` give the first, a SHA-256 that is answered the second.
//!
//! | offset | what |
//! |---|---|
//! | 0 | ring of answers, made by the receiver, 4 KiB |
//! | 4096 | ring of the file, made by the sender, as large as fits, 4 MiB at most |
//!
//! | sender | receiver |
//! |---|---|
//! | makes its ring, of a random generation | waits for a ring with a new generation |
//! | | makes its own, and greets that generation |
//! | begins, naming the greeting's generation | believes nothing before that |
//! | data... | writes and digests |
//! | end: length and digest | compares; done, or refused |
//!
//! Whoever comes first waits. What a sender or receiver that died has left behind is of
//! another generation, so nobody takes it for the present one. One sender and one
//! receiver at a time; a second one breaks the exchange, and both say so.

pub mod channel;
mod layout;
mod meeting;
pub mod message;
pub mod receive;
pub mod send;

#[cfg(test)]
mod tests;

pub use channel::{Channel, Purpose, Settings};
