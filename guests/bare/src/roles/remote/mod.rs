// SPDX-License-Identifier: BSD-2-Clause

//! One runner judges, assistants in other guests are its hands.
//!
//! Every order is one access or one step, so that a check reads as what each guest
//! does in turn; all that decides is in the runner. See [`bare_guests::remote`].

mod assistant;
mod checks;
mod desks;
mod hand;
mod registers;
mod stage;

pub use assistant::assistant;
pub use checks::{CRASHED, Check, JOINED, LEFT, RESET, name_at, record_is, run_checks};
pub use hand::Hand;
pub use registers::{control, factory};
pub use stage::{RUNNER, Stage, Who};
