// SPDX-License-Identifier: BSD-2-Clause

//! The bytes of a slot, by pages: whose they are is told by when they were written.
//!
//! Guests choose their own cacheability, so a page has two contents: that of memory,
//! and that of the cache if it is there. Whoever looks may see either.

use std::cell::RefCell;
use tombolo_pages::scrub::SlotMemory;

const PAGE: usize = 0x1000;

/// When a page was last written; 0: it holds zeros.
pub type Mark = u64;

#[derive(Clone, Copy, Debug)]
struct Line {
    mark: Mark,
    dirty: bool,
}

/// One slot. A page is one line, which no rule depends on.
#[derive(Debug)]
pub struct Bytes {
    memory: Vec<Mark>,
    cache: Vec<Option<Line>>,
}

impl Bytes {
    /// Zeros, as the kernel hands memory out.
    pub fn new(pages: u32) -> RefCell<Self> {
        let pages = pages as usize;
        RefCell::new(Self {
            memory: vec![0; pages],
            cache: vec![None; pages],
        })
    }

    /// A guest's store to any page.
    pub fn write(&mut self, page: usize, mark: Mark, cached: bool) {
        let page = page % self.memory.len();
        if cached {
            self.cache[page] = Some(Line { mark, dirty: true });
        } else {
            self.memory[page] = mark;
        }
    }

    /// A processor's load, asked for or not.
    pub fn fetch(&mut self, page: usize) {
        let page = page % self.memory.len();
        let mark = self.memory[page];
        self.cache[page].get_or_insert(Line { mark, dirty: false });
    }

    /// All that anybody can see, through the cache or past it.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        let cached = self.cache.iter().flatten().map(|line| line.mark);
        self.memory.iter().copied().chain(cached)
    }
}

/// A slot as the scrubber has it mapped: cached.
pub struct Mapped<'a>(pub &'a RefCell<Bytes>);

impl SlotMemory for Mapped<'_> {
    fn size(&self) -> usize {
        self.0.borrow().memory.len() * PAGE
    }

    fn line(&self) -> usize {
        PAGE
    }

    fn zero(&mut self, offset: usize, length: usize) {
        let pages = offset / PAGE..(offset + length) / PAGE;
        self.0.borrow_mut().cache[pages].fill(Some(Line {
            mark: 0,
            dirty: true,
        }));
    }

    fn clean_and_invalidate(&mut self, offset: usize) {
        let bytes = &mut *self.0.borrow_mut();
        if let Some(line) = bytes.cache[offset / PAGE].take()
            && line.dirty
        {
            bytes.memory[offset / PAGE] = line.mark;
        }
    }

    fn barrier(&mut self) {}
}
