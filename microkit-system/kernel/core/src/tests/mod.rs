// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the rules, one file per section of the ABI reference.

mod calls;
mod donation;
mod fake;
mod faults;
mod invariants;
mod invocations;
mod lookup;
mod notifications;
mod random;
mod refills;
mod scheduler;
mod spec;
mod system;
mod vcpus;
