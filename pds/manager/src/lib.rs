// SPDX-License-Identifier: BSD-2-Clause

//! The manager: which guest starts when, and what becomes of a VMM that faults.
//!
//! It is the parent of every VMM, so it gets their faults and can stop them. It
//! has no guest RAM, no slots and no vCPUs: starting or stopping a live guest is
//! an order to its VMM.
//!
//! Rules:
//!
//! * What a VMM says of its guest, and what its fault message contains, is
//!   alleged: it is checked before it is decoded, and at worst it starts the
//!   guests that wait for this one.
//! * A VMM that faulted is stopped and its guest is lost. The manager has no
//!   hand on that guest's vCPU, which may go on running until its next exit, so
//!   the guest's connections and slots must not be given to anybody: they stay as
//!   they are until the system restarts. (The server's `DropClient` demands that
//!   the vCPUs are stopped; only a restarted VMM can stop them.)
//! * The state machine is pure: it gets what was seen and returns what to do.
//!
//! The truth table of a guest (`wanted`: what it waits for has happened):
//!
//! | its VMM says | wanted | order | said |
//! |---|---|---|---|
//! | nothing yet, or held | no | Hold | "held until ..." once |
//! | nothing yet, or held | yes | Start, once | "starting" |
//! | running | | | "is running" once |
//! | off | | | "turned itself off" once |
//! | failed | | | "failed" once |
//! | (VMM faulted) | | Stop | "is lost" once; nothing it says counts any more |

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod desk;
mod fault;
mod guests;

#[cfg(test)]
mod tests;

pub use desk::{Figures, Sources, answer};
pub use fault::{Fault, Forged};
pub use guests::{Action, Event, Guests, Known, Seen};
