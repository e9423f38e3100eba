// SPDX-License-Identifier: BSD-2-Clause

//! Trace rings: the last things that a protection domain did.
//!
//! Why: a log is text that somebody formats while a guest waits. A trace record is
//! three words that are stored and forgotten; whoever wants to know reads the ring
//! later and makes words, pictures and times of it.
//!
//! The server, each VMM and the manager have a ring each ([`Tracer`]); the console
//! maps all of them read-only and hands them out by its shell's `trace`
//! ([`line::Line`]); `tombolo-harness trace` turns that into text and into a file
//! for Perfetto. The ring is `shmem-rings`' broadcast ring: the writer never waits,
//! the oldest records give way, and a torn or lost record is known as such.
//!
//! Rules:
//!
//! * No formatting and no loop over anything a guest controls on the writer's side.
//! * A number that a record carries is what the writer knew, and proves nothing.
//! * Numbers of events never change their meaning; `docs/interfaces/trace.md` has
//!   them all, with the version.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod event;
pub mod line;
mod record;
pub mod text;
mod tracer;

pub use event::Event;
pub use record::{Record, WORDS};
pub use tracer::{Found, RECORDS, REGION_BYTES, Reader, TraceError, Tracer, reader};

/// Version of the records and of the dump.
pub const VERSION: u32 = 1;
