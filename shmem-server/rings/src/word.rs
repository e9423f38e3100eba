// SPDX-License-Identifier: BSD-2-Clause

//! Views of shared memory: 64-bit atomic words, read-write or read-only.
//!
//! Why a type for read-only: a store to memory that stage 2 maps read-only is a
//! fault, so the type that readers hold has no store. Its loads are relaxed, the
//! only atomic access that Rust promises never to write (`core::sync::atomic`,
//! "Atomic accesses to read-only memory"); readers order them by fences.
//!
//! Rules: an index beyond the view reads as 0 and stores nothing. Handles check
//! their shape against the view when they are made, so that never happens; it
//! is not a panic either, should it.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering, fence};

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicU64, Ordering, fence};

/// One word of shared memory: 8 bytes, 8-aligned, any value.
pub type Word = AtomicU64;

/// Bytes of a word.
pub(crate) const WORD_BYTES: usize = size_of::<u64>();

/// Memory that one may write.
#[derive(Clone, Copy, Debug)]
pub struct Shared<'a>(&'a [Word]);

/// Memory that one may only read.
#[derive(Clone, Copy, Debug)]
pub struct ReadOnly<'a>(&'a [Word]);

impl<'a> Shared<'a> {
    /// A view of `words`.
    pub const fn new(words: &'a [Word]) -> Self {
        Self(words)
    }

    /// The same memory for reading.
    pub const fn read_only(self) -> ReadOnly<'a> {
        ReadOnly(self.0)
    }

    /// Words in view.
    pub const fn words(self) -> usize {
        self.0.len()
    }

    pub(crate) fn load(self, at: usize, order: Ordering) -> u64 {
        self.0.get(at).map_or(0, |word| word.load(order))
    }

    /// Loads a word that only this side writes: what an earlier life of it left.
    #[cfg(not(loom))]
    pub(crate) fn load_own(self, at: usize) -> u64 {
        self.load(at, Ordering::Relaxed)
    }

    /// The same for the models. Loom remembers one last access per word: a load of
    /// one's own word would hide the peer's load before it from one's store after
    /// it, and loom would not try their other order. A read-modify-write hides
    /// nothing, and gives the same value, as nobody else writes the word.
    #[cfg(loom)]
    pub(crate) fn load_own(self, at: usize) -> u64 {
        self.0
            .get(at)
            .map_or(0, |word| word.fetch_add(0, Ordering::Relaxed))
    }

    #[inline]
    pub(crate) fn store(self, at: usize, value: u64, order: Ordering) {
        if let Some(word) = self.0.get(at) {
            word.store(value, order);
        }
    }

    /// Copies `bytes` to the words from `at` on, in memory order, the last word
    /// filled with zeros.
    pub(crate) fn copy_in(self, at: usize, bytes: &[u8]) {
        for (index, chunk) in bytes.chunks(WORD_BYTES).enumerate() {
            let mut word = [0; WORD_BYTES];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.store(at + index, u64::from_ne_bytes(word), Ordering::Relaxed);
        }
    }
}

impl<'a> ReadOnly<'a> {
    /// A view of `words`.
    pub const fn new(words: &'a [Word]) -> Self {
        Self(words)
    }

    /// Words in view.
    pub const fn words(self) -> usize {
        self.0.len()
    }

    pub(crate) fn load(self, at: usize) -> u64 {
        self.0
            .get(at)
            .map_or(0, |word| word.load(Ordering::Relaxed))
    }

    /// Fills `out` with the bytes from word `at` on, each word read once.
    pub(crate) fn copy_out(self, at: usize, out: &mut [u8]) {
        for (index, chunk) in out.chunks_mut(WORD_BYTES).enumerate() {
            let word = self.load(at + index).to_ne_bytes();
            for (to, from) in chunk.iter_mut().zip(word) {
                *to = from;
            }
        }
    }
}
