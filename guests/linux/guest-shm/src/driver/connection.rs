// SPDX-License-Identifier: BSD-2-Clause

//! An attached file: signals, events, masks, the state.

use core::time::Duration;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use super::raw;
use crate::error::{Error, Refusal};
use crate::event::{Event, EventKind, Mask};
use crate::region::{Access, Attachment, Peers, Status, Targets};

/// The attached region as of now. Counters wrap, and start at 0 with a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// What the next read would give.
    pub status: Status,
    /// Peers that this guest signalled and that have not looked since.
    pub unread: Peers,
    /// Attached peers that it may signal.
    pub may_signal: Peers,
    /// Joins and departures of the region.
    pub serial: u32,
    /// Signals that reached a peer, one per peer.
    pub sent: u32,
    /// Signals received.
    pub received: u32,
    /// Of those sent: one was unread already.
    pub coalesced: u32,
    /// Signals that policy withheld.
    pub refused: u32,
}

/// An attached file, detached when dropped.
#[derive(Debug)]
pub struct Connection {
    file: File,
    attachment: Attachment,
}

impl AsFd for Connection {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// A set of the driver's: bits beyond the last index mean nothing.
pub(super) fn peers(bits: u32) -> Peers {
    Status::from(bits).pending
}

impl Connection {
    /// Attaches `name` with `file`; with 0 pages it only joins.
    pub(super) fn new(file: File, name: &str, pages: u32) -> Result<Connection, Error> {
        let mut raw = raw::Attachment {
            size_pages: pages,
            ..raw::Attachment::default()
        };
        // A name too long for the field is passed on unterminated, for the device to refuse.
        for (to, from) in raw.name.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        raw::attach(&file, &mut raw).map_err(|errno| refused(name, &raw, errno))?;
        let access = match raw.access {
            raw::ACCESS_READ => Access::Read,
            _ => Access::ReadWrite,
        };
        Ok(Connection {
            file,
            attachment: Attachment {
                name: name.into(),
                pages: raw.size_pages,
                idx: raw.idx,
                gpa: raw.gpa,
                vector: raw.vector,
                generation: raw.generation,
                access,
            },
        })
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// What the device said of it.
    pub fn attachment(&self) -> &Attachment {
        &self.attachment
    }

    fn failed(&self, what: &str, errno: Errno) -> Error {
        let name = self.attachment.name.clone();
        match errno {
            Errno::CONNRESET => Error::Dropped { name },
            errno => Error::os(format!("{what} \"{name}\""), errno),
        }
    }

    /// See [`crate::Region::notify`].
    ///
    /// # Errors
    /// [`Error::Dropped`]; [`Error::Os`], as for a file that was opened for reading.
    pub fn notify(&self, targets: Targets) -> Result<(), Error> {
        raw::notify(&self.file, targets.0).map_err(|errno| self.failed("signalling in", errno))
    }

    /// See [`crate::Region::wait`].
    ///
    /// # Errors
    /// As said there.
    pub fn wait(&self, timeout: Duration) -> Result<Option<Status>, Error> {
        if !self.poll(PollFlags::IN, timeout)? {
            return Ok(None);
        }
        let mut record = [0; 4];
        match (&self.file).read_exact(&mut record) {
            Ok(()) => Ok(Some(Status::from(u32::from_le_bytes(record)))),
            Err(error) => Err(self.failed(
                "reading the status of",
                Errno::from_io_error(&error).unwrap_or(Errno::IO),
            )),
        }
    }

    /// Waits until there is an event to take, for `timeout` at most.
    ///
    /// # Errors
    /// As [`Self::wait`].
    pub fn wait_event(&self, timeout: Duration) -> Result<Option<Event>, Error> {
        if let Some(event) = self.next_event()? {
            return Ok(Some(event));
        }
        if !self.poll(PollFlags::PRI, timeout)? {
            return Ok(None);
        }
        self.next_event()
    }

    fn poll(&self, for_what: PollFlags, timeout: Duration) -> Result<bool, Error> {
        let timeout = Timespec::try_from(timeout)
            .map_err(|_| Error::os("waiting that long", io::ErrorKind::InvalidInput))?;
        match poll(&mut [PollFd::new(&self.file, for_what)], Some(&timeout)) {
            Ok(0) | Err(Errno::INTR) => Ok(false),
            Ok(_) => Ok(true),
            Err(errno) => Err(self.failed("waiting for", errno)),
        }
    }

    /// See [`crate::Region::next_event`].
    ///
    /// # Errors
    /// As said there.
    pub fn next_event(&self) -> Result<Option<Event>, Error> {
        let raw = match raw::event(&self.file) {
            Ok(raw) => raw,
            Err(Errno::AGAIN) => return Ok(None),
            Err(errno) => return Err(self.failed("taking an event of", errno)),
        };
        let kind = EventKind::from_number(raw.kind)
            .ok_or_else(|| self.failed("taking an event of", Errno::PROTO))?;
        Ok(Some(Event {
            kind,
            idx: raw.idx,
            serial: raw.serial,
            generation: raw.generation,
            lost: raw.lost,
        }))
    }

    /// Says what is to wake this file. Ends what one-shot has muted.
    ///
    /// # Errors
    /// [`Error::Os`] if the driver refused.
    pub fn set_mask(&self, mask: &Mask) -> Result<(), Error> {
        let events = mask.events.iter();
        let raw = raw::Mask {
            mute: mask.mute.0,
            one_shot: mask.one_shot.0,
            flags: if mask.membership {
                0
            } else {
                raw::MASK_MEMBERSHIP
            },
            events: events.fold(0, |set, kind| set | 1 << kind.number()),
            reserved: 0,
        };
        raw::set_mask(&self.file, raw).map_err(|errno| self.failed("setting the mask of", errno))
    }

    /// What wakes this file; muted are also those whom one-shot has muted.
    ///
    /// # Errors
    /// [`Error::Os`] if the driver refused.
    pub fn mask(&self) -> Result<Mask, Error> {
        let raw =
            raw::get_mask(&self.file).map_err(|errno| self.failed("reading the mask of", errno))?;
        let queued = |kind: &EventKind| raw.events & 1 << kind.number() != 0;
        Ok(Mask {
            mute: Peers(raw.mute),
            one_shot: Peers(raw.one_shot),
            membership: raw.flags & raw::MASK_MEMBERSHIP == 0,
            events: EventKind::ALL.into_iter().filter(queued).collect(),
        })
    }

    /// Sets, counters, and the status, which stays unread.
    ///
    /// # Errors
    /// [`Error::Dropped`]; [`Error::Os`] if the driver refused.
    pub fn state(&self) -> Result<State, Error> {
        let raw =
            raw::state(&self.file).map_err(|errno| self.failed("reading the state of", errno))?;
        Ok(State {
            status: Status::from(raw.status),
            unread: peers(raw.unread),
            may_signal: peers(raw.may_signal),
            serial: raw.serial,
            sent: raw.sent,
            received: raw.received,
            coalesced: raw.coalesced,
            refused: raw.refused,
        })
    }

    /// Detaches now, with the driver's answer. Dropping does the same, silently.
    ///
    /// # Errors
    /// [`Error::Os`], as for a file whose data is still mapped.
    pub fn detach(self) -> Result<(), Error> {
        raw::detach(&self.file).map_err(|errno| self.failed("detaching from", errno))
    }
}

fn refused(name: &str, raw: &raw::Attachment, errno: Errno) -> Error {
    let name = name.into();
    match errno {
        Errno::NOENT => Error::NoRegion { name },
        _ if raw.status != 0 => Error::Refused {
            name,
            refusal: Refusal {
                status: raw.status,
                reason: raw.reason,
            },
        },
        errno => Error::os(format!("attach of \"{name}\""), errno),
    }
}
