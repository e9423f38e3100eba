// SPDX-License-Identifier: BSD-2-Clause

//! The manager: which guest starts when, and what becomes of a VMM or host that faults.
//!
//! It is the parent of every VMM and host, so it gets their faults and can stop them. It
//! has no guest RAM, no slots and no vCPUs: starting or stopping a live guest is
//! an order to its VMM.
//!
//! Rules:
//!
//! * What a VMM says of its guest, and what its fault message contains, is
//!   alleged: it is checked before it is decoded, and at worst it starts the
//!   guests that wait for this one.
//! * A VMM that faulted is stopped. The manager has no hand on that guest's vCPUs,
//!   which may go on running until their next exit, so the guest's connections and
//!   slots are given to nobody before the restarted VMM has suspended them.
//! * Everything it does is also a typed message: who may ask for what is in the
//!   manifest.
//! * It waits for nobody: orders, restarts and answers are events.
//! * The state machine is pure: it acts on a [`World`]. The real one, and what makes a
//!   protection domain of it, are in `pd/`.
//!
//! The truth table of a guest (`wanted`: what it waits for has happened). VMMs that
//! fault are in `guests/restart.rs`, orders of askers in `guests/orders.rs`.
//!
//! | its VMM says | wanted | order | said |
//! |---|---|---|---|
//! | nothing yet, or held | no | none | "held until ..." once |
//! | nothing yet, or held | yes | Start, once | "starting" |
//! | running | | | "is running", each time it comes to be |
//! | paused, being reset | | | the same |
//! | off | | | "turned itself off", or "is stopped" if that was ordered |
//! | failed | | | "failed" |
//! | off, failed, or reset | | | the server is told that its vCPUs were stopped |

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod desk;
mod event;
mod fault;
mod figures;
mod guests;
mod hosts;
#[cfg(target_os = "none")]
mod pd;
mod world;

#[cfg(test)]
mod tests;

pub use desk::{Asker, Desk};
pub use event::Event;
pub use fault::{Fault, Forged};
pub use figures::{Clock, Figures};
pub use guests::{Guests, Known};
pub use hosts::{Host, Hosts};
#[cfg(target_os = "none")]
pub use pd::{Handler, handler};
pub use world::{Seen, Ticket, World};
