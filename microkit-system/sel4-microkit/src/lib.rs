// SPDX-License-Identifier: BSD-2-Clause

//! The Microkit run-time with rust-sel4's names and signatures.
//!
//! Why: rust-sel4 5.0 is in no package registry; protection domains written
//! against its `sel4-microkit` compile against this crate unchanged.
//!
//! Rules: a protection domain has one thread. It starts at `_start` on the stack
//! the kernel set, makes its handler and runs the event loop for ever. Its
//! authority is what the `microkit` tool patched into the `microkit_*` symbols;
//! using a channel without that right panics here, before the kernel sees it.
//! A panic or a handler's error ends the protection domain in BRK #1.
//!
//! Sources: Microkit 2.3.0 manual and libmicrokit's interface.

#![cfg_attr(target_os = "none", no_std)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod channel;
mod channel_set;
mod defer;
mod entry;
mod handler;
mod heap;
mod message;
mod printing;
mod single_threaded;
mod symbols;

#[doc(hidden)]
pub mod ipc;
pub mod panicking;

pub use channel::{Channel, Child, IrqAckError};
pub use channel_set::{ChannelSet, ChannelSetIter, DisplayChannelSet};
pub use defer::{DeferredAction, DeferredActionInterface, DeferredActionSlot};
pub use handler::{Handler, Infallible, Never, NullHandler};
pub use message::{
    MessageInfo, MessageLabel, MessageRegisterValue, get_mr, set_mr, with_msg_bytes,
    with_msg_bytes_mut, with_msg_regs, with_msg_regs_mut,
};
pub use sel4_microkit_macros::protection_domain;
pub use symbols::{pd_is_passive, pd_name, pd_name_bytes};

/// For this crate's macros only.
#[doc(hidden)]
pub mod _private {
    pub use crate::{
        entry::{Stack, run_main},
        heap::StaticHeap,
        printing::{PRINTING, print},
        symbols::PatchedCell,
    };
}
