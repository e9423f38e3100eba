// SPDX-License-Identifier: BSD-2-Clause

//! The management device of a guest that the manifest appoints: it asks the manager.
//!
//! Requests and answers lie in a mailbox (`tombolo_pages::mailbox`) that guest and
//! manager share; a guest cannot notify the manager and is not notified by it, so this
//! device carries both: a store to `doorbell` rings, and the line is high while there
//! is an answer that the guest has not acknowledged. The registers are described in
//! `docs/interfaces/manager.md`.
//!
//! Rules: what the guest may ask for the manager knows, nobody here. The doorbell
//! is limited per second: who exceeds it waits.

mod device;
#[cfg(test)]
mod tests;

pub use device::{Management, Register};
