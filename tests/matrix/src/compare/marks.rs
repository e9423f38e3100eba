// SPDX-License-Identifier: BSD-2-Clause

//! Marks: whose stores are found where, which says what memory is the same.

use super::Outcome;
use super::memory::Pages;
use crate::lines::Line;
use crate::matrix::{Mapping, Matrix};
use std::collections::BTreeSet;

/// Whose marks lie where: that says which memory is the same.
pub fn differences(matrix: &Matrix, lines: &[Line], pages: &Pages<'_>, outcome: &mut Outcome) {
    let mut seen = BTreeSet::new();
    for line in lines {
        let Line::Mark {
            who,
            page,
            whose,
            there,
        } = line
        else {
            continue;
        };
        outcome.marks += 1;
        seen.insert((who.as_str(), *page));
        // A page that should not be there is a difference already.
        let Some(map) = matrix.at(who, *page).filter(|map| !map.device) else {
            continue;
        };
        let writer = last_writer(matrix, pages, map, page - map.address);
        let (name, right) = match writer {
            None => ("nobody", *there == 0),
            Some(writer) => (writer.who.as_str(), writer.has(*there)),
        };
        if whose != name || !right {
            outcome.differences.push(format!(
                "{who}: page {page:#x} (`{}`): the last who stores there is {name}, \
                 the mark is that of {whose}, from {there:#x}",
                map.region
            ));
        }
    }
    for map in &matrix.mappings {
        let reads = map.access.contains('r') && !map.device;
        if reads && !seen.contains(&(map.who.as_str(), map.address)) {
            outcome.differences.push(format!(
                "{}: page {:#x} (`{}`): no mark was looked for",
                map.who, map.address, map.region
            ));
        }
    }
}

/// The mapping through which the last store to this place of the region went.
fn last_writer<'a>(
    matrix: &'a Matrix,
    pages: &Pages<'_>,
    map: &Mapping,
    offset: u64,
) -> Option<&'a Mapping> {
    let mut writers: Vec<&Mapping> = Vec::new();
    for subject in &matrix.subjects {
        let own = matrix.mappings_of(&subject.name).filter(|other| {
            let tried = pages.get(other.who.as_str());
            let stored = tried.is_some_and(|tried| tried.contains_key(&(other.address + offset)));
            other.region == map.region && other.access.contains('w') && stored
        });
        writers.extend(own);
    }
    writers.last().copied()
}
