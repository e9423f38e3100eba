// SPDX-License-Identifier: BSD-2-Clause

//! The design's rules, checked on a `.system` file whoever wrote it.
//!
//! What Microkit itself demands (overlaps, names, a callee's priority) the image
//! tool's library checks. Here is what Tombolo demands beyond that: the order of
//! priorities, because on seL4 a spinning thread starves all below it, and the
//! budget of whoever calls a passive server, because the server runs on it.

use tombolo_image::diagnostic::{Diagnostic, Span};
use tombolo_image::system::{ProtectionDomain, System};

/// Checks all rules.
pub fn check(system: &System) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    budgets(system, &mut found);
    passive_parents(system, &mut found);
    order(system, &mut found);
    alone(system, &mut found);
    found
}

/// Whoever calls a passive domain has budget = period.
fn budgets(system: &System, found: &mut Vec<Diagnostic>) {
    for channel in &system.channels {
        for (from, to) in channel.directions() {
            let (caller, callee) = (&system.domains[from.domain], &system.domains[to.domain]);
            let limits = &caller.scheduling;
            if !from.pp || !callee.passive || limits.budget >= limits.period {
                continue;
            }
            found.push(
                Diagnostic::error(format!(
                    "`{}` calls the passive `{}`, so its budget must be its period",
                    caller.name.value, callee.name.value
                ))
                .at(
                    &caller.span,
                    format!("{} of {} us", limits.budget, limits.period),
                )
                .also(&from.span, "this end may call")
                .note("a passive domain runs on its caller's budget: when that is used up, it stops for everybody")
                .help("leave out `budget` and `period`, or `pp`"),
            );
        }
    }
}

/// On seL4 a cancelled call keeps the scheduling context that was lent for it.
fn passive_parents(system: &System, found: &mut Vec<Diagnostic>) {
    for child in &system.domains {
        let Some(parent) = child.parent.map(|parent| &system.domains[parent]) else {
            continue;
        };
        if parent.passive {
            found.push(
                Diagnostic::error(format!(
                    "`{}` has children and is passive",
                    parent.name.value
                ))
                .at(&parent.span, "leave out `passive`")
                .also(&child.span, "a child")
                .note(
                    "stopping a child that called it would cost that child its scheduling context",
                ),
            );
        }
    }
}

/// Somebody with a place in the order.
struct Ranked<'a> {
    rank: usize,
    name: &'a str,
    priority: u8,
    span: Span,
}

/// The order, highest first. VMMs are those with a virtual machine.
const ORDER: [&str; 7] = [
    "the shmem-server",
    "the console",
    "the clock",
    "the manager",
    "VMMs and hosts",
    "the scrubber",
    "virtual CPUs",
];

fn rank(domain: &ProtectionDomain) -> usize {
    match domain.name.value.as_str() {
        "shmem_server" => 0,
        "console" => 1,
        "clock" => 2,
        "manager" => 3,
        "scrubber" => 5,
        _ => 4,
    }
}

fn order(system: &System, found: &mut Vec<Diagnostic>) {
    let mut all: Vec<Ranked<'_>> = Vec::new();
    for domain in &system.domains {
        all.push(Ranked {
            rank: rank(domain),
            name: &domain.name.value,
            priority: domain.scheduling.priority,
            span: domain.span.clone(),
        });
        all.extend(domain.virtual_machine.as_ref().map(|machine| Ranked {
            rank: 6,
            name: &machine.name.value,
            priority: machine.scheduling.priority,
            span: machine.name.span.clone(),
        }));
    }
    for low in &all {
        // One error for each: against the lowest of those it should be below.
        let above = all.iter().filter(|high| high.rank < low.rank);
        let Some(high) = above.min_by_key(|high| high.priority) else {
            continue;
        };
        if low.priority < high.priority {
            continue;
        }
        found.push(
            Diagnostic::error(format!(
                "`{}` (priority {}) must be below `{}` (priority {})",
                low.name, low.priority, high.name, high.priority
            ))
            .at(&low.span, format!("use less than {}", high.priority))
            .also(&high.span, "this one comes first")
            .note(format!("the order is: {}", ORDER.join(" > "))),
        );
    }
}

/// A passive domain that others call is alone at its priority, or a peer could
/// run between its caller and it.
fn alone(system: &System, found: &mut Vec<Diagnostic>) {
    for (index, domain) in system.domains.iter().enumerate() {
        let called = system
            .channels
            .iter()
            .flat_map(tombolo_image::system::Channel::directions)
            .any(|(from, to)| from.pp && to.domain == index);
        if !domain.passive || !called {
            continue;
        }
        let same = |other: &&ProtectionDomain| {
            other.name.value != domain.name.value
                && other.scheduling.priority == domain.scheduling.priority
        };
        // Those that the order above puts below it have an error already.
        for other in system
            .domains
            .iter()
            .filter(same)
            .filter(|other| rank(other) <= rank(domain))
        {
            found.push(
                Diagnostic::error(format!(
                    "`{}` shares priority {} with the passive `{}`",
                    other.name.value, domain.scheduling.priority, domain.name.value
                ))
                .at(&other.span, "choose another priority")
                .also(&domain.span, "this one must be alone at its priority"),
            );
        }
    }
}
