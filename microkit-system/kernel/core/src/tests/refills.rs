// SPDX-License-Identifier: BSD-2-Clause

//! Section 2.5: refills alone.

use proptest::prelude::{Just, Strategy, any, proptest};

use crate::sched::{Clock, Refills};

const MINIMUM: u64 = 20;

#[test]
fn an_exhausted_refill_returns_one_period_after_it_was_due() {
    let mut refills = Refills::new(200, 1000, 5000);
    refills.charge(200, MINIMUM);
    assert!(!refills.is_due(5999) && refills.is_due(6000));
    assert_eq!(refills.left(0), 200);
}

#[test]
fn what_was_used_of_a_refill_returns_and_the_rest_stays() {
    let mut refills = Refills::new(200, 1000, 0);
    refills.charge(50, MINIMUM);
    assert_eq!((refills.head().time, refills.left(0)), (50, 150));
    refills.charge(150, MINIMUM);
    // 50 used first are due at 1000, 150 used then at 1050: one refill.
    assert_eq!((refills.head().time, refills.left(0)), (1000, 200));
}

#[test]
fn a_rest_below_the_minimum_merges_with_the_next_refill() {
    let mut refills = Refills::new(200, 1000, 0);
    refills.charge(190, MINIMUM);
    assert_eq!((refills.head().time, refills.left(0)), (990, 200));
}

#[test]
fn overrun_is_charged_to_the_next_refill() {
    let mut refills = Refills::new(20, 1000, 0);
    refills.charge(21, MINIMUM);
    assert_eq!((refills.head().time, refills.left(0)), (1981, 20));
}

#[test]
fn many_budgets_at_once_are_charged_without_a_loop() {
    let mut refills = Refills::new(1, 2, 0);
    refills.charge(1 << 62, 1);
    assert_eq!(refills.head().time, 1 << 63);
}

#[test]
fn a_round_robin_slice_shrinks_and_is_whole_again() {
    let mut refills = Refills::new(1000, 1000, 0);
    refills.charge(400, MINIMUM);
    assert_eq!(refills.left(0), 600);
    refills.end_slice(600, MINIMUM);
    assert_eq!(refills.left(0), 1000);
    assert!(refills.is_due(0));
}

#[test]
fn clocks_convert_fractions_of_a_tick() {
    let clock = Clock::new(62_500_000);
    assert_eq!((clock.ticks(20), clock.us(1250)), (1250, 20));
    assert_eq!(clock.ticks(1), 62);
    assert_eq!(Clock::EMPTY.us(5), 0);
}

fn budget_and_period() -> impl Strategy<Value = (u64, u64)> {
    (MINIMUM..100_000).prop_flat_map(|budget| (Just(budget), budget + 1..1_000_000))
}

proptest! {
    /// Whatever is used when: no time is lost or made, and in no window of a
    /// period does a thread that runs when it may get more than twice its
    /// budget and what it overran by.
    #[test]
    fn budgets_neither_leak_nor_grow(
        (budget, period) in budget_and_period(),
        steps in proptest::collection::vec((any::<u16>(), any::<u32>(), any::<bool>()), 1..200),
    ) {
        let mut now = 0;
        let mut refills = Refills::new(budget, period, now);
        let mut used_from: Vec<(u64, u64)> = Vec::new();
        let mut overrun = 0;
        for (use_, gap, idle) in steps {
            if !refills.is_due(now) {
                now = refills.head().time;
            }
            refills.activate(now);
            refills.check();
            let left = refills.left(0);
            assert!(left >= MINIMUM);
            let usage = u64::from(use_) % (left + 10);
            overrun += usage.saturating_sub(left);
            refills.charge(usage, MINIMUM);
            refills.check();
            used_from.push((now, usage));
            now += usage;
            if idle {
                now += u64::from(gap) % (2 * period);
            }
        }
        for (index, (start, _)) in used_from.iter().enumerate() {
            let window: u64 = used_from[index..]
                .iter()
                .take_while(|(time, _)| *time < start + period)
                .map(|(_, usage)| usage)
                .sum();
            assert!(window <= 2 * budget + overrun, "{window} of {budget} in {period}");
        }
    }
}
