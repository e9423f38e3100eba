// SPDX-License-Identifier: BSD-2-Clause

//! The real world: pages, threads, the server, mailboxes.

use super::asker::Asker;
use super::log::Log;
use super::vmm::{Vmm, clock};
use crate::{Event, Figures, Seen, Ticket, World};
use heapless::Vec;
use manager_api::{Response, Silence};
use sel4_microkit::{Channel, MessageInfo, with_msg_bytes, with_msg_bytes_mut};
use shmem_server_api::{self as server, call, label};
use tombolo_pages::guest_status::Order;
use tombolo_start::counter;
use tombolo_trace::{Event as Traced, Tracer};

/// Everything that the manager reaches.
pub struct Real {
    /// By guest number.
    pub vmms: Vec<Vmm, 60>,
    /// By asker number.
    pub askers: Vec<Asker, 16>,
    /// The shared-memory server.
    pub server: Channel,
    /// Own log.
    pub log: Log,
    /// Own trace.
    pub tracer: Tracer<'static>,
}

/// A guest's number in the trace: there are 60 at the most.
pub fn number(guest: usize) -> u8 {
    u8::try_from(guest).unwrap_or(u8::MAX)
}

impl World for Real {
    fn now(&self) -> u64 {
        let clock = clock();
        clock.microseconds(clock.now) / 1000
    }

    fn seen(&mut self, guest: usize) -> Seen {
        self.vmms.get(guest).map(Vmm::seen).unwrap_or_default()
    }

    fn figures(&mut self, guest: usize) -> Figures {
        let vmm = self.vmms.get_mut(guest);
        vmm.map(Vmm::figures).unwrap_or_default()
    }

    fn silence(&mut self, guest: usize) -> Option<Silence> {
        self.vmms.get(guest)?.silence()
    }

    fn trace(&mut self, event: Traced) {
        self.tracer.record(counter::now(), event);
    }

    fn order(&mut self, guest: usize, order: Order) -> u32 {
        let serial = self.vmms.get(guest).map_or(0, |vmm| vmm.give(order));
        self.trace(Traced::Ordered {
            guest: number(guest),
            // Lossless: a small number.
            order: order as u32,
            serial: u64::from(serial),
        });
        serial
    }

    fn halt(&mut self, guest: usize) {
        if self.vmms.get(guest).is_some_and(|vmm| !vmm.halt()) {
            self.log.line(format_args!(
                "cannot suspend the VMM of guest number {guest}: it stays as it is"
            ));
        }
    }

    fn restart(&mut self, guest: usize) -> bool {
        let restarted = self.vmms.get(guest).is_some_and(Vmm::restart);
        if restarted {
            let count = self.seen(guest).boots;
            self.trace(Traced::Restarted {
                guest: number(guest),
                count,
            });
        }
        restarted
    }

    fn server(&mut self, request: &server::Request) -> Option<server::Response> {
        let count = with_msg_bytes_mut(|registers| call::put_request(request, registers))?;
        let reply = self.server.pp_call(MessageInfo::new(label::REQUEST, count));
        with_msg_bytes(|registers| call::response(reply.label(), reply.count(), registers))
    }

    fn say(&mut self, event: &Event) {
        self.log.line(format_args!("{event}"));
    }

    fn answer(&mut self, ticket: Ticket, response: &Response) {
        if let Some(asker) = self.askers.get_mut(ticket.asker) {
            asker.answer(ticket.serial, response);
        }
    }
}
