// SPDX-License-Identifier: BSD-2-Clause

//! The feature registers: what Tombolo adds to the original's interface.
//!
//! They lie at 0x800 of both pages, where the original reads as 0, and begin with a
//! magic number, a version and a set of features, so that old drivers never
//! notice and new ones never guess. Fields of 32 bits take stores of 4 bytes, or of
//! 8 that cover two of them; narrower ones are ignored.

use super::GuestShm;
use super::registers::{
    ACCESS_AT, ACCESS_READ, ACCESS_READ_WRITE, BYTES_AT, CONNECTIONS_AT, CONTROL_FEATURE_BYTES,
    COUNTERS_AT, FACTORY_FEATURE_BYTES, FEATURES, GENERATION_AT, HELD, HELD_AT, INSPECTED, Image,
    LAST_ACCESS_AT, LAST_GENERATION_AT, LIST_ACTIVE_AT, LIST_GENERATION_AT, LIST_INDEX_AT,
    LIST_NAME_AT, LIST_NTH_AT, LIST_PAGES_AT, LIST_STATUS_AT, MAX_BYTES_AT, MAX_CONNECTIONS_AT,
    MAX_REGIONS_AT, MAY_SIGNAL_AT, MUTE, MUTE_AT, ONE_SHOT, ONE_SHOT_AT, PAGES_AT, PEEK_AT, REARM,
    REASON_AT, RECORDS, RECORDS_AT, REGION_NAME_AT, REGIONS_AT, SERIAL_AT, UNREAD_AT, USAGE,
    covers, load, stored_word, touches,
};
use super::state::Connection;
use crate::exits::Served;
use crate::platform::Platform;
use shmem_server_api::{Inspection, Listed, Request, Response, Status, Usage};
use tombolo_config::server::Access;

/// Bytes of a page of memory.
const PAGE_BYTES: u64 = 0x1000;

impl GuestShm<'_> {
    /// A load from the factory page's feature registers.
    pub(super) fn factory_feature_load<P: Platform>(
        &mut self,
        offset: u64,
        bytes: u64,
        platform: &mut P,
    ) -> Served {
        let mut usage = Usage::default();
        if touches(&USAGE, offset, bytes) {
            if !self.paced(platform) {
                return Served::Wait;
            }
            if let Some(Response::Usage(now)) = platform.request(&Request::Usage) {
                usage = now;
            }
            if self.reason != 0 {
                usage.reason = self.reason;
            }
        }
        let mut image = [0; FACTORY_FEATURE_BYTES];
        let mut fields = Image(&mut image);
        fields.head();
        show_usage(&mut fields, &usage);
        let (generation, access) = self.last.unwrap_or((0, 0));
        fields.put32(LAST_GENERATION_AT, generation);
        fields.put32(LAST_ACCESS_AT, access);
        fields.put32(LIST_NTH_AT, self.list_nth);
        show_listed(&mut fields, self.listed.as_ref());
        Served::Done(load(&image, offset - FEATURES, bytes))
    }

    /// The guest asks for the `nth` region that it may attach.
    pub(super) fn list<P: Platform>(&mut self, nth: u32, platform: &mut P) -> Served {
        if !self.paced(platform) {
            return Served::Wait;
        }
        self.list_nth = nth;
        self.listed = Some(match platform.request(&Request::List { nth }) {
            Some(Response::Listed(listed)) if listed.name.check().is_ok() => Ok(listed),
            Some(Response::Failed(status)) => Err(status),
            _ => Err(Status::UnknownFailure),
        });
        Served::Done(0)
    }

    /// A load from a control page's feature registers.
    pub(super) fn control_feature_load<P: Platform>(
        &mut self,
        connection: Connection,
        offset: u64,
        bytes: u64,
        platform: &mut P,
    ) -> Served {
        let again = [&RECORDS, &HELD].iter().any(|f| touches(f, offset, bytes));
        let fresh = INSPECTED.iter().any(|field| touches(field, offset, bytes));
        let known = matches!(&self.inspected, Some((handle, _)) if *handle == connection.handle);
        if fresh || again && !known {
            if !self.paced(platform) {
                return Served::Wait;
            }
            let answer = platform.request(&Request::Inspect {
                connection: connection.handle,
            });
            self.inspected = match answer {
                Some(Response::Inspected(inspection)) => Some((connection.handle, inspection)),
                _ => None,
            };
        }
        let mut image = [0; CONTROL_FEATURE_BYTES];
        let mut fields = Image(&mut image);
        fields.head();
        let access = self.access_to(connection.slot);
        if let Some((_, inspection)) = self.inspected.as_ref().filter(|_| fresh || again) {
            show_inspection(&mut fields, 0, inspection);
            show_inspection(&mut fields, HELD_AT, inspection);
            show_records(&mut fields, inspection);
            fields.put32(HELD_AT + ACCESS_AT, access);
        }
        fields.put32(ACCESS_AT, access);
        if let Some(word) = self.board.words.get(usize::from(connection.handle)) {
            fields.put32(MUTE_AT, u32::from(word.muted()));
            fields.put32(PEEK_AT, word.peek().status);
        }
        fields.put32(ONE_SHOT_AT, u32::from(connection.one_shot));
        Served::Done(load(&image, offset - FEATURES, bytes))
    }

    /// A store to a control page's feature registers. Bits 31:16 are ignored.
    pub(super) fn control_feature_store(
        &mut self,
        connection: Connection,
        offset: u64,
        bytes: u64,
        value: u64,
    ) {
        let Some(word) = self.board.words.get(usize::from(connection.handle)) else {
            return;
        };
        // Truncation: bits 15:0 are the set.
        let set = |field| {
            covers(field, offset, bytes).then(|| stored_word(field, offset, bytes, value) as u16)
        };
        if let Some(muted) = set(&MUTE) {
            word.mute_only(muted);
        }
        if let Some(rearmed) = set(&REARM) {
            word.unmute(rearmed);
        }
        if let Some(one_shot) = set(&ONE_SHOT) {
            let mut all = self.connections.iter_mut();
            if let Some(own) = all.find(|c| c.slot == connection.slot) {
                own.one_shot = one_shot;
            }
        }
    }

    /// Number of this guest's rights to a slot's data.
    pub(super) fn access_to(&self, slot: u16) -> u32 {
        let window = self.config.slots.iter().find(|window| window.slot == slot);
        match window.map(|window| window.access) {
            Some(Access::ReadOnly) => ACCESS_READ,
            Some(Access::ReadWrite) => ACCESS_READ_WRITE,
            None => 0,
        }
    }
}

