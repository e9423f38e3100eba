// SPDX-License-Identifier: BSD-2-Clause

//! Refills: how a scheduling context's budget is used up and comes back.
//!
//! Two rules (sel4-microkit-abi, 2.5). Budget = period is round robin: the slice
//! is the budget, and when it ends it is whole again. Budget < period is
//! constant bandwidth: the budget is split over at most two refills, each an
//! amount and the time it is due. What is used returns one period after the
//! refill it came from became due. A rest below the minimum cannot be run on, so
//! it merges with the next refill, which for that becomes due as much earlier as
//! the rest is long.
//!
//! Whatever happens, the amounts add up to the budget.

use crate::hardware::Ticks;

/// An amount of time and when it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refill {
    pub time: Ticks,
    pub amount: Ticks,
}

/// The refills of one scheduling context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refills {
    budget: Ticks,
    period: Ticks,
    /// The one in use; for round robin what is left of the slice.
    head: Refill,
    /// The later one, if any; round robin does without.
    tail: Option<Refill>,
}

impl Refills {
    pub const EMPTY: Self = Self {
        budget: 0,
        period: 0,
        head: Refill { time: 0, amount: 0 },
        tail: None,
    };

    /// The whole budget, due at `now`.
    pub fn new(budget: Ticks, period: Ticks, now: Ticks) -> Self {
        Self {
            budget,
            period,
            head: Refill {
                time: now,
                amount: budget,
            },
            tail: None,
        }
    }

    pub fn is_round_robin(&self) -> bool {
        self.budget >= self.period
    }

    /// The refill in use.
    pub fn head(&self) -> Refill {
        self.head
    }

    /// What is left of the refill in use after `usage`.
    #[inline]
    pub fn left(&self, usage: Ticks) -> Ticks {
        self.head.amount.saturating_sub(usage)
    }

    /// The refill in use is due at `now`.
    #[inline]
    pub fn is_due(&self, now: Ticks) -> bool {
        self.is_round_robin() || self.head.time <= now
    }

    /// Charges `usage`; a round-robin slice only shrinks.
    pub fn charge(&mut self, usage: Ticks, minimum: Ticks) {
        if self.is_round_robin() {
            self.head.amount = self.head.amount.saturating_sub(usage);
            return;
        }
        self.charge_whole(usage.checked_div(self.budget).unwrap_or(0));
        self.charge_parts(usage.checked_rem(self.budget).unwrap_or(0));
        self.merge_below(minimum);
    }

    /// The slice is over (with `usage` of it used): round robin starts afresh.
    pub fn end_slice(&mut self, usage: Ticks, minimum: Ticks) {
        if self.is_round_robin() {
            self.head.amount = self.budget;
        } else {
            self.charge(usage, minimum);
        }
    }

    /// Begins to be used at `now`. Time that passed unused after a refill was
    /// due is lost: the next one follows a period after this moment.
    #[inline]
    pub fn activate(&mut self, now: Ticks) {
        if self.is_round_robin() || self.head.time > now {
            return;
        }
        self.head.time = now;
        if let Some(tail) = self.tail
            && tail.time <= now.saturating_add(self.head.amount)
        {
            self.head.amount += tail.amount;
            self.tail = None;
        }
    }

    /// `times` the whole budget: each refill comes back so many periods later.
    fn charge_whole(&mut self, times: u64) {
        let delay = self.period.saturating_mul(times);
        self.head.time = self.head.time.saturating_add(delay);
        if let Some(tail) = &mut self.tail {
            tail.time = tail.time.saturating_add(delay);
        }
    }

    /// Less than the budget.
    fn charge_parts(&mut self, mut usage: Ticks) {
        if usage >= self.head.amount
            && let Some(next) = self.tail
        {
            usage -= self.head.amount;
            let used = self.one_period_later(self.head);
            self.head = next;
            self.tail = None;
            self.give_back(used);
        }
        // The refills add up to the budget, and less than that is charged: some
        // of the head is left.
        if usage == 0 {
            return;
        }
        let used = self.one_period_later(Refill {
            time: self.head.time,
            amount: usage,
        });
        self.head.time = self.head.time.saturating_add(usage);
        self.head.amount = self.head.amount.saturating_sub(usage);
        self.give_back(used);
    }

    fn one_period_later(&self, refill: Refill) -> Refill {
        Refill {
            time: refill.time.saturating_add(self.period),
            amount: refill.amount,
        }
    }

    /// Adds what was used as the last refill. If the last one lasts until then,
    /// they are one; if there is no room, the last one waits for it.
    fn give_back(&mut self, used: Refill) {
        match &mut self.tail {
            None if used.time <= self.head.time.saturating_add(self.head.amount) => {
                self.head.amount += used.amount;
            }
            None => self.tail = Some(used),
            Some(tail) => {
                tail.time = tail.time.max(used.time.saturating_sub(tail.amount));
                tail.amount += used.amount;
            }
        }
    }

    fn merge_below(&mut self, minimum: Ticks) {
        if self.head.amount < minimum
            && let Some(next) = self.tail.take()
        {
            self.head = Refill {
                time: next.time.saturating_sub(self.head.amount),
                amount: next.amount + self.head.amount,
            };
        }
    }

    /// The amounts add up to the budget; the later refill is later.
    #[cfg(test)]
    pub fn check(&self) {
        if self.is_round_robin() {
            assert!(self.head.amount <= self.budget && self.tail.is_none());
            return;
        }
        let tail = self.tail.unwrap_or(Refill {
            time: Ticks::MAX,
            amount: 0,
        });
        assert_eq!(self.head.amount + tail.amount, self.budget);
        assert!(self.head.amount > 0 && self.head.time <= tail.time);
    }
}
