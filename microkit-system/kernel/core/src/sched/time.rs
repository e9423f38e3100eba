// SPDX-License-Identifier: BSD-2-Clause

//! Time: what each kernel entry charges, and when the next one is forced.

use crate::hardware::{Hardware, Ticks};
use crate::ids::{ScId, TcbId};
use crate::ipc::Fault;
use crate::kernel::Kernel;

/// Longest time that the kernel itself takes.
const WORST_CASE_ENTRY_US: u64 = 10;
/// Least budget that is worth a switch: into the kernel and out of it.
pub const MINIMUM_BUDGET_US: u64 = 2 * WORST_CASE_ENTRY_US;

/// Conversions and constants in counts of the counter.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    frequency: u64,
    pub worst_case_entry: Ticks,
    pub minimum_budget: Ticks,
}

impl Clock {
    pub const EMPTY: Self = Self {
        frequency: 0,
        worst_case_entry: 0,
        minimum_budget: 0,
    };

    /// Of a counter with `frequency` Hz.
    pub fn new(frequency: u64) -> Self {
        let mut clock = Self {
            frequency,
            ..Self::EMPTY
        };
        clock.worst_case_entry = clock.ticks(WORST_CASE_ENTRY_US);
        clock.minimum_budget = clock.ticks(MINIMUM_BUDGET_US);
        clock
    }

    /// Microseconds in counts.
    pub fn ticks(&self, us: u64) -> Ticks {
        let ticks = u128::from(us) * u128::from(self.frequency) / 1_000_000;
        Ticks::try_from(ticks).unwrap_or(Ticks::MAX)
    }

    /// Counts in microseconds.
    pub fn us(&self, ticks: Ticks) -> u64 {
        let us = (u128::from(ticks) * 1_000_000).checked_div(u128::from(self.frequency));
        us.and_then(|us| u64::try_from(us).ok()).unwrap_or(0)
    }
}

impl Kernel {
    /// Notes how long the current scheduling context ran.
    #[inline]
    pub(crate) fn account(&mut self, now: Ticks) {
        if self.current_sc.is_some() {
            let elapsed = now.saturating_sub(self.now);
            self.consumed = self.consumed.saturating_add(elapsed);
        }
        self.now = self.now.max(now);
    }

    /// Whether the current thread has enough budget left for what it asks. If
    /// not, its slice is over: it waits in a queue (or has a timeout fault).
    pub(crate) fn check_budget(&mut self, hw: &mut impl Hardware) -> bool {
        let Some(sc) = self.current_sc else {
            return true;
        };
        if self.scs[sc].refills.left(self.consumed) >= self.clock.minimum_budget {
            return true;
        }
        self.end_slice(self.consumed, true, hw);
        false
    }

    /// Yield: what is left of the refill is given up, though not used.
    pub(crate) fn give_up_slice(&mut self, hw: &mut impl Hardware) {
        let Some(sc) = self.current_sc else {
            return;
        };
        let used = self.scs[sc].consumed.saturating_add(self.consumed);
        let whole = self.scs[sc].refills.head().amount.max(self.consumed);
        self.end_slice(whole, false, hw);
        self.scs[sc].consumed = used;
    }

    /// Charges `usage` and moves the current thread on.
    fn end_slice(&mut self, usage: Ticks, may_fault: bool, hw: &mut impl Hardware) {
        let Some(sc) = self.current_sc else {
            return;
        };
        let used = self.consumed;
        let context = &mut self.scs[sc];
        context.refills.end_slice(usage, self.clock.minimum_budget);
        context.consumed = context.consumed.saturating_add(used);
        self.consumed = 0;
        let Some(id) = self.current.filter(|id| self.is_schedulable(*id)) else {
            return;
        };
        if may_fault && self.has_timeout_handler(id, sc) {
            self.timeout_fault(id, sc, hw);
        } else if self.has_budget(sc) {
            self.ready.push_back(&mut self.tcbs, id);
        } else {
            self.postpone(id);
        }
    }

    /// Running out of `sc` is a fault of `id`: not for round robin.
    pub(crate) fn has_timeout_handler(&self, id: TcbId, sc: ScId) -> bool {
        self.tcbs[id].timeout_handler.is_some() && !self.scs[sc].refills.is_round_robin()
    }

    /// Tells the timeout handler of `id` that `sc` has no budget left.
    pub(crate) fn timeout_fault(&mut self, id: TcbId, sc: ScId, hw: &mut impl Hardware) {
        let fault = Fault::Timeout {
            badge: self.scs[sc].badge,
            consumed_us: self.clock.us(core::mem::take(&mut self.scs[sc].consumed)),
        };
        self.deliver_fault(id, fault, hw);
    }

    /// A thread may run on `sc` now: its refill is due and long enough.
    #[inline]
    pub(crate) fn has_budget(&self, sc: ScId) -> bool {
        let pending = if self.current_sc == Some(sc) {
            self.consumed
        } else {
            0
        };
        let refills = &self.scs[sc].refills;
        refills.is_due(self.now.saturating_add(self.clock.worst_case_entry))
            && refills.left(pending) >= self.clock.minimum_budget
    }

    /// Switches from the current scheduling context to `next`.
    #[inline]
    pub(crate) fn switch_sched_context(&mut self, next: Option<ScId>) {
        if self.current_sc == next {
            return;
        }
        self.charge_current();
        if let Some(sc) = next {
            self.scs[sc].refills.activate(self.now);
        }
        self.current_sc = next;
    }

    /// Charges what the current scheduling context used.
    #[inline]
    pub(crate) fn charge_current(&mut self) {
        let used = core::mem::take(&mut self.consumed);
        if let Some(sc) = self.current_sc {
            let context = &mut self.scs[sc];
            context.refills.charge(used, self.clock.minimum_budget);
            context.consumed = context.consumed.saturating_add(used);
        }
    }

    /// The next moment at which the kernel must be entered: the end of the
    /// current budget or the next refill.
    #[inline]
    pub(crate) fn deadline(&self) -> Ticks {
        let budget_end = self.current_sc.map_or(Ticks::MAX, |sc| {
            let left = self.scs[sc].refills.left(self.consumed);
            self.now.saturating_add(left)
        });
        budget_end.min(self.next_release().unwrap_or(Ticks::MAX))
    }
}
