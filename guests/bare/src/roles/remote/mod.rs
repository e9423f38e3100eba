// SPDX-License-Identifier: BSD-2-Clause

//! One runner judges, assistants in other guests are its hands.
//!
//! Every order is one access or one step, so that a check reads as what each guest
//! does in turn; all that decides is in the runner. See [`bare_guests::remote`].

mod assistant;
mod desks;
mod hand;
mod registers;
mod stage;

pub use assistant::assistant;
pub use registers::{control, factory};
pub use stage::{Check, RUNNER, Stage, Who, name_at, run_checks};
