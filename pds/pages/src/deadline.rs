// SPDX-License-Identifier: BSD-2-Clause

//! A sleeper's deadline, which `clock` watches. One page per sleeper.
//!
//! Why: Microkit has no timeouts and no timer for a protection domain, and a
//! parked vCPU gets no virtual timer event. A sleeper (a VMM, the console) stores
//! the counter value (`CNTPCT_EL0`) at which it wants to be notified; `clock`
//! compares once a period, and before it notifies it notes the deadline's
//! number, so that one deadline is one notification.
//!
//! Rules: a notification may be early or late, never lost; the sleeper reads the
//! counter itself. A sleeper that scribbles wakes only itself, a clock that
//! scribbles makes wake-ups late or false.

use core::sync::atomic::{AtomicU64, Ordering};

/// No deadline is wanted.
pub const NONE: u64 = u64::MAX;

/// The page. It starts as zeroes: no deadline.
#[derive(Debug, Default)]
#[repr(C)]
pub struct DeadlinePage {
    /// Counter value at which to notify, or [`NONE`]. Writer: sleeper.
    wanted: AtomicU64,
    /// Number of the current deadline: incremented each time. Writer: sleeper.
    sequence: AtomicU64,
    /// Number of the last deadline that `clock` notified for. Writer: clock.
    served: AtomicU64,
}

impl DeadlinePage {
    /// Sleeper: ask to be notified once the counter reaches `at`.
    pub fn set(&self, at: u64) {
        // A clock that sees the new time with the old sequence finds it served;
        // one that sees the new sequence sees the new time (Release, Acquire).
        self.wanted.store(at, Ordering::Relaxed);
        let next = self.sequence.load(Ordering::Relaxed).wrapping_add(1);
        self.sequence.store(next, Ordering::Release);
    }

    /// Sleeper: no deadline any more.
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

    #[test]
    fn a_deadline_may_be_moved_before_it_is_due() {
        let page = DeadlinePage::default();
        page.set(200);
        page.set(100);
        assert!(page.due(150));
        page.set(0);
        assert!(page.due(150), "the past is due at once");
        page.set(100);
        page.set(200);
        assert!(!page.due(150));
    }
}
