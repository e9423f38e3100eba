// SPDX-License-Identifier: BSD-2-Clause

//! The physical counter, which seL4 gives to EL0 (the virtual one it does not).

use aarch64_cpu::{
    asm::barrier,
    registers::{CNTFRQ_EL0, CNTPCT_EL0, Readable},
};

/// CNTPCT_EL0, not read before what comes before (Arm ARM, D12.1.2).
#[inline]
pub fn now() -> u64 {
    barrier::isb(barrier::SY);
    CNTPCT_EL0.get()
}

/// CNTFRQ_EL0: ticks per second.
#[inline]
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}
