// SPDX-License-Identifier: BSD-2-Clause

//! What a vCPU does, and for how long it has run.
//!
//! One word, so that nobody ever sees a time with another state's: a stretch of
//! running that has not ended counts too, and none is counted twice.

use core::sync::atomic::{AtomicU64, Ordering};

/// What a vCPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum VcpuState {
    /// It is off, or was stopped.
    Off = 0,
    /// It may run.
    Running = 1,
    /// It waits for an interrupt, or with an access.
    Parked = 2,
    /// It stands still: its VMM deals with its trap, or the guest is paused.
    Suspended = 3,
}

impl VcpuState {
    fn from_bits(bits: u64) -> Self {
        match bits {
            0 => Self::Off,
            1 => Self::Running,
            2 => Self::Parked,
            _ => Self::Suspended,
        }
    }
}

const STATE: u32 = 62;
const TICKS: u64 = (1 << STATE) - 1;

/// Bits 63:62 the state, 61:0 counter ticks that it has run; of one that runs less
/// the counter's value at which it began to, modulo 2^62.
#[derive(Debug, Default)]
#[repr(transparent)]
pub(super) struct VcpuWord(AtomicU64);

impl VcpuWord {
    /// Writer: from `now` on it is in that state.
    pub(super) fn set(&self, state: VcpuState, now: u64) {
        let (_, used) = self.read(now);
        let ticks = match state {
            VcpuState::Running => used.wrapping_sub(now),
            _ => used,
        };
        let word = (state as u64) << STATE | ticks & TICKS;
        // Pairs with the Acquire of `read`: what was stored before is seen with it.
        self.0.store(word, Ordering::Release);
    }

    /// Its state, and the ticks that it has run up to `now`.
    pub(super) fn read(&self, now: u64) -> (VcpuState, u64) {
        let word = self.0.load(Ordering::Acquire);
        let state = VcpuState::from_bits(word >> STATE);
        let ticks = match state {
            VcpuState::Running => word.wrapping_add(now),
            _ => word,
        };
        (state, ticks & TICKS)
    }
}

#[cfg(test)]
mod tests {
    use super::{VcpuState, VcpuWord};

    #[test]
    fn what_runs_is_counted_before_it_ends_and_once() {
        let word = VcpuWord::default();
        assert_eq!(word.read(77), (VcpuState::Off, 0));
        word.set(VcpuState::Running, 100);
        assert_eq!(word.read(100), (VcpuState::Running, 0));
        assert_eq!(word.read(1_000_000), (VcpuState::Running, 999_900));
        word.set(VcpuState::Running, 150);
        assert_eq!(word.read(160), (VcpuState::Running, 60), "it went on");
        word.set(VcpuState::Suspended, 160);
        word.set(VcpuState::Parked, 170);
        assert_eq!(word.read(1_000_000), (VcpuState::Parked, 60));
        word.set(VcpuState::Running, 2000);
        word.set(VcpuState::Off, 2005);
        assert_eq!(word.read(u64::MAX), (VcpuState::Off, 65));
    }

    #[test]
    fn no_word_is_a_panic() {
        for bits in [0, 1, u64::MAX, 1 << 62, u64::MAX >> 1] {
            let word = VcpuWord(bits.into());
            let (state, _) = word.read(0);
            word.set(state, u64::MAX);
        }
    }
}
