// SPDX-License-Identifier: BSD-2-Clause

//! Latency and throughput: of this guest alone, and between two.
//!
//! Alone: what a signal costs its sender, how long one's own takes to arrive, and how
//! fast the data is. With a peer that serves: the round trip of an 8-byte message, two
//! signals and two wake-ups, and a stream through a ring.
//!
//! Rule: figures are printed, never judged: how fast a machine is proves nothing.

mod figures;
mod local;
mod pair;

pub use figures::Latency;
pub use local::local;
pub use pair::{Plan, measure, serve};