fn show_usage(fields: &mut Image<'_>, usage: &Usage) {
    fields.put32(REASON_AT, usage.reason);
    fields.put32(CONNECTIONS_AT, usage.connections);
    fields.put32(MAX_CONNECTIONS_AT, usage.max_connections);
    fields.put32(REGIONS_AT, usage.regions);
    fields.put32(MAX_REGIONS_AT, usage.max_regions);
    let bytes = |pages| (u64::from(pages) * PAGE_BYTES).to_le_bytes();
    fields.put(BYTES_AT, &bytes(usage.pages));
    fields.put(MAX_BYTES_AT, &bytes(usage.max_pages));
}

fn show_listed(fields: &mut Image<'_>, listed: Option<&Result<Listed, Status>>) {
    match listed {
        None => {}
        Some(Err(status)) => fields.put32(LIST_STATUS_AT, status.code()),
        Some(Ok(listed)) => {
            fields.put32(LIST_PAGES_AT, listed.pages);
            fields.put32(LIST_GENERATION_AT, listed.generation);
            fields.put32(LIST_ACTIVE_AT, u32::from(listed.active));
            fields.put32(LIST_INDEX_AT, listed.index.map_or(u32::MAX, u32::from));
            fields.put(LIST_NAME_AT, listed.name.as_str().as_bytes());
        }
    }
}

/// The fields of an inspection, `up` bytes further up than they lie.
fn show_inspection(fields: &mut Image<'_>, up: usize, inspection: &Inspection) {
    fields.put32(up + GENERATION_AT, inspection.generation);
    fields.put32(up + SERIAL_AT, inspection.serial);
    fields.put32(up + PAGES_AT, inspection.pages);
    fields.put32(up + UNREAD_AT, u32::from(inspection.unread));
    fields.put32(up + MAY_SIGNAL_AT, u32::from(inspection.may_signal));
    let counters = &inspection.counters;
    let counts = [
        counters.sent,
        counters.received,
        counters.coalesced,
        counters.refused,
    ];
    for (at, count) in (up + COUNTERS_AT..).step_by(4).zip(counts) {
        fields.put32(at, count);
    }
    if inspection.name.check().is_ok() {
        fields.put(up + REGION_NAME_AT, inspection.name.as_str().as_bytes());
    }
}

fn show_records(fields: &mut Image<'_>, inspection: &Inspection) {
    for (at, record) in (RECORDS_AT..).step_by(16).zip(&inspection.peers) {
        fields.put32(at, u32::from(record.event));
        fields.put32(at + 4, record.serial);
        fields.put32(at + 8, u32::from(record.departure));
        fields.put32(at + 12, record.departure_serial);
    }
}
