// SPDX-License-Identifier: BSD-2-Clause

//! Section 2.5: priorities, slices and budgets.

use super::fake::TICKS_PER_US;
use super::system::{Builder, NOTIFY, System, YIELD, tcb};
use crate::Event;

fn names(ran: &[(String, u64)]) -> Vec<&str> {
    ran.iter().map(|(name, _)| name.as_str()).collect()
}

fn us(ran: &[(String, u64)], name: &str) -> u64 {
    ran.iter()
        .filter(|(who, _)| who == name)
        .map(|(_, time)| time)
        .sum()
}

#[test]
fn equal_priorities_start_in_reverse_name_order() {
    let mut builder = Builder::new();
    for name in ["banana", "apple", "cherry"] {
        builder.pd(name, 5);
    }
    builder.pd("zebra", 4);
    builder.pd("late", 6);
    let mut system = builder.start();
    let mut order = Vec::new();
    while system.running.is_some() {
        order.push(system.name().to_string());
        system.recv();
    }
    assert_eq!(order, ["late", "cherry", "banana", "apple", "zebra"]);
}

#[test]
fn two_default_domains_of_equal_priority_alternate_every_millisecond() {
    let mut builder = Builder::new();
    builder.pd("a", 5);
    builder.pd("b", 5);
    let mut system = builder.start();
    let ran = system.compute(10_000);
    assert_eq!(names(&ran)[..4], ["b", "a", "b", "a"]);
    for (name, time) in &ran {
        assert_eq!(*time, 1000, "{name}");
    }
}

/// Busy threads with a cost of 1 us at each kernel entry.
fn history(budget: u64, period: u64, us_total: u64) -> (System, Vec<(String, u64)>) {
    let mut builder = Builder::new();
    builder.pd_with("limited", 10, budget, period);
    builder.pd("other", 5);
    let mut system = builder.start();
    let mut ran: Vec<(String, u64)> = Vec::new();
    while system.hw.time < us_total * TICKS_PER_US {
        let name = system.name().to_string();
        let start = system.hw.time;
        // The timer is taken a little late, as on a machine.
        system.hw.time = system.hw.deadline.expect("a deadline").max(start) + 3;
        system.event(Event::Timer);
        ran.push((name, system.hw.time - start));
    }
    (system, ran)
}

#[test]
fn budget_200_of_1000_runs_199_to_200_us_in_each_1000() {
    let (_, ran) = history(200, 1000, 100_000);
    let time: u64 = ran
        .iter()
        .filter(|(name, _)| name == "limited")
        .map(|(_, time)| time)
        .sum();
    let share = time / TICKS_PER_US / 100;
    assert!((199..=200).contains(&share), "{share} us in each 1000");
    for (name, time) in ran.iter().filter(|(name, _)| name == "limited") {
        assert!(*time <= 201 * TICKS_PER_US, "{name} ran {time}");
    }
}

#[test]
fn budget_20_of_1000_runs_20_us_in_about_every_1980() {
    let (_, ran) = history(20, 1000, 100_000);
    let mut starts = Vec::new();
    let mut time = 0;
    for (name, ticks) in &ran {
        if name == "limited" {
            starts.push(time / TICKS_PER_US);
            assert!(*ticks <= 21 * TICKS_PER_US);
        }
        time += ticks;
    }
    let gaps: Vec<u64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() > 40);
    for gap in gaps {
        assert!((1975..=1985).contains(&gap), "{gap} us");
    }
}

#[test]
fn unused_budget_is_not_saved_up() {
    let mut builder = Builder::new();
    builder.pd_with("limited", 10, 200, 1000);
    let other = builder.pd("other", 5);
    builder.channel(other, 0, 0);
    let mut system = builder.start();
    system.recv();
    system.compute(5_000);
    system.call(5i64.wrapping_neg(), &[(0, NOTIFY), (1, 0)]);
    assert_eq!(system.name(), "limited");
    let ran = system.compute(1_000);
    assert_eq!(us(&ran, "limited"), 200);
}

#[test]
fn a_woken_thread_of_higher_priority_runs_at_once_and_the_preempted_one_next() {
    let mut builder = Builder::new();
    let (a, high) = (builder.pd("a", 5), builder.pd("high", 9));
    builder.pd("b", 5);
    builder.channel(a, high, 0);
    let mut system = builder.start();
    system.recv();
    // b runs first, then a when b blocks, and b comes back behind a.
    assert_eq!(system.name(), "b");
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "a");
    system.call(-5, &[(0, NOTIFY), (1, 0)]);
    assert_eq!(system.name(), "high");
    system.recv();
    assert_eq!(system.name(), "a", "the head of its queue, before b");
}

