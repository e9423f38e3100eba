// SPDX-License-Identifier: BSD-2-Clause

//! Slots that readers cannot hold back: each is a sequence lock.
//!
//! Slot: sequence, length, bytes. For record `n` the sequence is `2n + 1` while it
//! is being written and `2n + 2` when it is done; it only grows. A reader takes the
//! sequence, copies, and takes it again: the same both times, and the copy is whole.
//!
//! Orderings (Boehm, "Can seqlocks get along with programming language memory
//! models?", 2012): the writer has a Release fence between "being written" and the
//! bytes, the reader an Acquire fence between the bytes and its second look. Who
//! read one byte of a later record therefore sees at least its "being written".
//! Bytes are relaxed atomics, so a torn copy is thrown away, never undefined.

use crate::shape::{Shape, WORD_HEAD};
use crate::word::{Ordering, ReadOnly, Shared, fence};

const fn writing(number: u64) -> u64 {
    number.wrapping_mul(2).wrapping_add(1)
}

const fn done(number: u64) -> u64 {
    number.wrapping_mul(2).wrapping_add(2)
}

/// What a reader found in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The record, whole; so many bytes are in the buffer.
    Record(usize),
    /// The record, whole, but the buffer is too short for so many bytes.
    Long(usize),
    /// A later record, or one that came while copying.
    Overwritten,
    /// An older one, or this one never finished.
    Unfinished,
    /// The record alleges more bytes than a slot holds.
    Length(u64),
}

/// Reads the number of records published, and orders what is read after it.
pub(crate) fn head(memory: ReadOnly<'_>) -> u64 {
    let head = memory.load(WORD_HEAD);
    // Pairs with the Release store of `Pen::write`.
    fence(Ordering::Acquire);
    head
}

/// Copies record `number` to `out`, in one try.
pub(crate) fn read(memory: ReadOnly<'_>, shape: &Shape, number: u64, out: &mut [u8]) -> Found {
    let slot = shape.slot(number);
    let before = memory.load(slot);
    // Pairs with the Release store of "done" in `Pen::write`.
    fence(Ordering::Acquire);
    let ahead = before.wrapping_sub(done(number));
    if ahead != 0 {
        // The sequence only grows: less than half the numbers ahead is later.
        let later = ahead <= u64::MAX / 2;
        return if later {
            Found::Overwritten
        } else {
            Found::Unfinished
        };
    }
    let alleged = memory.load(slot + 1);
    let found = match usize::try_from(alleged) {
        Ok(length) if length <= shape.limit() => match out.get_mut(..length) {
            Some(out) => {
                memory.copy_out(slot + 2, out);
                Found::Record(length)
            }
            None => Found::Long(length),
        },
        _ => Found::Length(alleged),
    };
    // Pairs with the Release fence of `Pen::write`.
    fence(Ordering::Acquire);
    if memory.load(slot) != before {
        return Found::Overwritten;
    }
    found
}

/// The writer's end of the slots.
#[derive(Debug)]
pub(crate) struct Pen<'a> {
    memory: Shared<'a>,
    shape: Shape,
    next: u64,
}

impl<'a> Pen<'a> {
    /// Continues where the last writer stopped, in the middle of a record too: that
    /// number is not used again, as a reader could not tell the two apart.
    pub(crate) fn resume(memory: Shared<'a>, shape: &Shape) -> Self {
        let head = memory.load_own(WORD_HEAD);
        let sequence = memory.load_own(shape.slot(head));
        let mut next = head;
        if sequence == done(head) {
            next = head.wrapping_add(1);
            // Release: the record is whole; the bytes are older than this writer.
            memory.store(WORD_HEAD, next, Ordering::Release);
        } else if sequence == writing(head) {
            next = head.wrapping_add(1);
        }
        Self {
            memory,
            shape: *shape,
            next,
        }
    }

    pub(crate) const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Writes and publishes a record of at most the limit; returns its number.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> u64 {
        self.write_by(bytes.len(), |memory, at| memory.copy_in(at, bytes))
    }

    /// The same for a record that is words: nothing is taken apart on the way.
    #[inline]
    pub(crate) fn write_words(&mut self, words: &[u64]) -> u64 {
        self.write_by(size_of_val(words), |memory, at| {
            for (index, word) in words.iter().enumerate() {
                memory.store(at + index, *word, Ordering::Relaxed);
            }
        })
    }

    #[inline]
    fn write_by(&mut self, length: usize, copy: impl FnOnce(Shared<'a>, usize)) -> u64 {
        let (number, slot) = (self.next, self.shape.slot(self.next));
        self.memory.store(slot, writing(number), Ordering::Relaxed);
        // Pairs with the second Acquire fence of `read`.
        fence(Ordering::Release);
        // Lossless: at most the record limit.
        self.memory
            .store(slot + 1, length as u64, Ordering::Relaxed);
        copy(self.memory, slot + 2);
        // Pairs with the first Acquire fence of `read`.
        self.memory.store(slot, done(number), Ordering::Release);
        self.next = number.wrapping_add(1);
        // Pairs with the Acquire fence of `head`.
        self.memory.store(WORD_HEAD, self.next, Ordering::Release);
        number
    }
}
