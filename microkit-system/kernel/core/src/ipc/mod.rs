// SPDX-License-Identifier: BSD-2-Clause

//! Communication: messages, calls and replies, faults and signals.

mod cancel;
mod deliver;
mod fault;
mod receive;
mod reply;
mod send;
mod signal;

pub use fault::Fault;
pub use send::Send;