#[test]
fn a_woken_thread_of_equal_priority_goes_to_the_tail() {
    let mut builder = Builder::new();
    let (a, b) = (builder.pd("a", 5), builder.pd("b", 5));
    builder.pd("c", 5);
    builder.channel(a, b, 0);
    let mut system = builder.start();
    assert_eq!(system.name(), "c");
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "b");
    system.recv();
    assert_eq!(system.name(), "a");
    system.call(-5, &[(0, NOTIFY), (1, 0)]);
    assert_eq!(system.name(), "a", "goes on");
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "c", "was there before b");
}

#[test]
fn a_woken_thread_of_lower_priority_goes_to_the_head() {
    let mut builder = Builder::new();
    let (high, low_a) = (builder.pd("high", 9), builder.pd("a", 5));
    builder.pd("b", 5);
    builder.channel(high, low_a, 0);
    builder.channel(low_a, high, 1);
    let mut system = builder.start();
    system.recv();
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "a");
    system.recv();
    assert_eq!(system.name(), "b");
    system.event(Event::Interrupt { intid: 33 });
    // high is woken by hand to signal a, which then precedes b.
    system.kernel.signal(crate::ids::Id::new(0).unwrap(), 1);
    system.event(Event::Interrupt { intid: 33 });
    assert_eq!(system.name(), "high");
    system.call(-5, &[(0, NOTIFY), (1, 0)]);
    assert_eq!(system.name(), "high");
    system.recv();
    assert_eq!(system.name(), "a");
}

#[test]
fn a_preempted_thread_keeps_the_rest_of_its_slice() {
    let mut builder = Builder::new();
    let high = builder.pd("high", 9);
    builder.pd("a", 5);
    builder.pd("b", 5);
    builder.irq(high, 0, 33);
    let mut system = builder.start();
    system.recv();
    assert_eq!(system.compute(400), [("b".to_string(), 400)]);
    system.event(Event::Interrupt { intid: 33 });
    assert_eq!(system.name(), "high");
    system.compute(100);
    system.recv();
    assert_eq!(
        system.compute(1600),
        [("b".to_string(), 600), ("a".to_string(), 1000)]
    );
}

#[test]
fn yield_of_a_limited_thread_gives_up_the_rest_until_the_next_refill() {
    let mut builder = Builder::new();
    builder.pd_with("limited", 10, 200, 1000);
    builder.pd("other", 5);
    let mut system = builder.start();
    system.compute(50);
    system.call(YIELD, &[]);
    assert_eq!(system.name(), "other");
    let ran = system.compute(950);
    assert_eq!(names(&ran), ["other"]);
    assert_eq!(system.name(), "limited");
    assert_eq!(us(&system.compute(400), "limited"), 200);
}

#[test]
fn a_system_call_without_budget_is_restarted_in_the_next_slice() {
    let mut builder = Builder::new();
    builder.pd("a", 5);
    builder.pd("b", 5);
    let mut system = builder.start();
    assert_eq!(system.name(), "b");
    system.hw.time += 990 * TICKS_PER_US;
    let svc = system.me().pc;
    system.recv();
    assert_eq!(system.name(), "a");
    assert_eq!(system.context(1).pc, svc);
    assert!(system.kernel.is_schedulable(tcb(1)));
}

#[test]
fn a_fault_without_budget_is_not_delivered() {
    let mut builder = Builder::new();
    builder.pd("a", 5);
    builder.pd("b", 5);
    let mut system = builder.start();
    system.hw.time += 990 * TICKS_PER_US;
    system.event(Event::VcpuFault { hsr: 1 });
    assert!(system.hw.reports().is_empty());
    assert_eq!(system.name(), "a");
    assert!(system.kernel.is_schedulable(tcb(1)));
}

#[test]
fn nothing_runs_when_all_wait_and_the_deadline_is_the_next_refill() {
    let mut builder = Builder::new();
    builder.pd_with("limited", 10, 200, 1000);
    let mut system = builder.start();
    let ran = system.compute(3000);
    assert_eq!(
        ran.iter()
            .map(|(n, t)| (n.as_str(), *t))
            .collect::<Vec<_>>()[..2],
        [("limited", 200), ("", 800)]
    );
}
