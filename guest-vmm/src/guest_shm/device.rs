// SPDX-License-Identifier: BSD-2-Clause

//! The device's front: which page an access hits, and its interrupt line.

use super::registers::{PAGE, load};
use super::state::{Connection, Factory, Waiting};
use crate::exits::{Access, Refusal, Served};
use crate::log::Log;
use crate::platform::Platform;
use heapless::Vec;
use shmem_server_api::{Board, MAX_CONNECTIONS, Status};
use tombolo_config::guest::{Shmem, SlotWindow};
use tombolo_config::server::Access as SlotAccess;

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
}

impl<'a> GuestShm<'a> {
    /// A device without connections.
    pub fn new(config: &'a Shmem, board: &'a Board) -> Self {
        Self {
            config,
            board,
            factory: Factory::new(config.intr),
            connections: Vec::new(),
            waiting: None,
            attached: false,
        }
    }

    /// Serves an access, if it is one of this device's. `None`: it is not.
    pub fn access<P: Platform>(
        &mut self,
        access: &Access,
        platform: &mut P,
        log: &mut Log<'_>,
    ) -> Option<Served> {
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
        self.connections
            .iter()
            .filter_map(|c| self.board.words.get(usize::from(c.handle)))
            .any(shmem_server_api::BoardWord::line)
    }

    /// Counter value at which a waiting attach gives up.
    pub fn waits_until(&self) -> Option<u64> {
        self.waiting.as_ref().map(|waiting| waiting.until)
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
        if !access.is_aligned() {
            return self.unaligned(access, platform, log);
        }
        let bytes = access.width.bytes();
        match access.store {
            None => Served::Done(load(&self.factory.image(), offset, bytes)),
            Some(value) => self.factory_store(offset, bytes, value, platform, log),
        }
    }
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
