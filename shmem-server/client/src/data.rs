// SPDX-License-Identifier: BSD-2-Clause

//! A region's data, as the client sees it.
//!
//! The peers write whenever they like, so it is atomic words and never bytes that
//! one could borrow. `shmem-rings` works on the same words.

use core::sync::atomic::{AtomicU64, Ordering};

/// Bytes of a page.
const PAGE: usize = 4096;
/// Words of a page.
const PAGE_WORDS: usize = PAGE / 8;

/// Data pages that are mapped here, as 64-bit words.
#[derive(Clone, Copy, Debug)]
pub struct Data<'m> {
    words: &'m [AtomicU64],
    read_only: bool,
}

impl<'m> Data<'m> {
    /// Words that may be loaded and stored.
    pub const fn new(words: &'m [AtomicU64]) -> Self {
        Self {
            words,
            read_only: false,
        }
    }

    /// Words that may be loaded only: a store would fault.
    pub const fn read_only(words: &'m [AtomicU64]) -> Self {
        Self {
            words,
            read_only: true,
        }
    }

    /// The data at `address`. `None`: null, not page-aligned, or larger than an
    /// address space.
    ///
    /// # Safety
    ///
    /// `pages` pages of 4 KiB are mapped there for all of `'m` as normal cacheable
    /// memory, readable and, unless `read_only`, writable, and this program reaches
    /// them by atomic accesses only. What others do with them is their affair.
    #[allow(unsafe_code)]
    pub unsafe fn at(address: u64, pages: u32, read_only: bool) -> Option<Self> {
        let address = usize::try_from(address).ok()?;
        let bytes = usize::try_from(pages).ok()?.checked_mul(PAGE)?;
        if address == 0 || !address.is_multiple_of(PAGE) || isize::try_from(bytes).is_err() {
            return None;
        }
        let first = core::ptr::with_exposed_provenance::<AtomicU64>(address);
        // SAFETY: not null, aligned and of a legal length by the checks above; mapped
        // for `'m` and touched by atomics only by the caller's promise. Any content is
        // a value of `AtomicU64`, and it may change under a shared reference.
        let words = unsafe { core::slice::from_raw_parts(first, bytes / 8) };
        Some(Self { words, read_only })
    }

    /// Its words; `None` if they may only be loaded: see [`Self::load`].
    pub const fn words(self) -> Option<&'m [AtomicU64]> {
        if self.read_only {
            None
        } else {
            Some(self.words)
        }
    }

    /// Whether stores are out of the question.
    pub const fn is_read_only(self) -> bool {
        self.read_only
    }

    /// Number of words.
    pub const fn len(self) -> usize {
        self.words.len()
    }

    /// Whether there is no data.
    pub const fn is_empty(self) -> bool {
        self.words.is_empty()
    }

    /// Loads word `at`, relaxed: what a peer stored before its signal is there once
    /// the status was read. `None`: behind the end.
    pub fn load(self, at: usize) -> Option<u64> {
        Some(self.words.get(at)?.load(Ordering::Relaxed))
    }

    /// Stores word `at`, relaxed: a later poke publishes it. False, and nothing
    /// done: behind the end, or read-only.
    #[must_use]
    pub fn store(self, at: usize, value: u64) -> bool {
        match self.words().and_then(|words| words.get(at)) {
            Some(word) => {
                word.store(value, Ordering::Relaxed);
                true
            }
            None => false,
        }
    }

    /// The first `pages` of it. `None`: there are fewer.
    pub(crate) fn first(self, pages: u32) -> Option<Self> {
        let words = usize::try_from(pages).ok()?.checked_mul(PAGE_WORDS)?;
        Some(Self {
            words: self.words.get(..words)?,
            ..self
        })
    }
}

/// A slot that is mapped here.
#[derive(Clone, Copy, Debug)]
pub struct Slot<'m> {
    /// Its number at the server.
    pub number: u16,
    /// All of its pages; a region may have fewer.
    pub data: Data<'m>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_only_data_gives_no_words_to_store_to() {
        let words = [const { AtomicU64::new(7) }; 512];
        let data = Data::read_only(&words);
        assert!(data.words().is_none() && !data.store(0, 1));
        assert_eq!((data.load(511), data.load(512)), (Some(7), None));
        let data = Data::new(&words);
        assert!(data.store(511, 9) && !data.store(512, 9));
        assert_eq!(data.load(511), Some(9));
        assert_eq!(data.first(1).map(Data::len), Some(512));
        assert!(data.first(2).is_none() && data.first(u32::MAX).is_none());
    }
}
