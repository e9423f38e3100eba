// SPDX-License-Identifier: BSD-2-Clause

//! The demo: a file goes from one guest to another through `moo`, watched.
//!
//! Three members of a region play: the *sender* copies a file in and signals the
//! receiver alone, the *receiver* verifies it and answers, and the *watcher*, a
//! bare-metal guest, sees that it is signalled only when it is meant. Whoever comes
//! first creates the region; no role can tell, and none behaves differently.
//!
//! | who | does | others see |
//! |---|---|---|
//! | all | attach, roll call | records of all |
//! | sender | file, stage 1, signals the receiver | receiver: pending = sender |
//! | receiver | answer, stage 2, signals the sender | sender: pending = receiver |
//! | sender | stage 3, signals the watcher | watcher: pending = sender |
//! | watcher | ack in its record, no signal | |
//! | sender | detaches | its active bit drops |
//! | watcher | detaches | its active bit drops |
//! | receiver | detaches as the last; attaches afresh with another size; zeros | |

pub mod protocol;
pub mod receiver;
pub mod rollcall;
pub mod sender;
mod story;

#[cfg(test)]
mod tests;

use std::time::Duration;

/// What both roles have to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The region's name.
    pub region: String,
    /// The size to ask for, in pages.
    pub pages: u32,
    /// How long any single wait may take.
    pub timeout: Duration,
}
