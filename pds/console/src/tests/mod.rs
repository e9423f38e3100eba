// SPDX-License-Identifier: BSD-2-Clause

//! The screen with speakers on real rings, and the whole console with a person, a
//! manager and a UART that the tests play.

mod console;
pub mod desk;
mod flood;
mod paste;
mod screen;
mod shell;
mod trace;
