// SPDX-License-Identifier: BSD-2-Clause

//! The guest's firmware calls: PSCI 1.1 (Arm DEN0022) and SMCCC (DEN0028).
//!
//! The conduit is SMC. What a call about vCPUs comes to is for the machine, which
//! knows them (`machine::vcpu`). Everything that is not named here is
//! NOT_SUPPORTED, in particular vendors' calls and what a guest might find out
//! about the machine.

mod calls;
#[cfg(test)]
mod tests;

pub use calls::{Answer, Outcome, call};
