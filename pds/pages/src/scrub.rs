// SPDX-License-Identifier: BSD-2-Clause

//! Cleaning requests from the server to the scrubber. One page.
//!
//! Per slot two words. The server increments `requested` to ask for cleaning;
//! the scrubber zeroes the whole slot, cleans and invalidates it to the point
//! of coherency, copies the number it served to `done`, and notifies. A slot is
//! clean when both are equal.

use core::sync::atomic::{AtomicU32, Ordering};

/// Most slots in a system.
pub const MAX_SLOTS: usize = 128;

/// One slot's words.
#[derive(Debug, Default)]
#[repr(C)]
pub struct SlotWords {
    /// Writer: server.
    requested: AtomicU32,
    /// Writer: scrubber.
    done: AtomicU32,
}

impl SlotWords {
    /// Server: ask for one cleaning; returns its number.
    pub fn request(&self) -> u32 {
        let number = self.requested.load(Ordering::Relaxed).wrapping_add(1);
        // Release: what the server did before (dropping connections) comes first.
        self.requested.store(number, Ordering::Release);
        number
    }

    /// Scrubber: the number to serve, if the slot is waiting for one.
    pub fn pending(&self) -> Option<u32> {
        let requested = self.requested.load(Ordering::Acquire);
        (requested != self.done.load(Ordering::Relaxed)).then_some(requested)
    }

    /// Scrubber: cleaning number `number` is complete and coherent.
    pub fn complete(&self, number: u32) {
        // Release: pairs with the server's Acquire in `is_clean`, so the zeroes
        // are visible to whoever gets the slot next.
        self.done.store(number, Ordering::Release);
    }

    /// Server: whether cleaning number `number` is complete.
    pub fn is_done(&self, number: u32) -> bool {
        self.done.load(Ordering::Acquire) == number
    }
}

/// The page.
#[derive(Debug)]
#[repr(C)]
pub struct ScrubPage {
    /// By slot number.
    pub slots: [SlotWords; MAX_SLOTS],
}

/// Bytes zeroed before their lines are cleaned: they are still in the cache then.
pub const CHUNK: usize = 0x8000;

/// What cleaning a slot needs of the machine. The scrubber has the instructions;
/// a host test counts.
pub trait SlotMemory {
    /// Bytes of the smallest data cache line, a power of two of at most a page.
    fn line(&self) -> usize;
    /// Stores zeros to `length` bytes at `offset`.
    fn zero(&mut self, offset: usize, length: usize);
    /// Cleans and invalidates the line at `offset` to the point of coherency.
    fn clean_and_invalidate(&mut self, offset: usize);
    /// Waits until all of this is complete for every observer.
    fn barrier(&mut self);
}

/// Zeroes the first `size` bytes of a slot, to the point of coherency: a guest
/// that maps it uncached, or with its caches off, must read zeros as well.
///
/// Each line is cleaned after it was zeroed and before the one barrier at the end.
pub fn clean_slot(memory: &mut impl SlotMemory, size: usize) {
    let line = memory.line().clamp(16, 0x1000);
    for start in (0..size).step_by(CHUNK) {
        let length = CHUNK.min(size - start);
        memory.zero(start, length);
        for offset in (start..start + length).step_by(line) {
            memory.clean_and_invalidate(offset);
        }
    }
    memory.barrier();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cache and memory of one slot, and what was done to them.
    struct Model {
        line: usize,
        cache: Vec<Option<u8>>,
        memory: Vec<u8>,
        lines_cleaned: usize,
        barriers: usize,
    }

    impl Model {
        fn new(size: usize, line: usize) -> Self {
            Self {
                line,
                cache: vec![None; size],
                memory: vec![0xaa; size],
                lines_cleaned: 0,
                barriers: 0,
            }
        }
    }

    impl SlotMemory for Model {
        fn line(&self) -> usize {
            self.line
        }

        fn zero(&mut self, offset: usize, length: usize) {
            self.cache[offset..offset + length].fill(Some(0));
        }

        fn clean_and_invalidate(&mut self, offset: usize) {
            assert_eq!(offset % self.line, 0);
            self.lines_cleaned += 1;
            for at in offset..offset + self.line {
                if let Some(byte) = self.cache[at].take() {
                    self.memory[at] = byte;
                }
            }
        }

        fn barrier(&mut self) {
            self.barriers += 1;
        }
    }

    #[test]
    fn a_clean_slot_is_zero_in_memory_and_in_no_cache() {
        for (size, line) in [(0x1000, 64), (0x1000, 32), (0x9000, 64), (0x20_0000, 128)] {
            let mut model = Model::new(size, line);
            clean_slot(&mut model, size);
            assert!(
                model.memory.iter().all(|&byte| byte == 0),
                "{size:#x} by {line}"
            );
            assert!(
                model.cache.iter().all(Option::is_none),
                "{size:#x} by {line}"
            );
            assert_eq!(model.lines_cleaned, size / line, "each line once");
            assert_eq!(model.barriers, 1);
        }
    }

    #[test]
    fn a_request_is_served_once() {
        let words = SlotWords::default();
        assert_eq!(words.pending(), None);
        let number = words.request();
        assert!(!words.is_done(number));
        assert_eq!(words.pending(), Some(number));
        words.complete(number);
        assert!(words.is_done(number));
        assert_eq!(words.pending(), None);
        let next = words.request();
        assert!(
            !words.is_done(next),
            "an old answer is none to a new request"
        );
    }
}
