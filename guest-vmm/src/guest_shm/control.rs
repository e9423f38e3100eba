// SPDX-License-Identifier: BSD-2-Clause

//! A control page: status, index, notify, detach.

use super::GuestShm;
use super::registers::{
    CONTROL_BYTES, CONTROL_DETACH, CONTROL_INDEX_AT, CONTROL_NOTIFY, CONTROL_STATUS, FEATURES,
    SHOWN_NAME, covers, load, stored_word, touches, within,
};
use super::state::{Connection, ENDED};
use crate::exits::{Access, Served};
use crate::log::Log;
use crate::platform::Platform;
use shmem_server_api::{Request, Response, Status};
use tombolo_trace::Event;

impl GuestShm<'_> {
    pub(super) fn control_access<P: Platform>(
        &mut self,
        connection: Connection,
        offset: u64,
        access: &Access,
        platform: &mut P,
        log: &mut Log<'_>,
    ) -> Served {
        let bytes = access.width.bytes();
        let text = access.store.is_none() && within(&SHOWN_NAME, offset, bytes);
        if !access.is_aligned() && !text {
            return self.unaligned(access, platform, log);
        }
        let Some(value) = access.store else {
            if offset >= FEATURES {
                return self.control_feature_load(connection, offset, bytes, platform);
            }
            return Served::Done(self.control_load(connection, offset, bytes, platform));
        };
        if offset >= FEATURES {
            self.control_feature_store(connection, offset, bytes, value);
            return Served::Done(0);
        }
        let calls = [&CONTROL_NOTIFY, &CONTROL_DETACH];
        if calls.iter().any(|field| touches(field, offset, bytes)) && !self.paced(platform) {
            return Served::Wait;
        }
        if touches(&CONTROL_NOTIFY, offset, bytes) {
            signal(connection, targets(offset, bytes, value), platform, log);
        }
        if touches(&CONTROL_DETACH, offset, bytes) {
            self.detach(connection, platform, log);
        }
        Served::Done(0)
    }

    fn control_load<P: Platform>(
        &mut self,
        connection: Connection,
        offset: u64,
        bytes: u64,
        platform: &mut P,
    ) -> u64 {
        let mut image = [0; CONTROL_BYTES];
        if touches(&CONTROL_STATUS, offset, bytes) {
            let word = self.board.words.get(usize::from(connection.handle));
            let status = word.map_or(0, |word| {
                let status = word.take().status;
                // Truncation: bits 15:0 are who signalled.
                let signals = status as u16;
                let heard = signals & connection.one_shot;
                if heard != 0 {
                    word.mute(heard);
                }
                let of_peers = signals & !(1 << (connection.index & 15));
                self.bucket.give(of_peers.count_ones());
                status
            });
            platform.trace(Event::StatusRead {
                connection: connection.handle,
                value: status,
            });
            image[..4].copy_from_slice(&status.to_le_bytes());
            if status >> 16 & 1 << (connection.index & 15) == 0 {
                self.note_end(connection.slot);
            }
        }
        image[CONTROL_INDEX_AT] = connection.index;
        load(&image, offset, bytes)
    }

    /// The guest has read a status without itself: the manager ended the connection.
    fn note_end(&mut self, slot: u16) {
        if let Some(own) = self.connections.iter_mut().find(|c| c.slot == slot) {
            (own.handle, own.end_unread) = (ENDED, false);
            self.inspected = None;
        }
    }

    fn detach<P: Platform>(&mut self, connection: Connection, platform: &mut P, log: &mut Log<'_>) {
        let answer = platform.request(&Request::Detach {
            connection: connection.handle,
        });
        self.connections.retain(|c| c.slot != connection.slot);
        self.inspected = None;
        let now = platform.counter();
        let slot = connection.slot;
        match answer {
            Some(Response::Done) => {
                log.guest_line(now, format_args!("guest_shm: detached from slot {slot}"));
            }
            other => log.guest_line(
                now,
                format_args!("guest_shm: detach from slot {slot}: the server answered {other:?}"),
            ),
        }
    }
}

/// The set of targets that a store to `notify` names, in its place.
fn targets(offset: u64, bytes: u64, value: u64) -> u32 {
    let set = stored_word(&CONTROL_NOTIFY, offset, bytes, value);
    // "Everyone" is said with all 32 bits only.
    if covers(&CONTROL_NOTIFY, offset, bytes) {
        set
    } else {
        set & 0xffff
    }
}

fn signal<P: Platform>(connection: Connection, targets: u32, platform: &mut P, log: &mut Log<'_>) {
    platform.trace(Event::Doorbell {
        connection: connection.handle,
        targets,
    });
    let code = platform.signal(connection.handle, targets);
    if code != u64::from(Status::Ok.code()) {
        log.guest_line(
            platform.counter(),
            format_args!(
                "guest_shm: the server refused to signal {targets:#x} in slot {}: code {code}",
                connection.slot
            ),
        );
    }
}
