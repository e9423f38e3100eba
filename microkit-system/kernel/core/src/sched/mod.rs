// SPDX-License-Identifier: BSD-2-Clause

//! The scheduler: priorities, and scheduling contexts with budgets.

mod choose;
mod donate;
mod ready;
mod refill;
mod release;
mod time;

pub use ready::ReadyQueues;
pub use refill::Refills;
pub use time::{Clock, MINIMUM_BUDGET_US};
