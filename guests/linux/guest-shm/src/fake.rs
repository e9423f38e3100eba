// SPDX-License-Identifier: BSD-2-Clause

//! A device for tests: guests are threads, and regions are plain memory.
//!
//! It keeps the reference page's semantics where the logic leans on them: the
//! first attach creates, joiners get the true size, the lowest free index,
//! pending bits cleared by the reading, everyone interrupted on attach and detach, a
//! region ends with its last connection.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::{Error, Refusal};
use crate::event::{Event, EventKind};
use crate::region::{
    Access, Attachment, CLIENT_MAX, Device, PAGE_SIZE, Peers, Region, Status, Targets,
};

#[derive(Clone, Default)]
struct Connection {
    pending: u16,
    news: bool,
    events: VecDeque<Event>,
}

struct Shared {
    words: Arc<[AtomicU64]>,
    generation: u32,
    serial: u32,
    connections: [Option<Connection>; CLIENT_MAX as usize],
}

impl Shared {
    fn active(&self) -> Peers {
        (0..)
            .zip(&self.connections)
            .filter(|(_, c)| c.is_some())
            .fold(Peers::NONE, |set, (idx, _)| set | Peers::one(idx))
    }

    /// Tells all but `idx` what happened to it.
    fn tell_all(&mut self, kind: EventKind, idx: usize) {
        self.serial = self.serial.wrapping_add(1);
        let event = Event {
            kind,
            idx: u32::try_from(idx).expect("at most 15"),
            serial: self.serial,
            generation: self.generation,
            lost: 0,
        };
        for (at, connection) in self.connections.iter_mut().enumerate() {
            let Some(connection) = connection else {
                continue;
            };
            connection.news = true;
            if at != idx {
                connection.events.push_back(event);
            }
        }
    }
}

#[derive(Default)]
struct Hub {
    regions: Mutex<HashMap<String, Shared>>,
    changed: Condvar,
    /// Births so far.
    births: AtomicU32,
    /// What a newly created region's words hold, instead of 0.
    dirt: u64,
}

/// A device that all its clones share.
#[derive(Clone, Default)]
pub struct Fake(Arc<Hub>);

impl Fake {
    /// A device whose new regions are not clean.
    pub fn dirty(dirt: u64) -> Fake {
        Fake(Arc::new(Hub {
            dirt,
            ..Hub::default()
        }))
    }

    fn regions(&self) -> MutexGuard<'_, HashMap<String, Shared>> {
        self.0
            .regions
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn fresh(&self, pages: u32) -> Shared {
        let count = u64::from(pages) * PAGE_SIZE / 8;
        Shared {
            words: (0..count).map(|_| AtomicU64::new(self.0.dirt)).collect(),
            generation: self.0.births.fetch_add(1, Ordering::Relaxed) + 1,
            serial: 0,
            connections: Default::default(),
        }
    }
}

impl Device for Fake {
    type Region = FakeRegion;

    fn attach(&self, name: &str, pages: u32) -> Result<FakeRegion, Error> {
        let mut regions = self.regions();
        if pages == 0 && !regions.contains_key(name) {
            return Err(Error::NoRegion { name: name.into() });
        }
        let shared = regions
            .entry(name.into())
            .or_insert_with(|| self.fresh(pages));
        let idx = shared
            .connections
            .iter()
            .position(Option::is_none)
            .ok_or_else(|| Error::Refused {
                name: name.into(),
                refusal: Refusal {
                    status: 3,
                    reason: 8,
                },
            })?;
        shared.connections[idx] = Some(Connection::default());
        shared.tell_all(EventKind::Joined, idx);
        self.0.changed.notify_all();
        Ok(FakeRegion {
            device: self.clone(),
            words: shared.words.clone(),
            attachment: Attachment {
                name: name.into(),
                pages: u32::try_from(shared.words.len() as u64 * 8 / PAGE_SIZE)
                    .expect("made from a u32"),
                idx: u32::try_from(idx).expect("at most 15"),
                gpa: 0x1000,
                vector: 43,
                generation: shared.generation,
                access: Access::ReadWrite,
            },
        })
    }
}

/// A connection to a fake region.
pub struct FakeRegion {
    device: Fake,
    words: Arc<[AtomicU64]>,
    attachment: Attachment,
}

impl Region for FakeRegion {
    fn attachment(&self) -> &Attachment {
        &self.attachment
    }

    fn words(&self) -> &[AtomicU64] {
        &self.words
    }

    fn notify(&self, targets: Targets) -> Result<(), Error> {
        let own = 1u16 << self.attachment.idx;
        let set = match targets {
            Targets::ALL => !own,
            Targets(bits) => u16::try_from(bits & 0xffff).expect("masked"),
        };
        let mut regions = self.device.regions();
        let shared = regions.get_mut(&self.attachment.name).expect("attached");
        for (idx, connection) in shared.connections.iter_mut().enumerate() {
            if let Some(connection) = connection
                && set & (1 << idx) != 0
            {
                connection.pending |= own;
                connection.news = true;
            }
        }
        self.device.0.changed.notify_all();
        Ok(())
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Status>, Error> {
        let idx = self.attachment.idx as usize;
        let quiet = |regions: &mut HashMap<String, Shared>| {
            !regions[&self.attachment.name].connections[idx]
                .as_ref()
                .is_some_and(|c| c.news)
        };
        let (mut regions, _) = self
            .device
            .0
            .changed
            .wait_timeout_while(self.device.regions(), timeout, quiet)
            .unwrap_or_else(PoisonError::into_inner);
        let shared = regions.get_mut(&self.attachment.name).expect("attached");
        let active = shared.active();
        let connection = shared.connections[idx].as_mut().expect("attached");
        if !connection.news {
            return Ok(None);
        }
        connection.news = false;
        let pending = Peers(core::mem::take(&mut connection.pending));
        Ok(Some(Status { pending, active }))
    }

    fn next_event(&self) -> Result<Option<Event>, Error> {
        let mut regions = self.device.regions();
        let shared = regions.get_mut(&self.attachment.name).expect("attached");
        let connection = shared.connections[self.attachment.idx as usize].as_mut();
        Ok(connection.expect("attached").events.pop_front())
    }
}

impl Drop for FakeRegion {
    fn drop(&mut self) {
        let mut regions = self.device.regions();
        let Some(shared) = regions.get_mut(&self.attachment.name) else {
            return;
        };
        let idx = self.attachment.idx as usize;
        shared.connections[idx] = None;
        shared.tell_all(EventKind::Left, idx);
        if shared.active().is_empty() {
            regions.remove(&self.attachment.name);
        }
        self.device.0.changed.notify_all();
    }
}
