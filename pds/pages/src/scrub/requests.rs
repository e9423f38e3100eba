// SPDX-License-Identifier: BSD-2-Clause

//! The server's side: it asks, and believes only the answer to its last question.

use super::{MAX_SLOTS, ScrubPage};

/// What was asked of the scrubber.
#[derive(Debug)]
pub struct Requests<'a> {
    page: &'a ScrubPage,
    /// Number of the last cleaning asked for, by slot.
    asked: [u32; MAX_SLOTS],
}

impl<'a> Requests<'a> {
    /// Nothing asked yet.
    pub fn new(page: &'a ScrubPage) -> Self {
        Self {
            page,
            asked: [0; MAX_SLOTS],
        }
    }

    /// Asks for a slot to be cleaned; the scrubber is to be notified then. False: it
    /// has no words on the page.
    pub fn ask(&mut self, slot: usize) -> bool {
        let (words, asked) = (self.page.slots.get(slot), self.asked.get_mut(slot));
        let (Some(words), Some(asked)) = (words, asked) else {
            return false;
        };
        *asked = words.request();
        true
    }

    /// Whether what was asked last is done.
    pub fn is_done(&self, slot: usize) -> bool {
        let (words, asked) = (self.page.slots.get(slot), self.asked.get(slot));
        matches!((words, asked), (Some(words), Some(&asked)) if words.is_done(asked))
    }
}
