// SPDX-License-Identifier: BSD-2-Clause

//! Pages: what each gave against what the matrix says of it.

use super::Outcome;
use crate::lines::Line;
use crate::matrix::{Kind, Matrix};
use crate::plan::ranges;
use std::collections::{BTreeMap, BTreeSet};

/// What each page of somebody gave.
pub type Pages<'a> = BTreeMap<&'a str, BTreeMap<u64, &'a str>>;

/// All pages of `lines`.
pub fn pages<'a>(lines: &'a [Line], outcome: &mut Outcome) -> Pages<'a> {
    let mut pages = Pages::new();
    for line in lines {
        let Line::Page(who, range, access) = line else {
            continue;
        };
        let own = pages.entry(who).or_default();
        for page in range.pages() {
            if own.insert(page, access).is_some() {
                let twice = format!("{who}: page {page:#x} was tried twice");
                outcome.differences.push(twice);
            }
        }
    }
    outcome.pages = pages.values().map(BTreeMap::len).sum();
    pages
}

/// What the matrix says of a page.
fn expected<'a>(matrix: &'a Matrix, who: &str, page: u64) -> &'a str {
    let map = matrix.at(who, page);
    map.map_or("none", |map| match map.access.as_str() {
        "" => "none",
        access => access,
    })
}

/// Differences of one address space, pages in a row as one.
pub fn differences(
    matrix: &Matrix,
    who: &str,
    kind: Kind,
    tried: Option<&BTreeMap<u64, &str>>,
    outcome: &mut Outcome,
) {
    let planned: BTreeSet<u64> = ranges(matrix, kind)
        .iter()
        .flat_map(|range| range.pages())
        .collect();
    let none = BTreeMap::new();
    let tried = tried.unwrap_or(&none);
    let all: BTreeSet<u64> = planned.iter().chain(tried.keys()).copied().collect();
    let mut last = None;
    for page in all {
        let should = expected(matrix, who, page);
        let text = match tried.get(&page) {
            Some(found) if *found == should => {
                last = None;
                continue;
            }
            Some(found) => format!("the matrix says {should}, the probe found {found}"),
            None => "not tried".to_owned(),
        };
        let name = matrix.at(who, page).map(|map| map.region.as_str());
        let this = Some((name, text.clone()));
        if last != this {
            let place = name.map_or_else(String::new, |name| format!(" (`{name}`)"));
            let difference = format!("{who}: page {page:#x}{place}: {text}");
            outcome.differences.push(difference);
        }
        last = this;
    }
}
