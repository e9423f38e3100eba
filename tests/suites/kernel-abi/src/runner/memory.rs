// SPDX-License-Identifier: BSD-2-Clause

//! Memory shared with children and the guest.

use crate::layout;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU64, Ordering};

/// Words of the shared page.
pub const WORDS: usize = 512;
/// Where the children's own list of who started begins in it.
pub const STARTED: usize = 480;

/// The page that the runner and all children read and write.
#[derive(Clone, Copy)]
pub struct Shared(&'static [AtomicU64; WORDS]);

impl Shared {
    /// The page at `address`.
    ///
    /// # Safety
    /// It is a page of read-write memory mapped there for ever, and everybody
    /// accesses it as aligned words.
    pub unsafe fn new(address: NonNull<[AtomicU64; WORDS]>) -> Self {
        // SAFETY: promised by the caller.
        Self(unsafe { address.as_ref() })
    }

    /// Word `index`.
    pub fn get(&self, index: usize) -> u64 {
        self.0[index].load(Ordering::Acquire)
    }

    /// Words from `index` on.
    pub fn list<const N: usize>(&self, index: usize) -> [u64; N] {
        core::array::from_fn(|offset| self.get(index + offset))
    }

    /// Zeroes the words that experiments use.
    pub fn clear(&self) {
        let words = self.0[..STARTED].iter();
        words.for_each(|word| word.store(0, Ordering::Release));
    }

    /// A child's address of word `index`.
    pub fn address(index: u64) -> u64 {
        layout::SHARED + 8 * index
    }
}

/// Memory that holds code for others.
#[derive(Clone, Copy)]
pub struct CodeMemory {
    start: NonNull<u32>,
    words: usize,
}

impl CodeMemory {
    /// `words` words at `start`.
    ///
    /// # Safety
    /// They are read-write memory mapped there for ever that the runner accesses
    /// through this only.
    pub unsafe fn new(start: NonNull<u32>, words: usize) -> Self {
        Self { start, words }
    }

    /// Writes `code` and makes it visible to instruction fetches.
    pub fn write(&self, code: impl IntoIterator<Item = u32>) {
        for (index, word) in code.into_iter().enumerate() {
            assert!(index < self.words, "code is longer than its memory");
            // SAFETY: the index is within the memory of `new`. The cache
            // operations are allowed at EL0 and change no memory.
            unsafe {
                let address = self.start.add(index);
                address.write_volatile(word);
                core::arch::asm!(
                    "dc cvau, {0}", "dsb ish", "ic ivau, {0}", "dsb ish",
                    in(reg) address.as_ptr(), options(nostack),
                );
            }
        }
        // SAFETY: a barrier.
        unsafe { core::arch::asm!("isb", options(nostack)) };
    }
}
