// SPDX-License-Identifier: BSD-2-Clause

//! Cleaning slots: what the server asks of the scrubber, and how that is done.
//!
//! | module | what |
//! |---|---|
//! | `page` | the shared words: one request, one answer for each slot |
//! | `requests` | the server's side |
//! | `cleaning` | the scrubber's side: a chunk at a time, the slots by turns |
//!
//! Both sides are plain logic, so that they are tested together with the server's
//! rules over random interleavings (`shmem-server/core/tests/history`).

mod cleaning;
mod page;
mod requests;
#[cfg(test)]
mod tests;

pub use cleaning::{CHUNK, Cleaning, SlotMemory, Turn};
pub use page::{MAX_SLOTS, ScrubPage, SlotWords};
pub use requests::Requests;
