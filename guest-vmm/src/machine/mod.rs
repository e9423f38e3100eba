// SPDX-License-Identifier: BSD-2-Clause

//! One guest's machine: its vCPUs, its devices, its life.
//!
//! Two entries, which the protection domain's event loop calls: a fault of a
//! vCPU and a notification. Each does what is to be done, then delivers
//! interrupts and flushes output.
//!
//! An idle vCPU is parked: its WFI gets no answer and its thread is suspended, so
//! it costs nothing, until an interrupt can be delivered or the deadline that is
//! written for `clock` has come. An attach that waits for a clean slot parks
//! the vCPU the same way; on waking it repeats the store, and interrupts are
//! taken in between.
//!
//! A guest that makes its VMM work more than its share (`allowance.rs`) is let on
//! later.

mod account;
mod allowance;
mod bus;
mod faults;
mod firmware;
mod life;
mod memory;
#[cfg(any(test, feature = "model"))]
pub mod model;
mod orders;
mod reset;
mod serial;
mod state;
#[cfg(test)]
mod tests;
mod vcpu;

pub use reset::RESET_DONE;
pub use state::{Answer, Machine, Pages};
