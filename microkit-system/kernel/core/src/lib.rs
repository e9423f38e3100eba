// SPDX-License-Identifier: BSD-2-Clause

//! The embedded kernel's objects and rules, free of hardware.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod context;
mod error;
mod event;
pub mod hardware;
mod ids;
mod kernel;
mod spec_view;

pub use context::Context;
pub use error::{SpecError, SpecTable};
pub use event::{Event, Next, ThreadView};
pub use ids::TcbId;
pub use kernel::Kernel;
pub use spec_view::SystemSpec;
