// SPDX-License-Identifier: BSD-2-Clause

//! Slots: what each holds and whom it reaches.

use super::Outcome;
use crate::lines::Line;
use crate::matrix::{Capability, Kind, Matrix};
use std::collections::{BTreeMap, BTreeSet};

/// Slots that are tried in each protection domain: 6 to 511, and 63 of `<cspace>`.
pub const SLOTS: u64 = 512 - 6 + 63;

/// Differences of all protection domains.
pub fn differences(matrix: &Matrix, lines: &[Line], outcome: &mut Outcome) {
    let mut found: BTreeMap<(&str, u64), Capability> = BTreeMap::new();
    let mut tried = BTreeMap::new();
    for line in lines {
        match line {
            Line::Slot {
                who,
                slot,
                kind,
                whom,
                badge,
            } => {
                let capability = Capability {
                    who: who.clone(),
                    slot: *slot,
                    kind: kind.clone(),
                    whom: whom.clone(),
                    badge: *badge,
                };
                found.insert((who, *slot), capability);
            }
            Line::Slots(who, count, empty) => {
                tried.insert(who.as_str(), (*count, *empty));
            }
            _ => {}
        }
    }
    let should: BTreeMap<(&str, u64), &Capability> = matrix
        .capabilities
        .iter()
        .map(|capability| ((capability.who.as_str(), capability.slot), capability))
        .collect();
    let all: BTreeSet<_> = should.keys().chain(found.keys()).copied().collect();
    for place in all {
        let (says, is) = (should.get(&place).copied(), found.get(&place));
        if says != is {
            outcome.differences.push(format!(
                "{}: slot {:#x}: the matrix says {}, the probe found {}",
                place.0,
                place.1,
                shown(says),
                shown(is)
            ));
        }
    }
    for subject in &matrix.subjects {
        if subject.kind == Kind::VirtualMachine {
            continue;
        }
        let name = subject.name.as_str();
        let (count, empty) = tried.get(name).copied().unwrap_or_default();
        let full = found.keys().filter(|(who, _)| *who == name).count() as u64;
        outcome.slots += count;
        if count != SLOTS || empty + full != count {
            outcome.differences.push(format!(
                "{name}: {count} slots tried, {empty} of them empty and {full} not: {SLOTS} are there"
            ));
        }
    }
}

fn shown(capability: Option<&Capability>) -> String {
    let Some(capability) = capability else {
        return "nothing".into();
    };
    let whom = capability.whom.as_ref();
    let whom = whom.map_or_else(String::new, |whom| format!(" of {whom}"));
    let badge = capability.badge;
    let badge = badge.map_or_else(String::new, |badge| format!(", badge {badge:#x}"));
    format!("{}{whom}{badge}", capability.kind)
}
