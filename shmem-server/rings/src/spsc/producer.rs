// SPDX-License-Identifier: BSD-2-Clause

//! The writing end of a ring.

use super::check_index;
use crate::error::{AttachError, Breach, Error};
use crate::shape::{Kind, Shape, WORD_ASK_RECORDS, WORD_ASK_ROOM, WORD_HEAD, WORD_TAIL};
use crate::wake::{Answerer, Asked, Asker, Wake};
use crate::word::{Ordering, Shared};

/// The writing end. One per ring, in one thread.
#[derive(Debug)]
pub struct Producer<'a> {
    memory: Shared<'a>,
    shape: Shape,
    /// Records written.
    head: u64,
    /// Records published: what the shared `head` holds.
    published: u64,
    /// The consumer's index as last checked; never beyond `published`.
    tail: u64,
    asker: Asker,
    answerer: Answerer,
    broken: Option<Breach>,
}

impl<'a> Producer<'a> {
    /// Takes the writing end of the ring `shape` in `memory`, continuing where the
    /// last producer stopped.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise, or the indices contradict each
    /// other.
    pub fn attach(memory: Shared<'a>, shape: &Shape) -> Result<Self, AttachError> {
        shape.check(Kind::Ring, memory.read_only())?;
        // Own index from shared memory, once: nobody else remembers it. The check
        // below is all it needs to be harmless.
        let head = memory.load_own(WORD_HEAD);
        // Acquire: pairs with the Release store in `Consumer::release`.
        let tail = memory.load(WORD_TAIL, Ordering::Acquire);
        let oldest = head.wrapping_sub(shape.capacity());
        check_index(tail, oldest, shape.capacity())?;
        Ok(Self {
            memory,
            shape: *shape,
            head,
            published: head,
            tail,
            asker: Asker::resume(memory, WORD_ASK_ROOM),
            answerer: Answerer::new(WORD_ASK_RECORDS),
            broken: None,
        })
    }

    /// The ring's shape.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    fn guard<T>(&mut self, result: Result<T, Breach>) -> Result<T, Error> {
        result.map_err(|breach| {
            self.broken = Some(breach);
            Error::Breach(breach)
        })
    }

    fn check(&mut self) -> Result<(), Error> {
        if let Some(breach) = self.broken {
            return Err(breach.into());
        }
        let result = self.shape.check_generation(self.memory.read_only());
        self.guard(result)
    }

    fn free(&self) -> u64 {
        self.shape.capacity() - self.head.wrapping_sub(self.tail)
    }

    /// Looks at the consumer's index; returns free slots.
    fn refresh(&mut self) -> Result<u64, Error> {
        // Acquire: pairs with the Release store in `Consumer::release`; slots up to
        // here have been read and may be reused.
        let found = self.memory.load(WORD_TAIL, Ordering::Acquire);
        let most = self.published.wrapping_sub(self.tail);
        let checked = check_index(found, self.tail, most);
        self.tail = self.guard(checked)?;
        Ok(self.free())
    }

    /// Free slots now.
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn room(&mut self) -> Result<u64, Error> {
        self.check()?;
        self.refresh()
    }

    /// Writes a record and holds it back until [`Self::publish`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`]; [`Error::Full`]; [`Error::Breach`].
    pub fn stage(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.check()?;
        let limit = self.shape.limit();
        if bytes.len() > limit {
            return Err(Error::TooLong {
                length: bytes.len(),
                limit,
            });
        }
        if self.free() == 0 && self.refresh()? == 0 {
            return Err(Error::Full);
        }
        let slot = self.shape.slot(self.head);
        // Relaxed: `publish` releases length and bytes.
        // Lossless: at most the record limit.
        self.memory
            .store(slot, bytes.len() as u64, Ordering::Relaxed);
        self.memory.copy_in(slot + 1, bytes);
        self.head = self.head.wrapping_add(1);
        Ok(())
    }

    /// Publishes what is staged; says whether to signal the consumer.
    pub fn publish(&mut self) -> Wake {
        if self.head == self.published || self.broken.is_some() {
            return Wake::Quiet;
        }
        self.published = self.head;
        // Release: pairs with the Acquire load in `Consumer::refresh`.
        self.memory
            .store(WORD_HEAD, self.published, Ordering::Release);
        self.answerer.wake(self.memory)
    }

    /// Writes and publishes a record; says whether to signal the consumer.
    ///
    /// # Errors
    ///
    /// As for [`Self::stage`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<Wake, Error> {
        self.stage(bytes)?;
        Ok(self.publish())
    }

    /// Before sleeping on a full ring: asks to be signalled when a record is taken.
    /// Publishes what is staged, as the consumer cannot take it otherwise.
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn ask(&mut self) -> Result<Asked, Error> {
        self.check()?;
        let wake = self.publish();
        self.asker.ask(self.memory);
        let sleep = self.refresh()? == 0;
        if !sleep {
            self.asker.withdraw(self.memory);
        }
        Ok(Asked { sleep, wake })
    }
}
