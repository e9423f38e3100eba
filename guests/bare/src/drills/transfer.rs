// SPDX-License-Identifier: BSD-2-Clause

//! Blocks from the giver to the taker, one at a time, each with its checksum.
//!
//! | word | who writes | what |
//! |---|---|---|
//! | 0 | giver | number of the block that is there, from 1 |
//! | 1 | giver | its checksum, from what it meant to write |
//! | 2 | taker | number of the last block that it found right |
//! | 3, 4 | giver, taker | the set of connections that is it alone |
//! | 5 | giver | 1: no more blocks will come |
//! | 1024 to the end | giver | the block |

use super::BLOCK;
use core::sync::atomic::{AtomicU32, Ordering};

const NUMBER: usize = 0;
const SUM: usize = 1;
const TAKEN: usize = 2;
const GIVER: usize = 3;
const TAKER: usize = 4;
const OVER: usize = 5;
/// Multiplier and increment of a full-period generator (Numerical Recipes, 7.1).
const NEXT: (u32, u32) = (1_664_525, 1_013_904_223);

/// A block that is not what its checksum says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Its number.
    pub number: u32,
    /// Its checksum, as the giver wrote it.
    pub told: u32,
    /// That of the words that are there.
    pub found: u32,
}

/// The transfer in a region's data.
#[derive(Clone, Copy, Debug)]
pub struct Transfer<'d> {
    head: &'d [AtomicU32],
    block: &'d [AtomicU32],
}

impl<'d> Transfer<'d> {
    /// `None`: there is no room for a block.
    pub fn new(data: &'d [AtomicU32]) -> Option<Self> {
        let (head, block) = data.split_at_checked(BLOCK)?;
        (!block.is_empty()).then_some(Self { head, block })
    }

    /// Writes block `number`.
    pub fn give(&self, number: u32) {
        let (mut value, mut sum) = (number.wrapping_mul(NEXT.1), number);
        for word in self.block {
            value = value.wrapping_mul(NEXT.0).wrapping_add(NEXT.1);
            word.store(value, Ordering::Relaxed);
            sum = add(sum, value);
        }
        self.head[SUM].store(sum, Ordering::Relaxed);
        // Pairs with the taker's Acquire.
        self.head[NUMBER].store(number, Ordering::Release);
    }

    /// The giver is connection `index`.
    pub fn i_give(&self, index: u32) {
        self.head[GIVER].store(1 << (index & 15), Ordering::Release);
    }

    /// The taker is connection `index`.
    pub fn i_take(&self, index: u32) {
        self.head[TAKER].store(1 << (index & 15), Ordering::Release);
    }

    /// The giver, as a set; 0: it is not there.
    pub fn giver(&self) -> u32 {
        self.head[GIVER].load(Ordering::Acquire)
    }

    /// The taker, as a set; 0: it is not there.
    pub fn taker(&self) -> u32 {
        self.head[TAKER].load(Ordering::Acquire)
    }

    /// No more blocks will come.
    pub fn end(&self) {
        self.head[OVER].store(1, Ordering::Release);
    }

    /// Whether that was said.
    pub fn is_over(&self) -> bool {
        self.head[OVER].load(Ordering::Acquire) == 1
    }

    /// Number of the last block that the taker found right.
    pub fn taken(&self) -> u32 {
        self.head[TAKEN].load(Ordering::Acquire)
    }

    /// Checks the block that is there, if it was not taken before. Returns its number.
    pub fn take(&self) -> Option<Result<u32, Wrong>> {
        // Pairs with the giver's Release.
        let number = self.head[NUMBER].load(Ordering::Acquire);
        if number == self.head[TAKEN].load(Ordering::Relaxed) {
            return None;
        }
        let words = self.block.iter().map(|word| word.load(Ordering::Relaxed));
        let found = words.fold(number, add);
        let told = self.head[SUM].load(Ordering::Relaxed);
        if found != told {
            return Some(Err(Wrong {
                number,
                told,
                found,
            }));
        }
        // The giver writes the next one only after this.
        self.head[TAKEN].store(number, Ordering::Release);
        Some(Ok(number))
    }
}

fn add(sum: u32, value: u32) -> u32 {
    sum.rotate_left(1) ^ value
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, Transfer};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_block_is_taken_once_and_a_wrong_one_not_at_all() {
        let data: Vec<AtomicU32> = (0..BLOCK + 100).map(|_| AtomicU32::new(0)).collect();
        let transfer = Transfer::new(&data).unwrap();
        assert_eq!(transfer.take(), None);
        transfer.give(1);
        assert_eq!(transfer.take(), Some(Ok(1)));
        assert_eq!(transfer.take(), None);
        transfer.give(2);
        data[BLOCK + 99].fetch_xor(1 << 7, Ordering::Relaxed);
        let wrong = transfer.take().unwrap().unwrap_err();
        assert_eq!((wrong.number, wrong.told ^ wrong.found), (2, 1 << 7));
        assert_eq!(transfer.taken(), 1);
        assert!(Transfer::new(&data[..BLOCK]).is_none());
    }

    #[test]
    fn both_say_who_they_are_and_the_giver_when_it_is_over() {
        let data: Vec<AtomicU32> = (0..=BLOCK).map(|_| AtomicU32::new(0)).collect();
        let transfer = Transfer::new(&data).unwrap();
        assert_eq!((transfer.giver(), transfer.taker()), (0, 0));
        transfer.i_give(0);
        transfer.i_take(3);
        assert_eq!((transfer.giver(), transfer.taker()), (1, 8));
        assert!(!transfer.is_over());
        transfer.end();
        assert!(transfer.is_over());
    }
}
