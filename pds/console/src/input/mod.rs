// SPDX-License-Identifier: BSD-2-Clause

//! What is typed, and who gets it.

mod keyboards;
mod keys;
mod patience;

pub(crate) use keyboards::Keyboards;
pub use keys::{Action, Keys};
pub(crate) use patience::Patience;
