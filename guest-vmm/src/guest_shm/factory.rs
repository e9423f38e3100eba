// SPDX-License-Identifier: BSD-2-Clause

//! The factory page: attach and find.

use super::GuestShm;
use super::registers::{
    LIST, REASON_ILLEGAL_NAME, REASON_SIZE_0, REASON_STILL_CLEANING, covers, stored_word,
};
use super::state::{Connection, ENDED, Waiting};
use crate::exits::Served;
use crate::log::Log;
use crate::platform::Platform;
use shmem_server_api::{Attached, MAX_PEERS, RegionName, Request, Response, Status};

impl GuestShm<'_> {
    pub(super) fn factory_store<P: Platform>(
        &mut self,
        offset: u64,
        bytes: u64,
        value: u64,
        platform: &mut P,
        log: &mut Log<'_>,
    ) -> Served {
        if covers(&LIST, offset, bytes) {
            return self.list(stored_word(&LIST, offset, bytes, value), platform);
        }
        let asked = self.factory.store(offset, bytes, value);
        if asked.attach && self.attach(platform, log) == Progress::Wait {
            return Served::Wait;
        }
        if asked.find {
            if !self.paced(platform) {
                return Served::Wait;
            }
            self.find(platform, log);
        }
        Served::Done(0)
    }

    fn attach<P: Platform>(&mut self, platform: &mut P, log: &mut Log<'_>) -> Progress {
        self.reason = 0;
        let name = match RegionName::from_field(&self.factory.name) {
            Ok(name) => name,
            Err(status) => {
                self.reason = REASON_ILLEGAL_NAME;
                self.factory.status = status;
                log.guest_line(
                    platform.counter(),
                    format_args!("guest_shm: attach refused: the name is not legal"),
                );
                return Progress::Finished;
            }
        };
        let pages = self.factory.size;
        if self.has_to_wait(&name, platform.counter()) || !self.paced(platform) {
            return Progress::Wait;
        }
        let status = match platform.request(&Request::Attach {
            name: name.clone(),
            pages,
        }) {
            Some(Response::Attached(attached)) => self.take_connection(&attached, platform, log),
            Some(Response::Wait) => match self.wait(&name, platform) {
                Progress::Wait => return Progress::Wait,
                Progress::Finished => {
                    self.reason = REASON_STILL_CLEANING;
                    Status::NoMem
                }
            },
            Some(Response::Failed(status)) => status,
            _ => Status::UnknownFailure,
        };
        self.waiting = None;
        self.factory.status = status;
        self.attached |= status == Status::Ok;
        let now = platform.counter();
        match status {
            Status::Ok => log.guest_line(
                now,
                format_args!(
                    "guest_shm: attached '{}' at {:#x}, {} pages",
                    name.as_str(),
                    self.factory.shmem,
                    self.factory.size
                ),
            ),
            // The way to look whether it is there: no failure.
            Status::UnknownFailure if pages == 0 && finds_no_region(platform) => log.guest_line(
                now,
                format_args!("guest_shm: no region '{}' to join", name.as_str()),
            ),
            _ => log.guest_line(
                now,
                format_args!(
                    "guest_shm: attach of '{}' ({pages} pages) failed: {status:?}",
                    name.as_str()
                ),
            ),
        }
        Progress::Finished
    }

    /// Whether the guest repeats an attach (an interrupt woke it) of which nothing
    /// new is known.
    fn has_to_wait(&self, name: &RegionName, now: u64) -> bool {
        self.waiting
            .as_ref()
            .is_some_and(|w| w.name == *name && !w.notified && now < w.until)
    }

    /// No slot is clean: whether to go on waiting.
    fn wait<P: Platform>(&mut self, name: &RegionName, platform: &mut P) -> Progress {
        let now = platform.counter();
        let milliseconds = 1 + u64::from(self.config.attach_timeout_ms);
        let ticks = platform.counter_frequency().saturating_mul(milliseconds) / 1000;
        let until = match &self.waiting {
            Some(waiting) if waiting.name == *name => waiting.until,
            _ => now.saturating_add(ticks),
        };
        if until <= now {
            return Progress::Finished;
        }
        self.waiting = Some(Waiting {
            name: name.clone(),
            until,
            notified: false,
        });
        Progress::Wait
    }

    fn find<P: Platform>(&mut self, platform: &mut P, log: &mut Log<'_>) {
        let nth = self.factory.find;
        self.factory.status = match platform.request(&Request::Find { nth }) {
            Some(Response::Attached(attached)) => self.take_connection(&attached, platform, log),
            Some(Response::Failed(status)) => status,
            _ => Status::UnknownFailure,
        };
    }

    /// Records a connection that the server names, and shows it in the factory.
    fn take_connection<P: Platform>(
        &mut self,
        attached: &Attached,
        platform: &P,
        log: &mut Log<'_>,
    ) -> Status {
        let config = self.config;
        let window = config.slots.iter().find(|w| w.slot == attached.slot);
        let sound = usize::from(attached.index) < MAX_PEERS
            && usize::from(attached.connection) < self.board.words.len()
            && attached.name.check().is_ok();
        let (Some(window), true) = (window, sound) else {
            log.guest_line(
                platform.counter(),
                format_args!(
                    "guest_shm: the server named slot {} (connection {}), which this guest does \
                     not have: the system was generated inconsistently",
                    attached.slot, attached.connection
                ),
            );
            return Status::UnknownFailure;
        };
        let connection = Connection {
            slot: attached.slot,
            handle: attached.connection,
            index: attached.index,
            generation: attached.generation,
            one_shot: 0,
            end_unread: false,
        };
        // The same connection again stays as its guest has set it.
        let same = |c: &&Connection| {
            (c.slot, c.handle, c.index, c.generation)
                == (
                    connection.slot,
                    connection.handle,
                    connection.index,
                    connection.generation,
                )
        };
        let connection = self
            .connections
            .iter()
            .find(same)
            .copied()
            .unwrap_or(connection);
        self.connections.retain(|c| c.slot != attached.slot);
        for other in &mut self.connections {
            if other.handle == attached.connection {
                (other.handle, other.end_unread) = (ENDED, true);
            }
        }
        // The handle may have been another connection's when it was looked at.
        self.inspected = None;
        // One for each slot, of which there are not more than MAX_CONNECTIONS.
        if self.connections.push(connection).is_err() {
            return Status::UnknownFailure;
        }
        self.last = Some((attached.generation, self.access_to(attached.slot)));
        self.factory.shmem = window.control;
        self.factory.size = attached.pages.min(window.pages);
        self.factory.set_name(&attached.name);
        Status::Ok
    }
}

/// Whether the server's reason for the last refusal is that size 0 creates no region.
fn finds_no_region<P: Platform>(platform: &mut P) -> bool {
    let usage = platform.request(&Request::Usage);
    matches!(usage, Some(Response::Usage(usage)) if usage.reason == REASON_SIZE_0)
}

/// Whether an attach has come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// It has.
    Finished,
    /// The guest is to try again.
    Wait,
}
