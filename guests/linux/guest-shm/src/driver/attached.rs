// SPDX-License-Identifier: BSD-2-Clause

//! Attached regions with their data: writable, or only to be read.

use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::os::fd::{AsFd, BorrowedFd};

use shmem_rings::ReadOnly;

use super::connection::Connection;
use super::mapping::Mapping;
use crate::error::Error;
use crate::event::Event;
use crate::region::{Attachment, Region, Status, Targets};

/// An attached region that may be written. The mapping goes before the file.
#[derive(Debug)]
pub struct Attached {
    mapping: Mapping,
    connection: Connection,
}

impl Attached {
    pub(super) fn new(connection: Connection) -> Result<Attached, Error> {
        let mapping = Mapping::new(connection.file(), connection.attachment(), true)?;
        Ok(Attached {
            mapping,
            connection,
        })
    }

    /// The attached file.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Unmaps the data and detaches, with the driver's answer.
    ///
    /// # Errors
    /// As [`Connection::detach`].
    pub fn detach(self) -> Result<(), Error> {
        drop(self.mapping);
        self.connection.detach()
    }
}

impl AsFd for Attached {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

impl Region for Attached {
    fn attachment(&self) -> &Attachment {
        self.connection.attachment()
    }

    fn words(&self) -> &[AtomicU64] {
        self.mapping.words()
    }

    fn notify(&self, targets: Targets) -> Result<(), Error> {
        self.connection.notify(targets)
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Status>, Error> {
        self.connection.wait(timeout)
    }

    fn next_event(&self) -> Result<Option<Event>, Error> {
        self.connection.next_event()
    }
}

/// An attached region that may only be read, mapped so: for readers of a pool, and for
/// whoever only looks.
#[derive(Debug)]
pub struct Watched {
    mapping: Mapping,
    connection: Connection,
}

impl Watched {
    pub(super) fn new(connection: Connection) -> Result<Watched, Error> {
        let mapping = Mapping::new(connection.file(), connection.attachment(), false)?;
        Ok(Watched {
            mapping,
            connection,
        })
    }

    /// The attached file.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Number of 8-byte words.
    pub fn len(&self) -> usize {
        self.mapping.words().len()
    }

    /// Whether there are none, which no device says.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The word at `index`, read once.
    pub fn load(&self, index: usize) -> Option<u64> {
        let word = self.mapping.words().get(index)?;
        // Relaxed loads are the only accesses that Rust promises never to write.
        Some(word.load(Ordering::Relaxed))
    }

    /// The data for the readers of `shmem-rings`: broadcast rings and snapshots.
    pub fn view(&self) -> ReadOnly<'_> {
        ReadOnly::new(self.mapping.words())
    }

    /// Copies the bytes from word `index` on, as far as there are any; gives how many.
    pub fn copy_out(&self, index: usize, bytes: &mut [u8]) -> usize {
        let mut copied = 0;
        for (at, chunk) in (index..).zip(bytes.chunks_mut(8)) {
            let Some(value) = self.load(at) else { break };
            chunk.copy_from_slice(&value.to_le_bytes()[..chunk.len()]);
            copied += chunk.len();
        }
        copied
    }
}

impl AsFd for Watched {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}
