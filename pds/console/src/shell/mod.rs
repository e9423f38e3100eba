// SPDX-License-Identifier: BSD-2-Clause

//! The manager's shell: the owner's place at the serial line.
//!
//! It reads a line ([`editor`], [`recall`], [`complete`]), finds the command in the
//! table ([`commands`]), asks the manager, and shows the answer ([`tables`],
//! [`words`]). It never waits: a request goes out, and the answer, a time-out or
//! Ctrl-C ends the command.
//!
//! Rule: nothing that is typed, and nothing that the manager answers, makes it panic
//! or leaves it without a prompt.
//!
//! [`editor`]: self::editor

mod commands;
mod complete;
mod editor;
mod key;
mod log;
mod names;
mod nearest;
mod recall;
mod request;
mod run;
mod state;
mod tables;
mod top;
mod trace;
mod words;

pub(crate) use state::{Effect, Shell};
