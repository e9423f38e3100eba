// SPDX-License-Identifier: BSD-2-Clause

//! The broadcast ring: one writer, many readers that write nothing.
//!
//! Why: logs, market data, sensor streams: one member writes, any number follow,
//! each at its own pace, over a mapping that is read-only to them. The writer never
//! waits; a reader that is too slow learns how many records it lost.
//!
//! Rules:
//!
//! * A reader's place is its own private number. It cannot slow the writer or other
//!   readers, nor be seen by them.
//! * A record is delivered whole or counted as lost, never torn (`sequenced.rs`).
//! * A reader that was overrun goes on half a ring behind the writer, so that it is
//!   not overrun at once again.
//! * Every call makes one try; no number of lies makes it loop.
//! * Readers cannot ask to be woken in memory that they cannot write: the writer
//!   signals after each batch, `guest_shm` makes several signals one, and a reader
//!   that does not care masks the writer.
//! * A writer that restarts goes on with the next number; the record in which it
//!   died counts as lost. One that creates the ring anew gives another generation,
//!   and old readers get [`Breach::Generation`].

use crate::error::{AttachError, Breach, Error};
use crate::sequenced::{self, Found, Pen};
use crate::shape::{Kind, Shape};
use crate::spsc::check_index;
use crate::word::{ReadOnly, Shared};

/// The writing end. One per ring, in one thread.
#[derive(Debug)]
pub struct BroadcastWriter<'a>(Pen<'a>);

impl<'a> BroadcastWriter<'a> {
    /// Takes the writing end of the ring `shape` in `memory`, continuing where the
    /// last writer stopped.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise.
    pub fn attach(memory: Shared<'a>, shape: &Shape) -> Result<Self, AttachError> {
        shape.check(Kind::Broadcast, memory.read_only())?;
        Ok(Self(Pen::resume(memory, shape)))
    }

    /// The ring's shape.
    pub const fn shape(&self) -> &Shape {
        self.0.shape()
    }

    /// Publishes a record, over the oldest one; returns its number.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`].
    pub fn publish(&mut self, bytes: &[u8]) -> Result<u64, Error> {
        let (length, limit) = (bytes.len(), self.shape().limit());
        if length > limit {
            return Err(Error::TooLong { length, limit });
        }
        Ok(self.0.write(bytes))
    }

    /// Publishes a record of words, in this machine's byte order; returns its number.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`].
    #[inline]
    pub fn publish_words(&mut self, words: &[u64]) -> Result<u64, Error> {
        let (length, limit) = (size_of_val(words), self.shape().limit());
        if length > limit {
            return Err(Error::TooLong { length, limit });
        }
        Ok(self.0.write_words(words))
    }
}

/// Where a reader begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the oldest record that is surely there.
    Oldest,
    /// With the next one.
    Now,
}

/// What a reader got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing new.
    Empty,
    /// A record: its number, and its bytes at the start of the buffer.
    Record {
        /// Counts from 0.
        number: u64,
        /// Bytes.
        length: usize,
    },
    /// So many records were overwritten before they were read. Call again.
    Lost(u64),
}

/// A reading end. Any number per ring.
#[derive(Clone, Debug)]
pub struct BroadcastReader<'a> {
    memory: ReadOnly<'a>,
    shape: Shape,
    cursor: u64,
    broken: Option<Breach>,
}

impl<'a> BroadcastReader<'a> {
    /// A reader of the ring `shape` in `memory`.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise.
    pub fn attach(memory: ReadOnly<'a>, shape: &Shape, start: Start) -> Result<Self, AttachError> {
        shape.check(Kind::Broadcast, memory)?;
        let head = sequenced::head(memory);
        let kept = match start {
            Start::Oldest => head.min(Self::kept(shape)),
            Start::Now => 0,
        };
        Ok(Self {
            memory,
            shape: *shape,
            cursor: head - kept,
            broken: None,
        })
    }

    /// How far behind the writer a reader (again) begins.
    fn kept(shape: &Shape) -> u64 {
        (shape.capacity() / 2).max(1)
    }

    /// The ring's shape.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    fn breach<T>(&mut self, breach: Breach) -> Result<T, Error> {
        self.broken = Some(breach);
        Err(breach.into())
    }

    /// Leaves out what comes before the last `count` records, as if it had been read.
    pub fn skip_to_last(&mut self, count: u64) {
        let skipped = self.waiting().saturating_sub(count);
        self.cursor = self.cursor.wrapping_add(skipped);
    }

    /// How many records there are to read now; what is overwritten before it is read
    /// counts too. A ring that breaks its rules has none.
    pub fn waiting(&self) -> u64 {
        self.behind().unwrap_or(0)
    }

    /// How many records the writer is ahead, which it never takes back.
    fn behind(&self) -> Result<u64, Breach> {
        let head = sequenced::head(self.memory);
        self.shape.check_generation(self.memory)?;
        let head = check_index(head, self.cursor, u64::MAX / 2)?;
        Ok(head.wrapping_sub(self.cursor))
    }

    fn lose(&mut self, count: u64) -> Next {
        self.cursor = self.cursor.wrapping_add(count);
        Next::Lost(count)
    }

    fn overrun(&mut self) -> Result<Next, Error> {
        match self.behind() {
            // At least one: the record at the cursor is gone.
            Ok(behind) => {
                let count = behind.saturating_sub(Self::kept(&self.shape)).max(1);
                Ok(self.lose(count))
            }
            Err(breach) => self.breach(breach),
        }
    }

    /// The next record, copied to `out`.
    ///
    /// # Errors
    ///
    /// [`Error::Buffer`], and the record is still the next; [`Error::Breach`].
    pub fn next(&mut self, out: &mut [u8]) -> Result<Next, Error> {
        if let Some(breach) = self.broken {
            return Err(breach.into());
        }
        match self.behind() {
            Err(breach) => return self.breach(breach),
            Ok(0) => return Ok(Next::Empty),
            Ok(behind) if behind > self.shape.capacity() => return self.overrun(),
            Ok(_) => {}
        }
        let given = out.len();
        let found = sequenced::read(self.memory, &self.shape, self.cursor, out);
        // `read` ends with an Acquire fence where it copied: who saw bytes of a ring
        // created anew sees its generation.
        if let Err(breach) = self.shape.check_generation(self.memory) {
            return self.breach(breach);
        }
        match found {
            Found::Record(length) => {
                let number = self.cursor;
                self.cursor = number.wrapping_add(1);
                Ok(Next::Record { number, length })
            }
            Found::Long(needed) => Err(Error::Buffer { needed, given }),
            Found::Overwritten => self.overrun(),
            // Published after it, yet not finished: its writer died writing it.
            Found::Unfinished => Ok(self.lose(1)),
            Found::Length(found) => self.breach(Breach::Length {
                found,
                limit: u64::from(self.shape.record_bytes()),
            }),
        }
    }
}
