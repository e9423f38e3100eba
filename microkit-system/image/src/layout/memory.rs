// SPDX-License-Identifier: BSD-2-Clause

//! Free physical memory, given out first-fit.

use std::ops::Range;

use crate::board::round_up;

/// Free ranges, ascending and disjoint.
#[derive(Clone, Debug)]
pub struct FreeMemory {
    free: Vec<Range<u64>>,
}

impl FreeMemory {
    /// All of `range` is free.
    pub fn new(range: Range<u64>) -> Self {
        Self { free: vec![range] }
    }

    /// Takes `taken` out, as far as it was free.
    pub fn remove(&mut self, taken: &Range<u64>) {
        self.free = self
            .free
            .iter()
            .flat_map(|free| {
                [
                    free.start..free.end.min(taken.start),
                    free.start.max(taken.end)..free.end,
                ]
            })
            .filter(|range| range.start < range.end)
            .collect();
    }

    /// Gives out `size` bytes at the lowest multiple of `align` from `from` on.
    pub fn take(&mut self, size: u64, align: u64, from: u64) -> Option<u64> {
        let fit = |free: &Range<u64>| {
            let start = round_up(free.start.max(from), align);
            (start.checked_add(size)? <= free.end).then_some(start)
        };
        let start = self.free.iter().find_map(fit)?;
        self.remove(&(start..start + size));
        Some(start)
    }

    /// Gives out the largest piece whose start and size are multiples of `align`, but
    /// at most `size` bytes, which are such a multiple too.
    pub fn take_most(&mut self, size: u64, align: u64) -> Option<Range<u64>> {
        let fit = |free: &Range<u64>| {
            let start = round_up(free.start, align);
            let bytes = free.end.saturating_sub(start).min(size) / align * align;
            (bytes > 0).then_some((bytes, start))
        };
        // The first of the largest.
        let pieces = self.free.iter().filter_map(fit);
        let (bytes, start) = pieces.max_by_key(|(bytes, start)| (*bytes, u64::MAX - start))?;
        let piece = start..start + bytes;
        self.remove(&piece);
        Some(piece)
    }

    /// Free bytes.
    pub fn total(&self) -> u64 {
        self.free.iter().map(|range| range.end - range.start).sum()
    }
}

/// Sorts ranges and joins those that touch.
pub fn joined(mut ranges: Vec<Range<u64>>) -> Vec<Range<u64>> {
    ranges.sort_by_key(|range| range.start);
    let mut list: Vec<Range<u64>> = Vec::new();
    for range in ranges {
        match list.last_mut() {
            Some(last) if last.end >= range.start => last.end = last.end.max(range.end),
            _ => list.push(range),
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{FreeMemory, joined};

    #[test]
    fn taken_ranges_are_split_off() {
        let mut memory = FreeMemory::new(0x1000..0x9000);
        memory.remove(&(0x3000..0x4000));
        assert_eq!(memory.take(0x2000, 0x1000, 0), Some(0x1000));
        assert_eq!(memory.take(0x1000, 0x4000, 0), Some(0x4000));
        assert_eq!(memory.take(0x1000, 0x1000, 0x6000), Some(0x6000));
        assert_eq!(memory.take(0x3000, 0x1000, 0), None);
        assert_eq!(memory.total(), 0x3000);
    }

    #[test]
    fn the_largest_piece_is_aligned_and_not_larger_than_asked_for() {
        let mut memory = FreeMemory::new(0x1000..0x9000);
        memory.remove(&(0x3000..0x4000));
        assert_eq!(memory.take_most(0x9000, 0x2000), Some(0x4000..0x8000));
        assert_eq!(memory.take_most(0x1000, 0x1000), Some(0x1000..0x2000));
        assert_eq!(memory.take_most(0x9000, 0x2000), None);
        assert_eq!(memory.take_most(0x9000, 0x1000), Some(0x2000..0x3000));
    }

    #[test]
    fn touching_ranges_join() {
        assert_eq!(joined(vec![4..6, 0..2, 2..3]), vec![0..3, 4..6]);
    }

    proptest! {
        #[test]
        fn no_two_allocations_overlap(requests in proptest::collection::vec((1u64..64, 0u32..5), 1..50)) {
            let mut memory = FreeMemory::new(0..1 << 20);
            memory.remove(&(0x8000..0x9000));
            let hole = 0x8000..0x9000;
            let mut taken = Vec::from([hole]);
            for (pages, shift) in requests {
                let (size, align) = (pages << 12, 0x1000u64 << shift);
                if let Some(start) = memory.take(size, align, 0) {
                    prop_assert!(start.is_multiple_of(align));
                    prop_assert!(taken.iter().all(|other| !crate::board::overlap(other, &(start..start + size))));
                    taken.push(start..start + size);
                }
            }
        }
    }
}
