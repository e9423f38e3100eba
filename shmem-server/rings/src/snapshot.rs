// SPDX-License-Identifier: BSD-2-Clause

//! The snapshot: one writer sets a record, many readers get the newest, whole.
//!
//! Why: state that is read more often than it changes: a clock page, a status, a
//! configuration. Readers map it read-only.
//!
//! Rules:
//!
//! * The writer never waits and writes the copies in turn. So a reader disturbs
//!   nobody, and fails only if the writer went round all copies while it copied one.
//!   A writer that dies while writing leaves the last record readable.
//! * A reader tries [`TRIES`] times, then says [`Error::Busy`]: bounded, whatever
//!   the writer does.
//! * A version never comes back: [`Snapshot::version`] tells whether it is new.

use crate::error::{AttachError, Breach, Error};
use crate::sequenced::{self, Found, Pen};
use crate::shape::{Kind, Shape};
use crate::word::{ReadOnly, Shared};

/// How often a reader tries before it says [`Error::Busy`].
#[cfg(not(loom))]
pub const TRIES: u32 = 16;
/// How often a reader tries: fewer, so that the model stays small.
#[cfg(loom)]
pub const TRIES: u32 = 2;

/// The writing end. One per snapshot, in one thread.
#[derive(Debug)]
pub struct SnapshotWriter<'a>(Pen<'a>);

impl<'a> SnapshotWriter<'a> {
    /// Takes the writing end of the snapshot `shape` in `memory`, continuing where
    /// the last writer stopped.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise.
    pub fn attach(memory: Shared<'a>, shape: &Shape) -> Result<Self, AttachError> {
        shape.check(Kind::Snapshot, memory.read_only())?;
        Ok(Self(Pen::resume(memory, shape)))
    }

    /// The snapshot's shape.
    pub const fn shape(&self) -> &Shape {
        self.0.shape()
    }

    /// Sets the record; returns its version.
    ///
    /// # Errors
    ///
    /// [`Error::TooLong`].
    pub fn set(&mut self, bytes: &[u8]) -> Result<u64, Error> {
        let (length, limit) = (bytes.len(), self.shape().limit());
        if length > limit {
            return Err(Error::TooLong { length, limit });
        }
        Ok(self.0.write(bytes))
    }
}

/// What a reader got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Counts from 0, one per record set.
    pub version: u64,
    /// Its bytes, at the start of the buffer.
    pub length: usize,
}

/// A reading end. Any number per snapshot.
#[derive(Clone, Debug)]
pub struct SnapshotReader<'a> {
    memory: ReadOnly<'a>,
    shape: Shape,
    broken: Option<Breach>,
}

impl<'a> SnapshotReader<'a> {
    /// A reader of the snapshot `shape` in `memory`.
    ///
    /// # Errors
    ///
    /// [`AttachError`] if the header says otherwise.
    pub fn attach(memory: ReadOnly<'a>, shape: &Shape) -> Result<Self, AttachError> {
        shape.check(Kind::Snapshot, memory)?;
        Ok(Self {
            memory,
            shape: *shape,
            broken: None,
        })
    }

    /// The snapshot's shape.
    pub const fn shape(&self) -> &Shape {
        &self.shape
    }

    fn breach<T>(&mut self, breach: Breach) -> Result<T, Error> {
        self.broken = Some(breach);
        Err(breach.into())
    }

    /// The newest record, copied to `out`; `None` if none was ever set.
    ///
    /// # Errors
    ///
    /// [`Error::Busy`]; [`Error::Buffer`]; [`Error::Breach`].
    pub fn get(&mut self, out: &mut [u8]) -> Result<Option<Snapshot>, Error> {
        if let Some(breach) = self.broken {
            return Err(breach.into());
        }
        let given = out.len();
        for _ in 0..TRIES {
            let head = sequenced::head(self.memory);
            let version = head.wrapping_sub(1);
            let found = match head {
                0 => None,
                _ => Some(sequenced::read(self.memory, &self.shape, version, out)),
            };
            // After the Acquire fence that ends either, as in the broadcast ring.
            if let Err(breach) = self.shape.check_generation(self.memory) {
                return self.breach(breach);
            }
            match found {
                None => return Ok(None),
                Some(Found::Record(length)) => return Ok(Some(Snapshot { version, length })),
                Some(Found::Long(needed)) => return Err(Error::Buffer { needed, given }),
                Some(Found::Length(found)) => {
                    let limit = u64::from(self.shape.record_bytes());
                    return self.breach(Breach::Length { found, limit });
                }
                Some(Found::Overwritten | Found::Unfinished) => core::hint::spin_loop(),
            }
        }
        Err(Error::Busy)
    }
}
