// SPDX-License-Identifier: BSD-2-Clause

//! The reading end of a ring.

use super::peer::Peer;
use crate::error::{AttachError, Breach, Error};
use crate::shape::{Shape, WORD_ASK_RECORDS, WORD_ASK_ROOM, WORD_HEAD, WORD_TAIL};
use crate::wake::{Answerer, Asked, Asker, Wake};
use crate::word::{Ordering, Shared};

/// A record taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Popped {
    /// Its bytes, at the start of the buffer.
    pub length: usize,
    /// Whether to signal the producer.
    pub wake: Wake,
}

/// The reading end. One per ring, in one thread.
#[derive(Debug)]
pub struct Consumer<'a> {
    memory: Shared<'a>,
    /// Records read.
    tail: u64,
    /// Records released: what the shared `tail` holds.
    released: u64,
    /// Its index is never behind `tail`.
    producer: Peer<'a>,
    asker: Asker,
    answerer: Answerer,
}

impl<'a> Consumer<'a> {
    /// Takes the reading end of the ring `shape` in `memory`, continuing where the
    /// last consumer stopped.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise, or the indices contradict each
    /// other.
    pub fn attach(memory: Shared<'a>, shape: &Shape) -> Result<Self, AttachError> {
        let words = (WORD_TAIL, WORD_HEAD);
        let (tail, producer) = Peer::attach(memory, shape, words, |tail| tail)?;
        Ok(Self {
            memory,
            tail,
            released: tail,
            producer,
            asker: Asker::resume(memory, WORD_ASK_RECORDS),
            answerer: Answerer::new(WORD_ASK_ROOM),
        })
    }

    /// The ring's shape.
    pub const fn shape(&self) -> &Shape {
        self.producer.shape()
    }

    /// Looks at the producer's index; returns records waiting.
    fn refresh(&mut self) -> Result<u64, Error> {
        let unreleased = self.producer.index().wrapping_sub(self.released);
        let head = self
            .producer
            .refresh(self.shape().capacity() - unreleased)?;
        Ok(head.wrapping_sub(self.tail))
    }

    /// Records waiting now.
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn waiting(&mut self) -> Result<u64, Error> {
        self.producer.check()?;
        self.refresh()
    }

    /// Copies the next record into `out` and holds its slot until [`Self::release`].
    /// `None` if there is none; else its bytes.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`], and the record stays; [`Error::Breach`].
    pub fn read(&mut self, out: &mut [u8]) -> Result<Option<usize>, Error> {
        self.producer.check()?;
        if self.producer.index() == self.tail && self.refresh()? == 0 {
            return Ok(None);
        }
        let slot = self.shape().slot(self.tail);
        // Once: the producer may change it after the check.
        let found = self.memory.load(slot, Ordering::Relaxed);
        let limit = self.shape().limit();
        let length = match usize::try_from(found) {
            Ok(length) if length <= limit => length,
            _ => {
                let limit = u64::from(self.shape().record_bytes());
                return self.producer.guard(Err(Breach::Length { found, limit }));
            }
        };
        let given = out.len();
        let Some(out) = out.get_mut(..length) else {
            let needed = length;
            return Err(Error::Buffer { needed, given });
        };
        self.memory.read_only().copy_out(slot + 1, out);
        self.tail = self.tail.wrapping_add(1);
        Ok(Some(length))
    }

    /// Gives the slots that were read back; says whether to signal the producer.
    pub fn release(&mut self) -> Wake {
        if self.tail == self.released || self.producer.is_broken() {
            return Wake::Quiet;
        }
        self.released = self.tail;
        // Release: pairs with the Acquire load in `Peer::refresh`; the bytes have
        // been read before the producer reuses the slot.
        self.memory
            .store(WORD_TAIL, self.released, Ordering::Release);
        self.answerer.wake(self.memory)
    }

    /// Takes the next record, if there is one.
    ///
    /// # Errors
    ///
    /// As for [`Self::read`].
    pub fn pop(&mut self, out: &mut [u8]) -> Result<Option<Popped>, Error> {
        let Some(length) = self.read(out)? else {
            return Ok(None);
        };
        let wake = self.release();
        Ok(Some(Popped { length, wake }))
    }

    /// Before sleeping on an empty ring: asks to be signalled when a record is
    /// published. Releases what was read, as the producer may wait for room.
    ///
    /// # Errors
    ///
    /// [`Error::Breach`].
    pub fn ask(&mut self) -> Result<Asked, Error> {
        self.producer.check()?;
        let wake = self.release();
        self.asker.ask(self.memory);
        let sleep = self.refresh()? == 0;
        if !sleep {
            self.asker.withdraw(self.memory);
        }
        Ok(Asked { sleep, wake })
    }
}
