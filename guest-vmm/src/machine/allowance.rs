// SPDX-License-Identifier: BSD-2-Clause

//! How long a guest may keep its VMM busy.
//!
//! Why: the kernel charges a vCPU for what it runs, and its VMM, at a higher
//! priority, for the rest. So a guest that does nothing but trap would be served
//! before every other guest, all the time: its vCPU, which hardly runs, never uses its
//! turn up. The VMM cannot charge its time to the vCPU; it can let the vCPU on
//! later.
//!
//! Rules: a guest that others wait for, `n` with itself, may keep its VMM busy for 1 / n
//! of the time, and for [`BURST_US`] at once. A guest that nobody waits for may do as
//! it likes. How many wait, or are held back for them, `clock` says once a period.

/// Microseconds of work at once.
const BURST_US: u64 = 2000;
/// Credit is kept in fractions of a tick: what is earned between two traps is little.
const FRACTIONS: i64 = 1024;
/// More than any debt: a century of ticks.
const LONG: u64 = 1 << 52;

/// What a guest's VMM may still work for it.
#[derive(Debug)]
pub(super) struct Allowance {
    /// In [`FRACTIONS`] of a tick; a debt if it is below 0.
    credit: i64,
    most: i64,
    last: u64,
}

impl Allowance {
    /// Untouched. `frequency`: counter ticks per second.
    pub(super) fn new(frequency: u64, now: u64) -> Self {
        let most = fractions(frequency.saturating_mul(BURST_US) / 1_000_000);
        Self {
            credit: most,
            most,
            last: now,
        }
    }

    /// The VMM has worked from `since` to `now`, for one of `contenders` guests.
    pub(super) fn worked(&mut self, since: u64, now: u64, contenders: u64) {
        self.earn(now, contenders);
        // The kernel's way from the vCPU and back takes about as long again.
        let cost = now.saturating_sub(since).saturating_mul(2);
        self.credit = self.credit.saturating_sub(fractions(cost));
    }

    /// Counter value from which the guest may run on; `None`: at once.
    pub(super) fn in_debt_until(&mut self, now: u64, contenders: u64) -> Option<u64> {
        self.earn(now, contenders);
        if self.credit >= 0 {
            return None;
        }
        let debt = self.credit.unsigned_abs().div_ceil(FRACTIONS as u64);
        Some(now.saturating_add(debt.saturating_mul(parts(contenders))))
    }

    fn earn(&mut self, now: u64, contenders: u64) {
        let elapsed = now.saturating_sub(self.last);
        self.last = now;
        if contenders <= 1 {
            self.credit = self.most;
            return;
        }
        // Lossless: at most 2^31.
        let earned = fractions(elapsed) / parts(contenders) as i64;
        self.credit = self.credit.saturating_add(earned).min(self.most);
    }
}

/// One part in so many is the VMM's.
fn parts(contenders: u64) -> u64 {
    contenders.clamp(1, 1 << 31)
}

fn fractions(ticks: u64) -> i64 {
    // Lossless: 2^52 times 2^10.
    ticks.min(LONG) as i64 * FRACTIONS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ticks of work in `time`, each trap taking `cost` of it.
    fn work(allowance: &mut Allowance, time: u64, cost: u64, contenders: u64) -> u64 {
        let (mut now, mut worked) = (allowance.last, 0);
        let end = now + time;
        while now < end {
            match allowance.in_debt_until(now, contenders) {
                Some(until) => now = until,
                None => {
                    // The kernel's half is not seen by who measures.
                    allowance.worked(now + cost / 2, now + cost, contenders);
                    now += cost;
                    worked += cost;
                }
            }
        }
        worked
    }

    #[test]
    fn a_guest_that_only_traps_gets_a_fair_share() {
        for (frequency, cost) in [(62_500_000, 300), (8_000_000, 40), (1_000_000_000, 6000)] {
            for contenders in [2, 3, 10, 58] {
                let mut allowance = Allowance::new(frequency, 77);
                let worked = work(&mut allowance, 10 * frequency, cost, contenders);
                let share = 10 * frequency / contenders;
                let burst = frequency / 500;
                assert!(
                    (share * 98 / 100..=share + burst + 2 * cost).contains(&worked),
                    "{worked} of {share} with {contenders} at {frequency} Hz"
                );
            }
        }
    }

    #[test]
    fn a_guest_alone_does_as_it_likes() {
        let mut allowance = Allowance::new(1_000_000, 0);
        assert_eq!(work(&mut allowance, 1_000_000, 10, 1), 1_000_000);
        assert_eq!(allowance.in_debt_until(1_000_000, 0), None);
    }

    #[test]
    fn what_others_want_is_heeded_at_once_and_a_debt_ends_with_them() {
        let mut allowance = Allowance::new(1_000_000, 0);
        allowance.worked(0, 500, 2);
        assert_eq!(allowance.in_debt_until(500, 2), None);
        allowance.worked(500, 1500, 2);
        // 2000 less twice 500, and 1000 / 2 earned, less twice 1000.
        assert_eq!(allowance.in_debt_until(1500, 2), Some(1500 + 500 * 2));
        assert_eq!(allowance.in_debt_until(1600, 1), None);
    }

    #[test]
    fn no_clock_makes_it_panic() {
        let mut allowance = Allowance::new(u64::MAX, u64::MAX);
        for (since, now, contenders) in [
            (0, u64::MAX, u64::MAX),
            (u64::MAX, 0, 2),
            (0, 0, 0),
            (0, u64::MAX, 2),
            (0, u64::MAX, 2),
        ] {
            allowance.worked(since, now, contenders);
            let _ = allowance.in_debt_until(now, contenders);
        }
    }
}
