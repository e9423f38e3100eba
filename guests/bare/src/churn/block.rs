// SPDX-License-Identifier: BSD-2-Clause

//! What a connection writes: one block of a region's first page, by its index.
//!
//! | word | what |
//! |---|---|
//! | 0 | sequence: odd while it is being written, and for ever if its writer dies then |
//! | 1 | the region's generation |
//! | 2 to 62 | numbers that follow from word 2 |
//! | 63 | their sum, turned |

use core::sync::atomic::{AtomicU32, Ordering, fence};

/// Words of a block.
const WORDS: usize = 64;
/// Multiplier and increment of a full-period generator (Numerical Recipes, 7.1).
const NEXT: (u32, u32) = (1_664_525, 1_013_904_223);

/// What is wrong with a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// It was written in a region that has ended: its generation.
    Stale(u32),
    /// Its content is not what anybody wrote: the first such word.
    Content(usize),
}

/// One index's block.
#[derive(Clone, Copy, Debug)]
pub struct Block<'a>(&'a [AtomicU32; WORDS]);

impl<'a> Block<'a> {
    /// The block of an index in a region's data. `None`: too small, no such index.
    pub fn new(data: &'a [AtomicU32], index: usize) -> Option<Self> {
        let start = index.checked_mul(WORDS).filter(|_| index < 16)?;
        data.get(start..)?.first_chunk().map(Self)
    }

    fn load(&self, at: usize) -> u32 {
        self.0[at].load(Ordering::Relaxed)
    }

    /// Writes it anew: only its index's holder does.
    pub fn write(&self, generation: u32, start: u32) {
        let sequence = self.load(0) | 1;
        self.0[0].store(sequence, Ordering::Relaxed);
        // The odd sequence is seen before any new word.
        fence(Ordering::Release);
        self.0[1].store(generation, Ordering::Relaxed);
        let (mut value, mut sum) = (start, generation);
        for word in &self.0[2..WORDS - 1] {
            word.store(value, Ordering::Relaxed);
            sum = sum.rotate_left(1) ^ value;
            value = value.wrapping_mul(NEXT.0).wrapping_add(NEXT.1);
        }
        self.0[WORDS - 1].store(sum, Ordering::Relaxed);
        // Pairs with the reader's Acquire.
        self.0[0].store(sequence.wrapping_add(1), Ordering::Release);
    }

    /// Checks it against the region's generation. `None`: it is being written, or was
    /// meanwhile, or nobody has written it.
    pub fn check(&self, generation: u32) -> Option<Result<(), Wrong>> {
        // Pairs with the writer's Release.
        let sequence = self.0[0].load(Ordering::Acquire);
        if sequence == 0 || sequence & 1 == 1 {
            return None;
        }
        let mut copy = [0; WORDS];
        for (to, from) in copy.iter_mut().zip(self.0) {
            *to = from.load(Ordering::Relaxed);
        }
        // The words were read before the sequence is read again.
        fence(Ordering::Acquire);
        (self.load(0) == sequence).then(|| judge(&copy, generation))
    }
}

fn judge(copy: &[u32; WORDS], generation: u32) -> Result<(), Wrong> {
    if copy[1] != generation {
        return Err(Wrong::Stale(copy[1]));
    }
    let (mut value, mut sum) = (copy[2], generation);
    for (at, word) in copy.iter().enumerate().take(WORDS - 1).skip(2) {
        if *word != value {
            return Err(Wrong::Content(at));
        }
        sum = sum.rotate_left(1) ^ value;
        value = value.wrapping_mul(NEXT.0).wrapping_add(NEXT.1);
    }
    if copy[WORDS - 1] == sum {
        Ok(())
    } else {
        Err(Wrong::Content(WORDS - 1))
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Wrong};
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn a_block_is_right_torn_stale_or_wrong() {
        let data: [AtomicU32; 256] = std::array::from_fn(|_| AtomicU32::new(0));
        let block = Block::new(&data, 1).unwrap();
        assert_eq!(block.check(7), None, "nobody has written it");
        block.write(7, 0x1234);
        block.write(7, 0x4321);
        assert_eq!(block.check(7), Some(Ok(())));
        assert_eq!(block.check(8), Some(Err(Wrong::Stale(7))));
        data[64 + 40].fetch_xor(1, Ordering::Relaxed);
        assert_eq!(block.check(7), Some(Err(Wrong::Content(40))));
        // Its writer dies in the middle; the next one of that index goes on.
        data[64].fetch_add(1, Ordering::Relaxed);
        assert_eq!(block.check(7), None);
        block.write(7, 5);
        assert_eq!(block.check(7), Some(Ok(())));
        assert!(Block::new(&data, 4).is_none() && Block::new(&data, 16).is_none());
    }
}
