// SPDX-License-Identifier: BSD-2-Clause

//! What holds of every history, each checked from what can be seen from outside,
//! without the model. `docs/interfaces/shmem-server.md`, "What always holds", lists
//! them with their tests.

mod bytes;
mod death;
mod generation;
mod index;
mod membership;
mod quota;
mod signals;
mod slots;
mod waits;

pub use bytes::{NothingOld, ReadsZero};
pub use death::Death;
pub use generation::Generation;
pub use index::Index;
pub use membership::Membership;
pub use quota::Quotas;
pub use signals::Signals;
pub use slots::Conserved;
pub use waits::Waits;
