// SPDX-License-Identifier: BSD-2-Clause

//! Two model checkers, which miss different things.
//!
//! Loom knows weak memory: a load may give an old value if nothing orders it. But it
//! remembers one last access of each atomic (0.7.3): a load hides another thread's load
//! before it from a store after it, and their other order is not tried. Shuttle tries
//! every order there is, depth first, of memory that is never weak.

#[cfg(loom)]
pub use loom::{sync::Arc, sync::atomic, thread};
#[cfg(shuttle)]
pub use shuttle::{sync::Arc, sync::atomic, thread};

/// Runs `model` in every order.
#[cfg(loom)]
pub fn check(model: impl Fn() + Send + Sync + 'static) {
    loom::model(model);
}

/// Runs `model` in every order.
#[cfg(shuttle)]
pub fn check(model: impl Fn() + Send + Sync + 'static) {
    shuttle::check_dfs(model, None);
}
