// SPDX-License-Identifier: BSD-2-Clause

//! How the two sides find each other, whatever others left in the region.
//!
//! Rules:
//! * Each ring has a random generation: what somebody that died left behind is of
//!   another, and is greeted or answered in vain.
//! * Everybody is signalled here, as nobody knows the other's index yet.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use guest_shm::{CLIENT_MAX, Error, Link, Region, Targets};
use shmem_rings::{Consumer, Producer, Shape, Shared, create, discover};

use super::channel::{Channel, Settings, check};
use super::layout::{self, BACK_BYTES, Places};
use super::message::{Back, Forward, decode, encode};

/// A number that no other life of a ring has.
fn random() -> u64 {
    RandomState::new().build_hasher().finish() | 1
}

/// A record of a ring that may be anybody's, if there is one.
fn peek(memory: Shared<'_>, shape: &Shape) -> Option<(u64, u32)> {
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
            Ok(ends
                .beginning()
                .and_then(|(idx, length)| greeted.take().map(|ends| (ends, idx, length))))
        })?;
        let channel = Self::new(link, settings, ends.producer, ends.consumer, peer);
        Ok((channel, length))
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
    /// The sender's index and the file's length, once it has begun in answer to our
    /// greeting. Looks at no more records than the ring holds: who keeps it full of
    /// others does not keep us here.
    fn beginning(&mut self) -> Option<(u32, Option<u64>)> {
        let shape = self.consumer.shape();
        let slots = shape.slots();
        // Lossless: 2^16 at most.
        let mut buffer = vec![0; shape.record_bytes() as usize];
        for _ in 0..slots {
            let popped = self.consumer.pop(&mut buffer).ok()??;
            match decode(&buffer[..popped.length]) {
                Some(Forward::Begin {
                    greeting,
                    idx,
                    length,
                }) if greeting == self.greeting && idx < CLIENT_MAX => return Some((idx, length)),
                _ => {}
            }
        }
        None
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
