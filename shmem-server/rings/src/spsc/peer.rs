// SPDX-License-Identifier: BSD-2-Clause

//! The peer of either end: its index as last checked, and whether it has lied.
//!
//! Both ends see their peer this way. A peer that was caught once is never looked at
//! again: the handle answers every call with the same breach.

use crate::error::{AttachError, Breach, Error};
use crate::shape::{Kind, Shape};
use crate::word::{Ordering, Shared};

/// The other end.
#[derive(Debug)]
pub(super) struct Peer<'a> {
    memory: Shared<'a>,
    shape: Shape,
    /// Where its index is.
    word: usize,
    /// The index as last checked.
    index: u64,
    broken: Option<Breach>,
}

impl<'a> Peer<'a> {
    /// The peer of the end whose own index is in `own`, which is returned with it.
    /// `oldest` of that index: the least that the peer's may be, a capacity more the
    /// most.
    ///
    /// Errors: [`AttachError`] if the header says otherwise, or the indices contradict
    /// each other.
    pub(super) fn attach(
        memory: Shared<'a>,
        shape: &Shape,
        (own, word): (usize, usize),
        oldest: impl FnOnce(u64) -> u64,
    ) -> Result<(u64, Self), AttachError> {
        shape.check(Kind::Ring, memory.read_only())?;
        // Own index from shared memory, once: nobody else remembers it. The check
        // below is all it needs to be harmless.
        let own = memory.load_own(own);
        // Acquire: as in `refresh`.
        let found = memory.load(word, Ordering::Acquire);
        let index = check_index(found, oldest(own), shape.capacity())?;
        let peer = Self {
            memory,
            shape: *shape,
            word,
            index,
            broken: None,
        };
        Ok((own, peer))
    }

    /// Its index as last checked.
    pub(super) const fn index(&self) -> u64 {
        self.index
    }

    pub(super) const fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Whether it has lied.
    pub(super) const fn is_broken(&self) -> bool {
        self.broken.is_some()
    }

    /// Whether to go on with it: it has not lied, and the structure is still the same.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        if let Some(breach) = self.broken {
            return Err(breach.into());
        }
        let result = self.shape.check_generation(self.memory.read_only());
        self.guard(result)
    }

    /// Remembers a breach.
    pub(super) fn guard<T>(&mut self, result: Result<T, Breach>) -> Result<T, Error> {
        result.map_err(|breach| {
            self.broken = Some(breach);
            Error::Breach(breach)
        })
    }

    /// Looks at its index, which may have moved by `most` since the last look.
    pub(super) fn refresh(&mut self, most: u64) -> Result<u64, Error> {
        // Acquire: pairs with the Release store of the peer's `publish` or `release`:
        // the slots up to there are written, or read and may be reused.
        let found = self.memory.load(self.word, Ordering::Acquire);
        let checked = check_index(found, self.index, most);
        self.index = self.guard(checked)?;
        Ok(self.index)
    }
}

/// Checks a peer's index: `found` must be `from`, or at most `most` after it.
pub(crate) const fn check_index(found: u64, from: u64, most: u64) -> Result<u64, Breach> {
    if found.wrapping_sub(from) > most {
        return Err(Breach::Index { found, from, most });
    }
    Ok(found)
}
