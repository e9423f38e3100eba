// SPDX-License-Identifier: BSD-2-Clause

//! The scrubber's side: a chunk at a time, the slots by turns.
//!
//! Why: a slot of 128 MB takes long, and a small one that is asked for meanwhile
//! must not wait for all of it. With `k` slots to clean, one of `n` chunks is clean
//! after `k * n` turns at most; a turn zeroes [`CHUNK`] bytes at most.
//!
//! Rules: each line is cleaned and invalidated after it was zeroed; one barrier at
//! the end of the slot, before its number is answered, makes all of that complete.

use super::{MAX_SLOTS, ScrubPage};

/// Bytes zeroed before their lines are cleaned: they are still in the cache then.
pub const CHUNK: usize = 0x8000;

/// What cleaning a slot needs of the machine. The scrubber has the instructions;
/// a host test counts.
pub trait SlotMemory {
    /// Bytes of the slot, whole pages.
    fn size(&self) -> usize;
    /// Bytes of the smallest data cache line, a power of two of at most a page.
    fn line(&self) -> usize;
    /// Stores zeros to `length` bytes at `offset`.
    fn zero(&mut self, offset: usize, length: usize);
    /// Cleans and invalidates the line at `offset` to the point of coherency: a guest
    /// that maps the slot uncached, or has its caches off, must read zeros as well.
    fn clean_and_invalidate(&mut self, offset: usize);
    /// Waits until all of this is complete for every observer.
    fn barrier(&mut self);
}

/// What a turn came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Nothing is asked of us.
    Idle,
    /// A chunk of this slot; there is more.
    Chunk(usize),
    /// The last one: the slot is clean, and the server is to be notified.
    Clean(usize),
}

/// How far each slot is.
#[derive(Debug)]
pub struct Cleaning<'a> {
    page: &'a ScrubPage,
    /// Bytes cleaned for the request that is being served, by slot.
    cleaned: [usize; MAX_SLOTS],
    /// Whose turn is next, if it has one.
    next: usize,
}

impl<'a> Cleaning<'a> {
    /// Nothing done yet: a request that was half served is served anew.
    pub fn new(page: &'a ScrubPage) -> Self {
        Self {
            page,
            cleaned: [0; MAX_SLOTS],
            next: 0,
        }
    }

    /// One chunk of the slot whose turn it is. A slot without `memory` stays dirty:
    /// nobody gets it.
    pub fn turn<M: SlotMemory>(&mut self, memory: impl Fn(usize) -> Option<M>) -> Turn {
        for slot in (self.next..MAX_SLOTS).chain(0..self.next) {
            if self.is_asked(slot)
                && let Some(mut memory) = memory(slot)
            {
                self.next = (slot + 1) % MAX_SLOTS;
                return self.chunk(slot, &mut memory);
            }
        }
        Turn::Idle
    }

    /// Whether the server waits for this slot.
    pub fn is_asked(&self, slot: usize) -> bool {
        let words = self.page.slots.get(slot);
        words.is_some_and(|words| words.pending().is_some())
    }

    /// One chunk of this slot, if it is asked for.
    pub fn chunk(&mut self, slot: usize, memory: &mut impl SlotMemory) -> Turn {
        let (words, cleaned) = (self.page.slots.get(slot), self.cleaned.get_mut(slot));
        let (Some(words), Some(cleaned)) = (words, cleaned) else {
            return Turn::Idle;
        };
        let Some(number) = words.pending() else {
            return Turn::Idle;
        };
        let length = CHUNK.min(memory.size().saturating_sub(*cleaned));
        clean(memory, *cleaned, length);
        *cleaned += length;
        if *cleaned < memory.size() {
            return Turn::Chunk(slot);
        }
        memory.barrier();
        *cleaned = 0;
        words.complete(number);
        Turn::Clean(slot)
    }
}

fn clean(memory: &mut impl SlotMemory, start: usize, length: usize) {
    memory.zero(start, length);
    let line = memory.line().clamp(16, 0x1000);
    for offset in (start..start + length).step_by(line) {
        memory.clean_and_invalidate(offset);
    }
}
