// SPDX-License-Identifier: BSD-2-Clause

//! What the suite's server does; shared with the runner.

#![allow(dead_code)]

/// Adds the message's words; answer: one word.
pub const ADD: u64 = 1;
/// Notifies the caller's channel.
pub const NOTIFY: u64 = 2;
/// Answer: whether it is passive, and how often it was notified.
pub const STATE: u64 = 3;
/// Answer: 120 words, word n is 3n, label [`FILLED`].
pub const FILL: u64 = 4;
/// Looks at the counter until as many ticks as the first word says have gone.
pub const SPIN: u64 = 5;

/// Label of an answer: done.
pub const OK: u64 = 0;
/// Label of an answer: no such method.
pub const UNKNOWN: u64 = 1;
/// Label of [`FILL`]'s answer.
pub const FILLED: u64 = 7;

/// The physical count.
pub fn counter() -> u64 {
    let value;
    // SAFETY: reads a counter; the kernel lets protection domains do so.
    unsafe {
        core::arch::asm!("isb", "mrs {}, cntpct_el0", out(reg) value, options(nomem, nostack));
    }
    value
}
