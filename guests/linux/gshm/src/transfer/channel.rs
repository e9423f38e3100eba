// SPDX-License-Identifier: BSD-2-Clause

//! Two rings between two peers of a region that have found each other.
//!
//! Rules:
//! * No wait is endless: it ends with something to do, with the peer's departure
//!   and its reason, or with a timeout.
//! * What a peer that left has published is taken before its leaving counts.
//! * The peer alone is signalled, and only when it asked to be.

use std::time::{Duration, Instant};

use guest_shm::{Error, Link, Peers, Region};
use shmem_rings::{Consumer, Error as RingError, Producer, Shape, Wake};

use super::message::{decode, encode};

/// How long a wait sleeps before it looks again without having been signalled.
const LOOK: Duration = Duration::from_millis(100);

/// What the rings are for: the two sides must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A file.
    Transfer,
    /// A measurement.
    Bench,
}

impl Purpose {
    pub(super) fn schemas(self) -> (u64, u64) {
        let (forward, back) = match self {
            Purpose::Transfer => (b"gshmfil1", b"gshmans1"),
            Purpose::Bench => (b"gshmbnc1", b"gshmbna1"),
        };
        (u64::from_le_bytes(*forward), u64::from_le_bytes(*back))
    }
}

/// What a side has to know.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What the rings are for.
    pub purpose: Purpose,
    /// How long any single wait may take.
    pub timeout: Duration,
}

/// One end of the two rings.
pub struct Channel<'r, R> {
    link: Link<'r, R>,
    timeout: Duration,
    producer: Producer<'r>,
    consumer: Consumer<'r>,
    peer: u32,
    /// A record that was taken.
    buffer: Vec<u8>,
    /// A record to be sent.
    out: Vec<u8>,
}

pub(super) fn check(error: impl ToString) -> Error {
    Error::Check(format!("the peer: {}", error.to_string()))
}

impl<'r, R: Region> Channel<'r, R> {
    pub(super) fn new(
        link: Link<'r, R>,
        settings: Settings,
        producer: Producer<'r>,
        consumer: Consumer<'r>,
        peer: u32,
    ) -> Self {
        // Both are 2^16 at most.
        let bytes = |shape: &Shape| vec![0; shape.record_bytes() as usize];
        Self {
            link,
            timeout: settings.timeout,
            buffer: bytes(consumer.shape()),
            out: bytes(producer.shape()),
            producer,
            consumer,
            peer,
        }
    }

    /// The peer's index.
    pub fn peer(&self) -> u32 {
        self.peer
    }

    /// Most bytes of a record that is sent.
    pub fn limit(&self) -> usize {
        // Lossless: below 2^17.
        self.producer.shape().record_bytes() as usize
    }

    pub(super) fn signal(&self) -> Result<(), Error> {
        self.link.notify(Peers::one(self.peer))
    }

    fn wake(&self, wake: Wake) -> Result<(), Error> {
        match wake {
            Wake::Signal => self.signal(),
            Wake::Quiet => Ok(()),
        }
    }

    /// Sends a message.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn say(&mut self, message: &impl serde::Serialize) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.out);
        let said = encode(message, &mut buffer).and_then(|bytes| self.push(bytes));
        self.out = buffer;
        said
    }

    /// Sends a record, waiting for room.
    ///
    /// # Errors
    /// [`Error::Check`] if the peer left or broke the ring; [`Error::Timeout`].
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let end = Instant::now() + self.timeout;
        loop {
            match self.producer.push(bytes) {
                Ok(wake) => return self.wake(wake),
                Err(RingError::Full) => {}
                Err(error) => return Err(check(error)),
            }
            let asked = self.producer.ask().map_err(check)?;
            self.wake(asked.wake)?;
            if asked.sleep {
                self.sleep(end, "the peer to take what was sent")?;
            }
        }
    }

    /// Takes the next record, waiting for it; `take` sees its bytes.
    ///
    /// # Errors
    /// As [`Self::push`].
    pub fn pop<T>(&mut self, take: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
        let end = Instant::now() + self.timeout;
        let mut left = None;
        loop {
            if let Some(popped) = self.consumer.pop(&mut self.buffer).map_err(check)? {
                self.wake(popped.wake)?;
                return Ok(take(&self.buffer[..popped.length]));
            }
            if let Some(error) = left {
                return Err(error);
            }
            let asked = self.consumer.ask().map_err(check)?;
            self.wake(asked.wake)?;
            if asked.sleep {
                // Looks once more: it may have left right after its last record.
                left = self.sleep(end, "the peer's next record").err();
            }
        }
    }

    /// Takes the next message.
    ///
    /// # Errors
    /// As [`Self::pop`]; [`Error::Check`] if it is none.
    pub fn hear<T: for<'b> serde::Deserialize<'b>>(&mut self) -> Result<T, Error> {
        self.pop(|bytes| decode(bytes))?
            .ok_or_else(|| check("that is no message"))
    }

    fn sleep(&mut self, end: Instant, what: &str) -> Result<(), Error> {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(Error::Timeout {
                what: what.into(),
                seconds: self.timeout.as_secs(),
            });
        }
        self.link.pump(left.min(LOOK))?;
        let _ = self.link.take_pending();
        if self.link.active().contains(self.peer) {
            return Ok(());
        }
        Err(Error::Check(self.departure()?))
    }

    /// How the peer left, by the last event that tells.
    fn departure(&self) -> Result<String, Error> {
        let mut how = "is no longer attached".to_owned();
        while let Some(event) = self.link.region().next_event()? {
            if event.idx == self.peer && event.kind.is_departure() {
                how = format!("{} (event {})", event.kind, event.serial);
            }
        }
        Ok(format!("peer {} {how}", self.peer))
    }
}
