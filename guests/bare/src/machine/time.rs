// SPDX-License-Identifier: BSD-2-Clause

//! The virtual timer.

use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    CNTFRQ_EL0, CNTV_CTL_EL0, CNTV_CVAL_EL0, CNTVCT_EL0, Readable, Writeable,
};

/// A point in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadline(u64);

impl Deadline {
    /// So many milliseconds from now.
    pub fn in_ms(ms: u64) -> Self {
        let ticks = ms.saturating_mul(CNTFRQ_EL0.get()) / 1000;
        Self(now().saturating_add(ticks))
    }

    /// So many microseconds from now.
    pub fn in_us(us: u64) -> Self {
        let ticks = us.saturating_mul(CNTFRQ_EL0.get()) / 1_000_000;
        Self(now().saturating_add(ticks))
    }

    /// Whether it has come.
    pub fn passed(self) -> bool {
        now() >= self.0
    }

    /// Makes the timer interrupt at this time.
    pub(super) fn arm(self) {
        CNTV_CVAL_EL0.set(self.0);
        CNTV_CTL_EL0.write(CNTV_CTL_EL0::ENABLE::SET + CNTV_CTL_EL0::IMASK::CLEAR);
        barrier::isb(barrier::SY);
    }
}

/// Ticks of the counter per second.
pub fn frequency() -> u64 {
    CNTFRQ_EL0.get()
}

/// Makes the timer silent.
pub(super) fn disarm() {
    CNTV_CTL_EL0.set(0);
    barrier::isb(barrier::SY);
}

/// The virtual counter.
pub fn now() -> u64 {
    barrier::isb(barrier::SY);
    CNTVCT_EL0.get()
}
