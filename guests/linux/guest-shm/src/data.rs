// SPDX-License-Identifier: BSD-2-Clause

//! Moving bytes into and out of shared memory.
//!
//! Every access is one ordinary 8-byte load or store of the program itself. Bytes
//! are in memory order, so peers may look at them at any width.
//!
//! Rules:
//! * Offsets are in bytes and multiples of 8.
//! * The peers' data is copied out before anything is concluded from it.

use core::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a word.
pub const WORD: usize = 8;

/// Stores `bytes` from the first word of `words` on; the rest of the last
/// word becomes 0. Gives the number of stores made, short if `words` is.
pub fn store(words: &[AtomicU64], bytes: &[u8]) -> usize {
    let mut stores = 0;
    for (word, chunk) in words.iter().zip(bytes.chunks(WORD)) {
        let mut value = [0; WORD];
        value[..chunk.len()].copy_from_slice(chunk);
        word.store(u64::from_le_bytes(value), Ordering::Relaxed);
        stores += 1;
    }
    stores
}

/// Loads `bytes.len()` bytes from the first word of `words` on.
pub fn load(words: &[AtomicU64], bytes: &mut [u8]) {
    for (word, chunk) in words.iter().zip(bytes.chunks_mut(WORD)) {
        let value = word.load(Ordering::Relaxed).to_le_bytes();
        chunk.copy_from_slice(&value[..chunk.len()]);
    }
}

/// Counts the words that are not 0.
pub fn count_nonzero(words: &[AtomicU64]) -> usize {
    words
        .iter()
        .filter(|word| word.load(Ordering::Relaxed) != 0)
        .count()
}

/// The part of `words` that holds `bytes` bytes from byte `offset` on, or
/// `None` if it does not lie within.
pub fn window(words: &[AtomicU64], offset: u64, bytes: u64) -> Option<&[AtomicU64]> {
    let word = WORD as u64;
    if !offset.is_multiple_of(word) {
        return None;
    }
    let first = usize::try_from(offset / word).ok()?;
    let count = usize::try_from(bytes.div_ceil(word)).ok()?;
    words.get(first..first.checked_add(count)?)
}

/// A digest as text.
pub fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize) -> Vec<AtomicU64> {
        (0..count).map(|_| AtomicU64::new(u64::MAX)).collect()
    }

    #[test]
    fn what_is_stored_is_loaded_at_every_length() {
        for length in 0..=24 {
            let bytes: Vec<u8> = (1..=length).collect();
            let words = words(3);
            let mut back = vec![0; bytes.len()];
            assert_eq!(store(&words, &bytes), bytes.len().div_ceil(WORD));
            load(&words, &mut back);
            assert_eq!(back, bytes);
        }
    }

    #[test]
    fn a_store_ends_with_the_window() {
        let words = words(1);
        assert_eq!(store(&words, &[7; 100]), 1);
    }

    #[test]
    fn windows_lie_within() {
        let words = words(4);
        assert_eq!(window(&words, 8, 9).map(<[_]>::len), Some(2));
        assert_eq!(window(&words, 32, 0).map(<[_]>::len), Some(0));
        for (offset, bytes) in [(4, 8), (32, 1), (24, 9), (u64::MAX - 7, 8), (8, u64::MAX)] {
            assert!(window(&words, offset, bytes).is_none(), "{offset} {bytes}");
        }
    }

    #[test]
    fn nonzero_words_are_counted() {
        let words = words(3);
        words[1].store(0, Ordering::Relaxed);
        assert_eq!(count_nonzero(&words), 2);
    }
}
