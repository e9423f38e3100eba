// SPDX-License-Identifier: BSD-2-Clause

//! The clock protection domain: it wakes sleepers at their deadlines.
//!
//! Why: a parked vCPU gets no virtual timer event and Microkit has no timeouts,
//! so VMMs write the counter value they wait for into a shared page and this
//! domain looks at all pages once a period. Its budget is smaller than its
//! period: yielding gives the rest of the budget up until the next refill, which
//! makes the scheduler the timer, on every board. Resolution: one period.
//!
//! It also counts the guests that wait for the processor (`round.rs`): nobody else sees
//! all of them at one moment.
//!
//! Rules: it never blocks, calls nobody and receives nothing. A deadline is
//! notified once; a sleeper that scribbles on its page wakes only itself.

#![cfg_attr(target_os = "none", no_std)]
#![cfg_attr(target_os = "none", no_main)]

#[cfg(target_os = "none")]
mod pd;
#[cfg(any(test, target_os = "none"))]
mod round;

#[cfg(not(target_os = "none"))]
fn main() {
    eprintln!("clock is a protection domain: build it for aarch64-unknown-none");
}
