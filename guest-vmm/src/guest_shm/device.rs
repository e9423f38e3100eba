// SPDX-License-Identifier: BSD-2-Clause

//! The device's front: which page an access hits, and its interrupt line.

use super::registers::{FEATURES, NAME, PAGE, SHOWN_NAME, load, within};
use super::state::{Connection, Factory, Waiting};
use crate::exits::{Access, Refusal, Served};
use crate::log::Log;
use crate::platform::Platform;
use heapless::Vec;
use shmem_server_api::{Board, BoardWord, Bucket, Inspection, Listed, MAX_CONNECTIONS, Status};
use tombolo_config::guest::{Shmem, SlotWindow};
use tombolo_config::server::Access as SlotAccess;

/// How often a guest that exceeds its pace is let on.
const BATCHES_PER_SECOND: u32 = 64;

/// A guest's shared-memory device.
#[derive(Debug)]
pub struct GuestShm<'a> {
    pub(super) config: &'a Shmem,
    pub(super) board: &'a Board,
    pub(super) factory: Factory,
    /// At most one per slot.
    pub(super) connections: Vec<Connection, MAX_CONNECTIONS>,
    pub(super) waiting: Option<Waiting>,
    /// Successful attaches that nobody has asked about yet.
    pub(super) attached: bool,
    /// How often the server may be called. A signal heard earns a call: who answers
    /// what it hears is never held up, who only rings is.
    pub(super) bucket: Bucket,
    /// The access that is served has taken a token, or the last one did.
    token_taken: bool,
    /// The access that is served is the second of an instruction whose first one did.
    second: bool,
    /// The next one is the second of an instruction.
    next_is_second: bool,
    /// Counter value at which it may be called again, if it may not now.
    pub(super) paced_until: Option<u64>,
    /// Generation of the region attached or found last, and the rights to it.
    pub(super) last: Option<(u32, u32)>,
    /// What `nth` of the list was asked for last, and the answer.
    pub(super) list_nth: u32,
    pub(super) listed: Option<Result<Listed, Status>>,
    /// Why the device itself refused the last attach; 0: it did not.
    pub(super) reason: u32,
    /// The last look at a connection, by handle.
    pub(super) inspected: Option<(u8, Inspection)>,
}

impl<'a> GuestShm<'a> {
    /// A device without connections. `frequency`: counter ticks per second.
    pub fn new(config: &'a Shmem, board: &'a Board, frequency: u64, now: u64) -> Self {
        let pace = config.pace;
        Self {
            config,
            board,
            factory: Factory::new(config.intr),
            connections: Vec::new(),
            waiting: None,
            attached: false,
            bucket: Bucket::new(pace.burst, pace.per_second, frequency, now)
                .in_batches(pace.per_second / BATCHES_PER_SECOND),
            token_taken: false,
            second: false,
            next_is_second: false,
            paced_until: None,
            last: None,
            list_nth: 0,
            listed: None,
            reason: 0,
            inspected: None,
        }
    }

    /// As after power-on: the server has dropped every connection. The bucket keeps
    /// its level, so that a guest gains nothing by resets.
    pub fn reset(&mut self) {
        self.factory = Factory::new(self.config.intr);
        self.connections.clear();
        self.waiting = None;
        self.paced_until = None;
        self.last = None;
        self.list_nth = 0;
        self.listed = None;
        self.reason = 0;
        self.inspected = None;
    }

    /// The next access is the second of the same instruction.
    pub fn next_is_second(&mut self) {
        self.next_is_second = true;
    }

    /// Takes a token. False: the guest is to repeat the access later.
    ///
    /// If an instruction's first access took one, the second takes its token in advance:
    /// had it to wait, the first would be repeated with it, and take one each time.
    pub(super) fn paced<P: Platform>(&mut self, platform: &P) -> bool {
        if self.second {
            self.bucket.take_in_advance();
            return true;
        }
        self.paced_until = self.bucket.take(platform.counter()).err();
        self.token_taken = self.paced_until.is_none();
        self.token_taken
    }

