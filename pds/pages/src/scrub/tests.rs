// SPDX-License-Identifier: BSD-2-Clause

use super::{CHUNK, Cleaning, Requests, ScrubPage, SlotMemory, SlotWords, Turn};
use std::cell::RefCell;

/// Cache and memory of one slot, and what was done to them.
struct Model {
    line: usize,
    cache: Vec<Option<u8>>,
    memory: Vec<u8>,
    zeroed: usize,
    lines_cleaned: usize,
    barriers: usize,
}

impl Model {
    fn new(size: usize, line: usize) -> Self {
        Self {
            line,
            cache: vec![None; size],
            memory: vec![0xaa; size],
            zeroed: 0,
            lines_cleaned: 0,
            barriers: 0,
        }
    }

    fn is_clean(&self) -> bool {
        self.memory.iter().all(|&byte| byte == 0) && self.cache.iter().all(Option::is_none)
    }
}

impl SlotMemory for Model {
    fn size(&self) -> usize {
        self.memory.len()
    }

    fn line(&self) -> usize {
        self.line
    }

    fn zero(&mut self, offset: usize, length: usize) {
        self.cache[offset..offset + length].fill(Some(0));
        self.zeroed += length;
    }

    fn clean_and_invalidate(&mut self, offset: usize) {
        assert_eq!(offset % self.line, 0);
        assert_eq!(self.barriers, 0, "before the barrier");
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

/// A slot that a test still holds.
struct Held<'a>(&'a RefCell<Model>);

impl SlotMemory for Held<'_> {
    fn size(&self) -> usize {
        self.0.borrow().size()
    }
    fn line(&self) -> usize {
        self.0.borrow().line()
    }
    fn zero(&mut self, offset: usize, length: usize) {
        self.0.borrow_mut().zero(offset, length);
    }
    fn clean_and_invalidate(&mut self, offset: usize) {
        self.0.borrow_mut().clean_and_invalidate(offset);
    }
    fn barrier(&mut self) {
        self.0.borrow_mut().barrier();
    }
}

#[test]
fn a_clean_slot_is_zero_in_memory_and_in_no_cache() {
    for (size, line) in [(0x1000, 64), (0x1000, 32), (0x9000, 64), (0x20_0000, 128)] {
        let page = ScrubPage::default();
        let (mut requests, mut cleaning) = (Requests::new(&page), Cleaning::new(&page));
        let mut model = Model::new(size, line);
        assert!(requests.ask(0));
        let mut turns = 1;
        while cleaning.chunk(0, &mut model) == Turn::Chunk(0) {
            assert!(!requests.is_done(0) && model.barriers == 0);
            turns += 1;
        }
        assert!(
            requests.is_done(0) && model.is_clean(),
            "{size:#x} by {line}"
        );
        assert_eq!(turns, size.div_ceil(CHUNK));
        assert_eq!(model.lines_cleaned, size / line, "each line once");
        assert_eq!((model.zeroed, model.barriers), (size, 1));
    }
}

#[test]
fn a_turn_cleans_one_chunk_and_a_small_slot_does_not_wait_for_a_large_one() {
    let page = ScrubPage::default();
    let (mut requests, mut cleaning) = (Requests::new(&page), Cleaning::new(&page));
    let slots = [0x20_0000, 0x1000, 2 * CHUNK].map(|size| RefCell::new(Model::new(size, 64)));
    let touched = || slots.iter().map(|slot| slot.borrow().zeroed).sum::<usize>();
    let memory = |slot: usize| slots.get(slot).map(Held);
    assert_eq!(cleaning.turn(memory), Turn::Idle);
    assert!(requests.ask(0));
    assert_eq!(cleaning.turn(memory), Turn::Chunk(0));
    assert!(requests.ask(1) && requests.ask(2));
    let mut order = Vec::new();
    loop {
        let before = touched();
        match cleaning.turn(memory) {
            Turn::Idle => break,
            Turn::Chunk(_) => {}
            Turn::Clean(slot) => {
                assert!(requests.is_done(slot) && slots[slot].borrow().is_clean());
                order.push(slot);
            }
        }
        assert!(touched() - before <= CHUNK, "a turn is a chunk at most");
    }
    assert_eq!(order, [1, 2, 0]);
}

#[test]
fn a_slot_that_is_not_mapped_stays_dirty_and_holds_nobody_up() {
    let page = ScrubPage::default();
    let (mut requests, mut cleaning) = (Requests::new(&page), Cleaning::new(&page));
    let slot = RefCell::new(Model::new(0x1000, 64));
    assert!(requests.ask(3) && requests.ask(5));
    assert!(!requests.ask(super::MAX_SLOTS) && !requests.is_done(super::MAX_SLOTS));
    let memory = |number| (number == 5).then_some(Held(&slot));
    assert_eq!(cleaning.turn(memory), Turn::Clean(5));
    assert_eq!(cleaning.turn(memory), Turn::Idle);
    assert!(!requests.is_done(3));
}

#[test]
fn a_restarted_scrubber_cleans_the_whole_slot_again() {
    let page = ScrubPage::default();
    let mut requests = Requests::new(&page);
    let mut model = Model::new(2 * CHUNK, 64);
    assert!(requests.ask(0));
    assert_eq!(
        Cleaning::new(&page).chunk(0, &mut model),
        Turn::Chunk(0),
        "then it dies"
    );
    let mut second = Cleaning::new(&page);
    assert_eq!(second.chunk(0, &mut model), Turn::Chunk(0));
    assert_eq!(second.chunk(0, &mut model), Turn::Clean(0));
    assert_eq!(model.zeroed, 3 * CHUNK);
    assert!(model.is_clean());
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
