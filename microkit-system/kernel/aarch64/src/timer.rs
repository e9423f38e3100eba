// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's timer: EL2's physical timer (CNTHP), and the counter.

use core::arch::asm;

use aarch64_cpu::asm::barrier::{SY, isb};
use aarch64_cpu::registers::{CNTFRQ_EL0, CNTHP_CTL_EL2, CNTPCT_EL0, Readable, Writeable};

/// CTL: enabled, not masked.
const ENABLE: u64 = 1;

/// The counter now.
pub fn now() -> u64 {
    isb(SY);
    CNTPCT_EL0.get()
}

/// Hz.
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// Interrupt at `at`, or at once if that is past. `u64::MAX` is never.
pub fn set_deadline(at: u64) {
    if at == u64::MAX {
        return CNTHP_CTL_EL2.set(0);
    }
    // SAFETY: programs the kernel's own timer.
    unsafe { asm!("msr cnthp_cval_el2, {}", in(reg) at, options(nomem, nostack)) };
    CNTHP_CTL_EL2.set(ENABLE);
}

/// No interrupt until the next [`set_deadline`].
pub fn stop() {
    CNTHP_CTL_EL2.set(0);
    isb(SY);
}
