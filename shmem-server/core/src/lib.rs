// SPDX-License-Identifier: BSD-2-Clause

//! Names, slots, connections, rights and signals.
//!
//! All that the shared-memory server decides, without seL4, without an allocator
//! and without `unsafe`, so that every rule is tested on the host. The protection
//! domain only carries: it hands in who calls and what was asked, and carries out
//! the [`Effects`] (whom to notify, which slots to have cleaned).
//!
//! Where to find what:
//!
//! | module | rules |
//! |---|---|
//! | [`pattern`] | which names a shell wildcard admits |
//! | [`soundness`] | whether a member's rules contradict a pool (used by the generator) |
//! | [`policy`] | whether this client may have this name, and from which pool |
//! | [`slots`] | the life of a slot: clean, in use, dirty, quarantined |
//! | [`region`] | peers of a region and the choice of their indices |
//! | [`server`] | attach, detach, reset, signals: the operations |
//! | [`request`] | messages in, messages out |
//! | [`event`], [`refusal`] | what the log says |
//! | [`talk`] | how many lines each client may cause |

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

pub mod clients;
pub mod effects;
pub mod event;
pub mod ids;
pub mod pace;
pub mod pattern;
pub mod policy;
pub mod refusal;
pub mod region;
pub mod request;
pub mod server;
pub mod slots;
pub mod soundness;
pub mod talk;
pub mod trace;

pub use effects::{ClientSet, Effects, SlotSet};
pub use event::Event;
pub use ids::{Caller, ClientId, Handle, SlotId};
pub use refusal::Refusal;
pub use request::Outcome;
pub use server::{Server, SetupError};
