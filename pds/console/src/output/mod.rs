// SPDX-License-Identifier: BSD-2-Clause

//! From the speakers' rings to the serial line.
//!
//! [`Screen`] takes whole lines out of the [`Speaker`]s' rings, `render` filters
//! them, [`Queue`] holds what the UART has not taken yet, and [`Pace`] bounds how
//! much of the processor all of that may cost.

mod cursor;
mod loss;
mod pace;
mod queue;
mod recall;
mod screen;
mod speaker;
mod style;
mod text;

pub(crate) use loss::{Loss, Told};
pub use pace::Pace;
pub use queue::{Port, Queue};
pub(crate) use screen::earliest;
pub use screen::{Drained, Screen, Settings, Shown};
pub use speaker::Speaker;
pub use text::Sink;
