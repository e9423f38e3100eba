// SPDX-License-Identifier: BSD-2-Clause

//! The embedded kernel's objects and rules, free of hardware.
//!
//! What a protection domain or a virtual machine of seL4 16 (MCS) and Microkit
//! 2.3 can see of the kernel, but for registers of the machine: those are behind
//! [`hardware::Hardware`]. The kernel is static: a [`SystemSpec`] names every
//! object and capability, and none is made or derived later.
//!
//! The architecture owns a [`Kernel`] in a static, calls
//! [`Kernel::instantiate`] and [`Kernel::start`] once and then, at every
//! exception, [`Kernel::handle`]; it runs what these return. Registers of a
//! thread outside the kernel lie in its [`Context`].
//!
//! The entries are generic over the machine and so compiled in its crate; short
//! rules on the way of every call are `#[inline]` to be compiled with them.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod context;
mod error;
mod event;
pub mod hardware;
mod ids;
mod instantiate;
mod invoke;
mod ipc;
mod kernel;
mod message;
mod objects;
mod sched;
mod spec_view;
mod syscall;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use error::{SpecError, SpecTable};
pub use event::{Event, Next, ThreadView};
pub use ids::TcbId;
pub use kernel::Kernel;
pub use spec_view::SystemSpec;
