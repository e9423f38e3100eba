// SPDX-License-Identifier: BSD-2-Clause

//! The client in a Microkit protection domain: protected calls, and the board and
//! slots that a generated configuration names.

use crate::{Client, Data, Error, Slot, Transport};
use core::mem::align_of;
use core::ptr::with_exposed_provenance;
use sel4_microkit::{Channel, MessageInfo, set_mr, with_msg_bytes, with_msg_bytes_mut};
use shmem_server_api::{Board, Bucket, Request, Response, call, label};
use tombolo_config::host::{HostShmem, HostSlot};
use tombolo_config::server::Access;
use tombolo_start::counter;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Calls on a channel to the server.
#[derive(Debug)]
pub struct Calls(Channel);

impl Calls {
    /// By this channel.
    pub const fn new(server: Channel) -> Self {
        Self(server)
    }
}

impl Transport for Calls {
    fn request(&mut self, request: &Request) -> Option<Response> {
        let count = with_msg_bytes_mut(|registers| call::put_request(request, registers))?;
        let reply = self.0.pp_call(MessageInfo::new(label::REQUEST, count));
        with_msg_bytes(|registers| call::response(reply.label(), reply.count(), registers))
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        set_mr(0, u64::from(connection));
        set_mr(1, u64::from(targets));
        self.0.pp_call(MessageInfo::new(label::SIGNAL, 2)).label()
    }

    fn now(&self) -> u64 {
        counter::now()
    }
}

/// The client that a generated configuration describes, held to its pace.
///
/// Errors: those of [`Client::new`]; [`Error::NotMapped`] if the configuration
/// names no address for a slot, with slot 0 and no pages for the board.
///
/// # Safety
///
/// The generator wrote `config` for this protection domain together with its maps,
/// so that the board and every slot lie mapped where it says, for ever; and this
/// program reaches them through the one client that this makes.
pub unsafe fn client(config: &HostShmem) -> Result<Client<'static, Calls>, Error> {
    let board = usize::try_from(config.board)
        .ok()
        .filter(|&address| address != 0 && address.is_multiple_of(align_of::<Board>()))
        .ok_or(Error::NotMapped { slot: 0, pages: 0 })?;
    // SAFETY: aligned and not null; mapped by the caller's promise. A board is
    // atomics only, so that any content is a value and the server no data race.
    let board = unsafe { &*with_exposed_provenance::<Board>(board) };
    let mut slots = heapless::Vec::<Slot<'static>, { crate::MAX_SLOTS }>::new();
    for entry in &config.slots {
        // SAFETY: mapped with these rights by the caller's promise.
        let slot = unsafe { mapped(entry) }.ok_or(Error::NotMapped {
            slot: entry.slot,
            pages: 0,
        })?;
        // Both lists have the same capacity.
        let _ = slots.push(slot);
    }
    let server = Channel::new(usize::from(config.server));
    let pace = config.pace;
    let (frequency, now) = (counter::frequency(), counter::now());
    let bucket = Bucket::new(pace.burst, pace.per_second, frequency, now);
    Client::new(Calls::new(server), board, slots).map(|client| client.paced(bucket))
}

/// # Safety
///
/// As [`client`], for this slot.
unsafe fn mapped(entry: &HostSlot) -> Option<Slot<'static>> {
    let pages = u32::try_from(entry.data.size / PAGE).ok()?;
    let read_only = entry.access == Access::ReadOnly;
    // SAFETY: the caller's promise.
    let data = unsafe { Data::at(entry.data.address, pages, read_only) }?;
    Some(Slot {
        number: entry.slot,
        data,
    })
}
