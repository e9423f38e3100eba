// SPDX-License-Identifier: BSD-2-Clause

//! Waking the peer: nothing lost, nothing signalled unasked.
//!
//! The one that wants to sleep: process -> ask -> look again -> sleep. The other:
//! publish -> look whether asked -> signal. Both have a SeqCst fence between their
//! store and their load, so at least one sees the other's store: either the sleeper
//! sees the record, or the publisher sees the request.
//!
//! An ask word holds a number in bits 63:1 and "on" in bit 0, written by the asker
//! alone. The publisher keeps privately which number it answered: one signal for
//! each request, however many records follow. A publisher that restarted has
//! answered nothing and signals once too often rather than never; an asker that
//! restarted counts on from its word. A peer that scribbles there gets signals it
//! did not ask for, or none: its own loss, or what it could do by not signalling.

use crate::word::{Ordering, Shared, fence};

/// What to do for the peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a peer that asked to be woken sleeps on unless it is signalled"]
pub enum Wake {
    /// Signal it: it asked.
    Signal,
    /// It did not ask.
    Quiet,
}

/// What a request to be woken gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "sleeping is right only if `sleep` says so"]
pub struct Asked {
    /// True: sleep until a signal. False: there is something to do already.
    pub sleep: bool,
    /// For the peer: what was held back has been published on the way.
    pub wake: Wake,
}

/// The asker's end of an ask word.
#[derive(Debug)]
pub(crate) struct Asker {
    at: usize,
    word: u64,
}

impl Asker {
    pub(crate) fn resume(memory: Shared<'_>, at: usize) -> Self {
        let word = memory.load_own(at);
        Self { at, word }
    }

    /// Asks. The caller looks again after this, then sleeps or withdraws.
    pub(crate) fn ask(&mut self, memory: Shared<'_>) {
        // The next number, on.
        self.word = (self.word | 1).wrapping_add(2);
        memory.store(self.at, self.word, Ordering::Relaxed);
        // Pairs with the fence of `Answerer::wake`.
        fence(Ordering::SeqCst);
    }

    /// Takes the request back; its number stays used.
    pub(crate) fn withdraw(&mut self, memory: Shared<'_>) {
        self.word &= !1;
        memory.store(self.at, self.word, Ordering::Relaxed);
    }
}

/// The publisher's end of an ask word.
#[derive(Debug)]
pub(crate) struct Answerer {
    at: usize,
    answered: u64,
}

impl Answerer {
    pub(crate) const fn new(at: usize) -> Self {
        Self { at, answered: 0 }
    }

    /// After a publication: whether to signal.
    pub(crate) fn wake(&mut self, memory: Shared<'_>) -> Wake {
        // Pairs with the fence of `Asker::ask`.
        fence(Ordering::SeqCst);
        let word = memory.load(self.at, Ordering::Relaxed);
        if word & 1 == 0 || word == self.answered {
            return Wake::Quiet;
        }
        self.answered = word;
        Wake::Signal
    }
}
