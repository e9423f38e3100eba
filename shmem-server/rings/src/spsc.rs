// SPDX-License-Identifier: BSD-2-Clause

//! The ring: one producer, one consumer, neither trusting the other.
//!
//! Why: commands, packets, requests and answers between two members of a region.
//! A full ring holds the producer back; nothing is lost.
//!
//! Rules:
//!
//! * `head` counts records published, `tail` records taken; both only grow, 64 bits
//!   wide. Each side trusts its private copies: its own index, and the peer's as
//!   last checked. The peer's may only move between the last checked value and what
//!   one's own index allows; anything else is [`Breach::Index`], and the handle
//!   stays broken.
//! * A record is copied out once, its length first, checked, then used.
//! * The peer's death shows as silence here; the region's events tell of it. Either
//!   side may restart: `attach` continues at its own index. A record whose taker
//!   died before publishing `tail` is delivered again; one whose producer died
//!   before publishing `head` was never sent.
//!
//! Orderings: bytes, then `head` (Release) -> `head` (Acquire), then bytes; bytes
//! read, then `tail` (Release) -> `tail` (Acquire), then the slot is reused.

mod consumer;
mod peer;
mod producer;

pub use consumer::{Consumer, Popped};
pub(crate) use peer::check_index;
pub use producer::Producer;
