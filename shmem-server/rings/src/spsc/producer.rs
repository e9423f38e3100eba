// SPDX-License-Identifier: BSD-2-Clause

//! The writing end of a ring.

use super::peer::Peer;
use crate::error::{AttachError, Error};
use crate::shape::{Shape, WORD_ASK_RECORDS, WORD_ASK_ROOM, WORD_HEAD, WORD_TAIL};
use crate::wake::{Answerer, Asked, Asker, Wake};
use crate::word::{Ordering, Shared};

/// The writing end. One per ring, in one thread.
#[derive(Debug)]
pub struct Producer<'a> {
    memory: Shared<'a>,
    /// Records written.
    head: u64,
    /// Records published: what the shared `head` holds.
    published: u64,
    /// Its index is never beyond `published`.
    consumer: Peer<'a>,
    asker: Asker,
    answerer: Answerer,
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
        let words = (WORD_HEAD, WORD_TAIL);
        let oldest = |head: u64| head.wrapping_sub(shape.capacity());
        let (head, consumer) = Peer::attach(memory, shape, words, oldest)?;
        Ok(Self {
            memory,
            head,
            published: head,
            consumer,
            asker: Asker::resume(memory, WORD_ASK_ROOM),
            answerer: Answerer::new(WORD_ASK_RECORDS),
        })
    }

    /// The ring's shape.
    pub const fn shape(&self) -> &Shape {
        self.consumer.shape()
    }

    fn free(&self) -> u64 {
        self.shape().capacity() - self.head.wrapping_sub(self.consumer.index())
    }

    /// Looks at the consumer's index; returns free slots.
    fn refresh(&mut self) -> Result<u64, Error> {
        let untaken = self.published.wrapping_sub(self.consumer.index());
        self.consumer.refresh(untaken)?;
        Ok(self.free())
    }

    /// Free slots now.
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn room(&mut self) -> Result<u64, Error> {
        self.consumer.check()?;
        self.refresh()
    }

    /// Writes a record and holds it back until [`Self::publish`].
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`]; [`Error::Full`]; [`Error::Breach`].
    pub fn stage(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.consumer.check()?;
        let limit = self.shape().limit();
        if bytes.len() > limit {
            return Err(Error::TooLong {
                length: bytes.len(),
                limit,
            });
        }
        if self.free() == 0 && self.refresh()? == 0 {
            return Err(Error::Full);
        }
        let slot = self.shape().slot(self.head);
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
        if self.head == self.published || self.consumer.is_broken() {
            return Wake::Quiet;
        }
        self.published = self.head;
        // Release: pairs with the Acquire load in `Peer::refresh`.
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
        self.consumer.check()?;
        let wake = self.publish();
        self.asker.ask(self.memory);
        let sleep = self.refresh()? == 0;
        if !sleep {
            self.asker.withdraw(self.memory);
        }
        Ok(Asked { sleep, wake })
    }
}
