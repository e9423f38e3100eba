// SPDX-License-Identifier: BSD-2-Clause

//! What authority a change adds and removes.

use super::facts::Fact;
use super::matrix::Authority;
use serde::Serialize;

/// The difference between two systems.
#[derive(Debug, Serialize)]
pub struct Difference {
    /// Subjects that are new.
    pub new_subjects: Vec<String>,
    /// Subjects that are gone.
    pub gone_subjects: Vec<String>,
    /// Facts that hold only after the change.
    pub added: Vec<Fact>,
    /// Facts that held only before.
    pub removed: Vec<Fact>,
}

impl Difference {
    /// Whether nobody gains or loses anything.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty()
            && self.removed.is_empty()
            && self.new_subjects.is_empty()
            && self.gone_subjects.is_empty()
    }

    /// As text: `+` added, `-` removed.
    pub fn text(&self) -> String {
        let mut lines = Vec::new();
        let subjects = [('-', &self.gone_subjects), ('+', &self.new_subjects)];
        for (sign, subjects) in subjects {
            lines.extend(subjects.iter().map(|name| format!("{sign} {name}")));
        }
        for (sign, facts) in [('-', &self.removed), ('+', &self.added)] {
            lines.extend(facts.iter().map(|fact| format!("{sign} {fact}")));
        }
        lines.push(format!(
            "rights added: {}, removed: {}",
            self.added.len(),
            self.removed.len()
        ));
        lines.join("\n") + "\n"
    }
}

/// From `before` to `after`.
pub fn diff(before: &Authority, after: &Authority) -> Difference {
    let names = |authority: &Authority| -> Vec<String> {
        authority
            .subjects
            .iter()
            .map(|subject| subject.name.clone())
            .collect()
    };
    let (old, new) = (names(before), names(after));
    Difference {
        new_subjects: new
            .iter()
            .filter(|name| !old.contains(name))
            .cloned()
            .collect(),
        gone_subjects: old
            .iter()
            .filter(|name| !new.contains(name))
            .cloned()
            .collect(),
        added: after.facts.difference(&before.facts).cloned().collect(),
        removed: before.facts.difference(&after.facts).cloned().collect(),
    }
}
