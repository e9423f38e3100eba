// SPDX-License-Identifier: BSD-2-Clause

//! The console: who says what on the one serial line, and who gets the keys.
//!
//! Every protection domain and guest writes text into a ring of its own. The
//! console shows whole lines, each behind its speaker's name: `NAME | text` for a
//! protection domain's log, `NAME > text` for a guest's own console. Keys go to
//! the selected guest or to the manager's shell; `Ctrl-]` is the console's own key.
//! What a person sees and types is described in `docs/interfaces/console.md`.
//!
//! Rules:
//!
//! * All input is hostile text. No speaker can write outside its own line or
//!   pass for another: control characters never reach the terminal.
//! * Every speaker has its ring and its turn. A flooder loses its own bytes,
//!   which is said, and delays others by its turn only.
//! * Nothing here blocks, and no input panics.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod console;
mod input;
mod output;
mod shell;

#[cfg(test)]
mod tests;

pub use console::Console;
pub use input::{Action, Keys};
pub use output::{Drained, Pace, Port, Queue, Screen, Settings, Shown, Sink, Speaker};
