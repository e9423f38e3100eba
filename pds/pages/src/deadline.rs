// SPDX-License-Identifier: BSD-2-Clause

//! A VMM's deadline, which `clock` watches. One page per VMM.
//!
//! The VMM stores the counter value (`CNTPCT_EL0`) at which it wants to be
//! notified; `clock` compares once a period, and after notifying writes
//! [`DeadlinePage::served`] so that one deadline is one notification.

use core::sync::atomic::{AtomicU64, Ordering};

/// No deadline is wanted.
pub const NONE: u64 = u64::MAX;

/// The page: VMM writes `wanted` and `sequence`, clock writes `served`.
#[derive(Debug, Default)]
#[repr(C)]
pub struct DeadlinePage {
    /// Counter value at which to notify, or [`NONE`].
    wanted: AtomicU64,
    /// Number of the current deadline: incremented by the VMM each time.
    sequence: AtomicU64,
    /// Number of the last deadline that `clock` notified for.
    served: AtomicU64,
}

impl DeadlinePage {
    /// VMM: ask to be notified once the counter reaches `at`.
    pub fn set(&self, at: u64) {
        // A clock that sees the old sequence with the new time at worst wakes
        // the VMM early, which the VMM tolerates.
        self.wanted.store(at, Ordering::Relaxed);
        let next = self.sequence.load(Ordering::Relaxed).wrapping_add(1);
        self.sequence.store(next, Ordering::Release);
    }

    /// VMM: no deadline any more.
    pub fn clear(&self) {
        self.wanted.store(NONE, Ordering::Relaxed);
    }

    /// Clock: whether to notify now; a true answer is given once per deadline.
    pub fn due(&self, now: u64) -> bool {
        let sequence = self.sequence.load(Ordering::Acquire);
        if sequence == self.served.load(Ordering::Relaxed)
            || self.wanted.load(Ordering::Relaxed) > now
        {
            return false;
        }
        self.served.store(sequence, Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_is_due_once() {
        let page = DeadlinePage::default();
        assert!(!page.due(u64::MAX - 1), "no deadline was ever set");
        page.set(100);
        assert!(!page.due(99));
        assert!(page.due(100));
        assert!(!page.due(101));
        page.set(200);
        page.clear();
        assert!(!page.due(1_000_000));
    }
}
