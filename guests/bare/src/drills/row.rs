// SPDX-License-Identifier: BSD-2-Clause

//! What a culprit and the giver tell each other, in a cache line of the first page.

use core::sync::atomic::{AtomicU32, Ordering};

/// Words of a row.
const ROW: usize = 16;
/// Rows of the first page; the first is the transfer's.
pub const ROWS: usize = 64;
/// Word at which the block begins.
pub const BLOCK: usize = ROWS * ROW;

const LIVES: usize = 0;
const ORDER: usize = 1;
const BEGUN: usize = 2;

/// The row of one culprit.
#[derive(Clone, Copy, Debug)]
pub struct Row<'d>(&'d [AtomicU32; ROW]);

impl<'d> Row<'d> {
    /// The row of culprit `number`, from 1. `None`: the region has none.
    pub fn new(data: &'d [AtomicU32], number: u32) -> Option<Self> {
        let nth = usize::try_from(number).ok()?;
        if nth == 0 || nth >= ROWS {
            return None;
        }
        data.get(nth * ROW..)?.first_chunk().map(Self)
    }

    /// The culprit has attached, in a new life. Returns how many lives it has had.
    pub fn live(&self) -> u32 {
        self.0[LIVES].fetch_add(1, Ordering::AcqRel).wrapping_add(1)
    }

    /// How many lives it has had.
    pub fn lives(&self) -> u32 {
        self.0[LIVES].load(Ordering::Acquire)
    }

    /// The giver tells it to begin.
    pub fn tell(&self) {
        self.0[ORDER].store(1, Ordering::Release);
    }

    /// Whether it is told, in this life or one before.
    pub fn is_told(&self) -> bool {
        self.0[ORDER].load(Ordering::Acquire) == 1
    }

    /// The next thing it does is its misdeed.
    pub fn begin(&self) {
        self.0[BEGUN].store(1, Ordering::Release);
    }

    /// Whether it said so.
    pub fn has_begun(&self) -> bool {
        self.0[BEGUN].load(Ordering::Acquire) == 1
    }
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, ROWS, Row};
    use std::sync::atomic::AtomicU32;

    #[test]
    fn rows_are_apart_and_the_first_is_nobodys() {
        let data: Vec<AtomicU32> = (0..BLOCK).map(|_| AtomicU32::new(0)).collect();
        let (one, two) = (Row::new(&data, 1).unwrap(), Row::new(&data, 2).unwrap());
        assert_eq!((one.live(), one.live(), two.live()), (1, 2, 1));
        assert_eq!((one.lives(), two.lives()), (2, 1));
        one.tell();
        two.begin();
        assert!(one.is_told() && !two.is_told());
        assert!(!one.has_begun() && two.has_begun());
        assert!(Row::new(&data, 0).is_none());
        assert!(Row::new(&data, u32::try_from(ROWS).unwrap()).is_none());
        assert!(Row::new(&data[..40], 2).is_none());
    }
}
