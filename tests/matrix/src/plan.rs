// SPDX-License-Identifier: BSD-2-Clause

//! Which pages are tried.
//!
//! In the address space of each protection domain, every page around the edges of
//! every mapping that *any* of them has, and one page of each 2 MiB of the rest; in
//! that of each guest the same with the guests' mappings. Every device is tried at its
//! physical address too. So what others have is tried at their addresses, and a
//! mapping that nobody should have is found if it is near the others or has 2 MiB.

use crate::matrix::{Kind, Matrix};
use std::collections::BTreeSet;

/// A page.
pub const PAGE: u64 = 0x1000;
/// A large page.
pub const LARGE: u64 = 0x20_0000;
/// Pages tried on either side of an edge.
const AROUND: u64 = 32;
/// Everything below is tried.
const TOP: u64 = 8 << 30;
/// Where the probe's program and message registers are, in each protection domain.
pub const PROGRAM: std::ops::Range<u64> = 0x20_0000..0x60_0000;

/// Pages `start`, `start + step`, … below `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First page.
    pub start: u64,
    /// Behind the last.
    pub end: u64,
    /// Step.
    pub step: u64,
}

impl Range {
    /// Its pages.
    pub fn pages(self) -> impl Iterator<Item = u64> {
        let step = usize::try_from(self.step.max(PAGE)).unwrap_or(usize::MAX);
        (self.start..self.end).step_by(step)
    }
}

/// Pages to try in each address space of `kind`.
pub fn ranges(matrix: &Matrix, kind: Kind) -> Vec<Range> {
    let mut pages = BTreeSet::new();
    let mut top = TOP;
    let maps = matrix.mappings_in(kind).map(|map| (map.address, map.bytes));
    let regions = matrix.regions.iter();
    let devices = regions.filter_map(|region| Some((region.address?, region.bytes)));
    for (address, bytes) in maps.chain(devices) {
        for edge in [address, address.saturating_add(bytes)] {
            let first = edge.saturating_sub(AROUND * PAGE);
            pages.extend((0..2 * AROUND).map(|n| first + n * PAGE));
            top = top.max((edge + AROUND * PAGE).next_multiple_of(LARGE));
        }
    }
    pages.extend((0..top / LARGE).map(|n| n * LARGE));
    if kind == Kind::ProtectionDomain {
        pages.retain(|page| !PROGRAM.contains(page));
    }
    let mut ranges: Vec<Range> = Vec::new();
    for page in pages {
        match ranges.last_mut() {
            Some(last) if last.end == page && last.step == PAGE => last.end += PAGE,
            // Alone so far: the second page says the step.
            Some(last) if last.end == last.start + PAGE && page == last.start + LARGE => {
                last.step = LARGE;
                last.end = page + PAGE;
            }
            Some(last) if last.step == LARGE && page == last.end - PAGE + LARGE => {
                last.end = page + PAGE;
            }
            _ => ranges.push(Range {
                start: page,
                end: page + PAGE,
                step: PAGE,
            }),
        }
    }
    ranges
}
