// SPDX-License-Identifier: BSD-2-Clause

//! Two rings between two peers of a region, and how they find each other.
//!
//! Rules:
//! * No wait is endless: it ends with something to do, with the peer's departure
//!   and its reason, or with a timeout.
//! * What a peer that left has published is taken before its leaving counts.
//! * The peer alone is signalled, and only when it asked to be; before it is known,
//!   everybody is.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant};

use guest_shm::{CLIENT_MAX, Error, Link, Peers, Region, Targets};
use shmem_rings::{Consumer, Error as RingError, Producer, Shape, Wake, create, discover};

use super::layout::{self, BACK_BYTES, Places};
use super::message::{Back, Forward, decode, encode};

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
    fn schemas(self) -> (u64, u64) {
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

/// A number that no other life of a ring has.
fn random() -> u64 {
    RandomState::new().build_hasher().finish() | 1
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

fn check(error: impl ToString) -> Error {
    Error::Check(format!("the peer: {}", error.to_string()))
}

/// A record of a ring that may be anybody's, if there is one.
fn peek(memory: shmem_rings::Shared<'_>, shape: &Shape) -> Option<(u64, u32)> {
    let mut consumer = Consumer::attach(memory, shape).ok()?;
    let mut buffer = [0; BACK_BYTES as usize];
    let popped = consumer.pop(&mut buffer).ok()??;
    match decode(&buffer[..popped.length])? {
        Back::Greeting { session, idx } if idx < CLIENT_MAX => Some((session, idx)),
        _ => None,
    }
}

impl<'r, R: Region> Channel<'r, R> {
    /// The sending side: makes its ring, waits for the receiver's greeting and begins.
    /// `length` is how long the file is, if that is known.
    ///
    /// # Errors
    /// [`Error::Timeout`] if no receiver came; [`Error::Check`] if the region is too
    /// small; those of [`Region`].
    pub fn send_side(
        region: &'r R,
        settings: Settings,
        length: Option<u64>,
    ) -> Result<Self, Error> {
        let Places { back, forward } = layout::places(region.words())?;
        let (forward_schema, back_schema) = settings.purpose.schemas();
        let session = random();
        let shape = layout::forward(forward.words(), forward_schema, session)?;
        create(forward, &shape).map_err(check)?;
        let producer = Producer::attach(forward, &shape).map_err(check)?;
        region.notify(Targets::ALL)?;
        let mut link = Link::new(region, settings.timeout);
        let (peer, greeting) = link.wait_for("a receiver", |_| {
            let Ok(found) = discover(back.read_only()) else {
                return Ok(None);
            };
            if found.schema() != back_schema || found.record_bytes() != BACK_BYTES {
                return Ok(None);
            }
            let greeted = peek(back, &found).filter(|(greeted, _)| *greeted == session);
            Ok(greeted.map(|(_, peer)| (peer, found)))
        })?;
        let consumer = Consumer::attach(back, &greeting).map_err(check)?;
        let idx = region.attachment().idx;
        let mut channel = Self::new(link, settings, producer, consumer, peer);
        channel.say(&Forward::Begin {
            greeting: greeting.generation(),
            idx,
            length,
        })?;
        // It may be waiting for this without having been able to ask.
        channel.signal()?;
        Ok(channel)
    }

    /// The receiving side: waits for a sender's ring, greets it and waits for its
    /// beginning. Gives the file's length too, if the sender knows it.
    ///
    /// # Errors
    /// As [`Self::send_side`].
    pub fn receive_side(region: &'r R, settings: Settings) -> Result<(Self, Option<u64>), Error> {
        let places = layout::places(region.words())?;
        let mut link = Link::new(region, settings.timeout);
        let mut greeted = None;
        let (ends, peer, length) = link.wait_for("a sender", |link| {
            greet(link, settings, &places, &mut greeted)?;
            let Some(ends) = &mut greeted else {
                return Ok(None);
            };
            let mut buffer = vec![0; ends.shape_bytes()];
            while let Ok(Some(popped)) = ends.consumer.pop(&mut buffer) {
                if let Some(Forward::Begin {
                    greeting,
                    idx,
                    length,
                }) = decode(&buffer[..popped.length])
                    && greeting == ends.greeting
                    && idx < CLIENT_MAX
                {
                    return Ok(greeted.take().map(|ends| (ends, idx, length)));
                }
            }
            Ok(None)
        })?;
        let channel = Self::new(link, settings, ends.producer, ends.consumer, peer);
        Ok((channel, length))
    }

    fn new(
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

    fn signal(&self) -> Result<(), Error> {
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

/// The receiver's ends, once it has greeted a sender's ring.
struct Ends<'r> {
    session: u64,
    greeting: u64,
    producer: Producer<'r>,
    consumer: Consumer<'r>,
}

impl Ends<'_> {
    fn shape_bytes(&self) -> usize {
        // Lossless: below 2^17.
        self.consumer.shape().record_bytes() as usize
    }
}

/// Greets the sender's ring that is there, unless that was done. A ring that a
/// sender left behind is greeted too: nobody answers, until the next sender's comes.
fn greet<'r, R: Region>(
    link: &Link<'r, R>,
    settings: Settings,
    places: &Places<'r>,
    greeted: &mut Option<Ends<'r>>,
) -> Result<(), Error> {
    let (forward_schema, back_schema) = settings.purpose.schemas();
    let Ok(found) = discover(places.forward.read_only()) else {
        return Ok(());
    };
    let session = found.generation();
    let known = greeted.as_ref().is_some_and(|ends| ends.session == session);
    if known || found.schema() != forward_schema {
        return Ok(());
    }
    let Ok(consumer) = Consumer::attach(places.forward, &found) else {
        return Ok(());
    };
    let greeting = random();
    let shape = layout::back(back_schema, greeting)?;
    create(places.back, &shape).map_err(check)?;
    let mut producer = Producer::attach(places.back, &shape).map_err(check)?;
    let mut buffer = [0; BACK_BYTES as usize];
    let message = Back::Greeting {
        session,
        idx: link.region().attachment().idx,
    };
    // A ring that was just made has room; whether the sender asked does not matter.
    let _ = producer
        .push(encode(&message, &mut buffer)?)
        .map_err(check)?;
    link.region().notify(Targets::ALL)?;
    *greeted = Some(Ends {
        session,
        greeting,
        producer,
        consumer,
    });
    Ok(())
}
