// SPDX-License-Identifier: BSD-2-Clause

//! Matrix against reality: every difference, in either direction.

mod marks;
mod memory;
mod slots;

pub use slots::SLOTS;

use crate::lines::Line;
use crate::matrix::Matrix;
use std::collections::BTreeSet;

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Pages tried, in all address spaces.
    pub pages: usize,
    /// Slots tried.
    pub slots: u64,
    /// Marks looked at.
    pub marks: usize,
    /// Everything that is not as the matrix says, or was not tried.
    pub differences: Vec<String>,
}

/// Holds `lines` against `matrix`.
pub fn compare(matrix: &Matrix, lines: &[Line]) -> Outcome {
    let mut outcome = Outcome::default();
    let pages = memory::pages(lines, &mut outcome);
    for subject in &matrix.subjects {
        let tried = pages.get(subject.name.as_str());
        memory::differences(matrix, &subject.name, subject.kind, tried, &mut outcome);
    }
    marks::differences(matrix, lines, &pages, &mut outcome);
    slots::differences(matrix, lines, &mut outcome);
    strangers(matrix, lines, &mut outcome);
    if lines.last() != Some(&Line::End) {
        outcome.differences.push("the judge did not finish".into());
    }
    outcome
}

/// Lines about somebody whom the matrix does not know.
fn strangers(matrix: &Matrix, lines: &[Line], outcome: &mut Outcome) {
    let mut names = BTreeSet::new();
    for line in lines {
        names.extend(match line {
            Line::Page(who, ..) | Line::Slots(who, ..) => Some(who),
            Line::Mark { who, .. } | Line::Slot { who, .. } => Some(who),
            Line::End => None,
        });
    }
    for name in names {
        if !matrix.subjects.iter().any(|subject| subject.name == *name) {
            outcome
                .differences
                .push(format!("{name}: not in the matrix"));
        }
    }
}
