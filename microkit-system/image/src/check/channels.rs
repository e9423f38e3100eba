// SPDX-License-Identifier: BSD-2-Clause

//! Channels: ids are unique in a domain, calls go to higher priorities.

use crate::diagnostic::{Diagnostic, Located};
use crate::system::{Channel, System};

/// Checks all channels.
pub fn check(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    for channel in &system.channels {
        for (from, to) in channel.directions() {
            let (caller, callee) = (&system.domains[from.domain], &system.domains[to.domain]);
            let (low, high) = (caller.scheduling.priority, callee.scheduling.priority);
            if from.pp && low >= high {
                diagnostics.push(
                    priorities(system, (from.domain, low), (to.domain, high))
                        .also(&from.span, "this end may call"),
                );
            }
        }
    }
    unique_ids(system, diagnostics);
}

fn priorities(system: &System, caller: (usize, u8), callee: (usize, u8)) -> Diagnostic {
    let (from, to) = (&system.domains[caller.0], &system.domains[callee.0]);
    Diagnostic::error(format!(
        "`{}` (priority {}) may not call `{}` (priority {})",
        from.name.value, caller.1, to.name.value, callee.1
    ))
    .at(&to.span, format!("needs a priority above {}", caller.1))
    .note("a protected call runs at the callee's priority, which must be strictly higher")
}

fn unique_ids(system: &System, diagnostics: &mut Vec<Diagnostic>) {
    for (index, domain) in system.domains.iter().enumerate() {
        let irqs = domain.irqs.iter().map(|irq| (&irq.id, "an interrupt"));
        let ends = system
            .channels
            .iter()
            .flat_map(|channel: &Channel| &channel.ends);
        let ends = ends
            .filter(|end| end.domain == index)
            .map(|end| (&end.id, "a channel"));
        let mut seen = Vec::<(&Located<u64>, &str)>::new();
        for (id, what) in irqs.chain(ends) {
            match seen.iter().find(|(other, _)| other.value == id.value) {
                Some((other, taken_by)) => diagnostics.push(
                    Diagnostic::error(format!(
                        "the id {} is taken in `{}`",
                        id.value, domain.name.value
                    ))
                    .at(&id.span, "use another id")
                    .also(&other.span, format!("id of {taken_by}"))
                    .help_if(free_id(&seen).map(|free| format!("{free} is free"))),
                ),
                None => seen.push((id, what)),
            }
        }
    }
}

fn free_id(seen: &[(&Located<u64>, &str)]) -> Option<u64> {
    (0..=61).find(|id| seen.iter().all(|(other, _)| other.value != *id))
}
