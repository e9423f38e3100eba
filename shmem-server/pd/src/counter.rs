// SPDX-License-Identifier: BSD-2-Clause

//! The physical counter, which seL4 gives to EL0.

use core::arch::asm;

/// CNTPCT_EL0.
pub fn now() -> u64 {
    let value;
    // SAFETY: reads a counter; the barrier keeps it from being read early.
    unsafe {
        asm!("isb", "mrs {}, CNTPCT_EL0", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}

/// CNTFRQ_EL0: ticks per second.
pub fn frequency() -> u64 {
    let value;
    // SAFETY: reads a register that has no effects.
    unsafe {
        asm!("mrs {}, CNTFRQ_EL0", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}