    /// Serves an access, if it is one of this device's. `None`: it is not.
    pub fn access<P: Platform>(
        &mut self,
        access: &Access,
        platform: &mut P,
        log: &mut Log<'_>,
    ) -> Option<Served> {
        self.paced_until = None;
        let taken = core::mem::take(&mut self.token_taken);
        self.second = core::mem::take(&mut self.next_is_second) && taken;
        if let Some(offset) = offset_in_page(self.config.loc, access.address) {
            return Some(self.factory_access(offset, access, platform, log));
        }
        let config = self.config;
        let window = config.slots.iter().find(|w| {
            access.address >= w.control && access.address - w.control < window_bytes(w)
        })?;
        let Some(offset) = offset_in_page(window.control, access.address) else {
            return Some(Served::Refused(data_refusal(window, access)));
        };
        let connection = self
            .connections
            .iter()
            .find(|c| c.slot == window.slot)
            .copied();
        Some(match connection {
            None => Served::Refused(Refusal::NotAttached { slot: window.slot }),
            Some(connection) => self.control_access(connection, offset, access, platform, log),
        })
    }

    /// Level of the interrupt line: some connection's `status` has changed since
    /// it was read.
    pub fn line(&self) -> bool {
        self.connections.iter().any(|connection| {
            let word = self.board.words.get(usize::from(connection.handle));
            connection.end_unread || word.is_some_and(BoardWord::line)
        })
    }

    /// Counter value at which an access that has to wait is to be repeated: the
    /// bucket has a token, or a waiting attach gives up.
    pub fn waits_until(&self) -> Option<u64> {
        let attach = self.waiting.as_ref().map(|waiting| waiting.until);
        self.paced_until.or(attach)
    }

    /// The server notified: a slot may be clean. Whether an attach waits for one.
    pub fn notified(&mut self) -> bool {
        let waiting = self.waiting.as_mut();
        waiting.map(|waiting| waiting.notified = true).is_some()
    }

    /// Whether an attach succeeded since the last call.
    pub fn take_attached(&mut self) -> bool {
        core::mem::take(&mut self.attached)
    }

    /// An unaligned access: no effect.
    pub(super) fn unaligned<P: Platform>(
        &mut self,
        access: &Access,
        platform: &P,
        log: &mut Log<'_>,
    ) -> Served {
        self.factory.status = Status::UnknownFailure;
        log.guest_line(
            platform.counter(),
            format_args!(
                "guest_shm: unaligned {}-byte access at {:#x} ignored: registers take aligned ones",
                access.width.bytes(),
                access.address
            ),
        );
        Served::Done(0)
    }

    fn factory_access<P: Platform>(
        &mut self,
        offset: u64,
        access: &Access,
        platform: &mut P,
        log: &mut Log<'_>,
    ) -> Served {
        let bytes = access.width.bytes();
        if !access.is_aligned() && !in_a_name(offset, bytes, access.store.is_some()) {
            return self.unaligned(access, platform, log);
        }
        match access.store {
            None if offset >= FEATURES => self.factory_feature_load(offset, bytes, platform),
            None => Served::Done(load(&self.factory.image(), offset, bytes)),
            Some(value) => self.factory_store(offset, bytes, value, platform, log),
        }
    }
}

/// Whether an access lies in a field of text: there every address is as good as
/// another, and `memcpy` of the common libraries uses all of them.
fn in_a_name(offset: u64, bytes: u64, store: bool) -> bool {
    within(&NAME, offset, bytes) || !store && within(&SHOWN_NAME, offset, bytes)
}

/// Offset of `address` in the page at `page`, if it lies there.
fn offset_in_page(page: u64, address: u64) -> Option<u64> {
    address.checked_sub(page).filter(|&offset| offset < PAGE)
}

/// Control page and data.
fn window_bytes(window: &SlotWindow) -> u64 {
    PAGE + u64::from(window.pages) * PAGE
}

/// A fault on a slot's data: it is mapped, so only a store to a read-only
/// mapping comes here.
fn data_refusal(window: &SlotWindow, access: &Access) -> Refusal {
    match (window.access, access.store) {
        (SlotAccess::ReadOnly, Some(_)) => Refusal::ReadOnly,
        _ => Refusal::NothingThere,
    }
}
