// SPDX-License-Identifier: BSD-2-Clause

//! A sleeper's deadline, which `clock` watches. One page per sleeper.
//!
//! Why: Microkit has no timeouts and no timer for a protection domain, and a
//! parked vCPU gets no virtual timer event. A sleeper (a VMM, the console) stores
//! the counter value (`CNTPCT_EL0`) at which it wants to be notified; `clock`
//! compares once a period, and before it notifies it notes the deadline's
//! number, so that one deadline is one notification.
//!
//! The clock sees all sleepers at one moment, so it also says how many guests wait
//! for the processor: a VMM's time is not its guest's in the scheduler's books, and
//! this tells the VMM what a fair share of it is. A guest waits, or computes, that
//! would run at two looks and did not trap in between. Two that answer each other
//! both would run most of the time, but neither keeps the other waiting.
//!
//! Rules: a notification may be early or late, never lost; the sleeper reads the
//! counter itself. A sleeper that scribbles wakes only itself, a clock that
//! scribbles makes wake-ups late or false. A sleeper that lies about its guest is
//! one contender too many or too few, no more.

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
    /// Bit 0: a guest's vCPU would run. Bit 1: one is held back for others. Bits
    /// 63:2: how often it trapped. Writer: sleeper.
    demand: AtomicU64,
    /// [`Self::demand`] at `clock`'s last look. Writer: clock.
    looked_at: AtomicU64,
    /// How many contended at `clock`'s last look. Writer: clock.
    contenders: AtomicU64,
}

const WOULD_RUN: u64 = 1;
const HELD: u64 = 2;
const TRAP: u64 = 4;

/// What a sleeper's guest wants of the processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Demand {
    /// Nothing, or it traps: it gets what it wants.
    Content,
    /// It computes, or is kept from it.
    Waits,
    /// Its VMM holds it back for those who wait.
    Held,
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

    /// Sleeper with a guest: a vCPU of it trapped.
    pub fn trapped(&self) {
        let demand = self.demand.load(Ordering::Relaxed).wrapping_add(TRAP);
        self.demand.store(demand, Ordering::Relaxed);
    }

    /// Sleeper with a guest: whether a vCPU of it would run, and is held back.
    pub fn set_demand(&self, would_run: bool, held: bool) {
        let traps = self.demand.load(Ordering::Relaxed) & !(WOULD_RUN | HELD);
        let bit = |bit, set| if set { bit } else { 0 };
        let demand = traps | bit(WOULD_RUN, would_run) | bit(HELD, held);
        self.demand.store(demand, Ordering::Relaxed);
    }

    /// Sleeper: how many guests the processor is for, if any waits for it: those
    /// that wait or are held back. The sleeper's own is one of them if it was.
    pub fn contenders(&self) -> u64 {
        self.contenders.load(Ordering::Relaxed)
    }

    /// Clock: looks what the sleeper's guest wants.
    pub fn look(&self) -> Demand {
        let demand = self.demand.load(Ordering::Relaxed);
        let before = self.looked_at.load(Ordering::Relaxed);
        self.looked_at.store(demand, Ordering::Relaxed);
        match demand {
            _ if demand & HELD != 0 => Demand::Held,
            _ if demand & WOULD_RUN != 0 && demand == before => Demand::Waits,
            _ => Demand::Content,
        }
    }

    /// Clock: tells the sleeper how many contend.
    pub fn set_contenders(&self, contenders: u64) {
        self.contenders.store(contenders, Ordering::Relaxed);
    }

    /// Whether a guest's vCPU would run, held back or not.
    pub fn would_run(&self) -> bool {
        self.demand.load(Ordering::Relaxed) & (WOULD_RUN | HELD) != 0
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
