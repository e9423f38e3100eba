// SPDX-License-Identifier: BSD-2-Clause

//! Lines to the console.
//!
//! A line goes out whole or not at all: what does not fit is counted, and the
//! number is told when there is room again. The console never holds the server up.
//! What a client causes is limited besides (`shmem_server_core::talk`).

use core::fmt::{self, Write};
use heapless::String;
use sel4_microkit::Channel;
use shmem_server_core::ClientId;
use shmem_server_core::talk::Talk;
use tombolo_pages::ring::{OUTPUT_BYTES, Producer};
use tombolo_start::counter;

/// Longest line; the rest is cut off. A name has 32 characters, a region's 31.
const LINE: usize = 192;

/// The log.
pub struct Log {
    ring: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
    lost: u32,
    talk: Talk,
}

impl Log {
    /// Writes to `ring` and notifies `console`.
    pub fn new(ring: Producer<'static, OUTPUT_BYTES>, console: Channel) -> Self {
        Self {
            ring,
            console,
            lost: 0,
            talk: Talk::new(0, 1, 0),
        }
    }

    /// From now on each of `clients` clients has lines of its own.
    pub fn serve(&mut self, clients: usize) {
        self.talk = Talk::new(clients, counter::frequency(), counter::now());
    }

    /// Writes a line that `client` caused, unless it causes too many.
    pub fn line_of(&mut self, client: Option<ClientId>, text: impl fmt::Display) {
        match self.talk.may_say(client, counter::now()) {
            None => {}
            Some(0) => self.line(text),
            Some(missing) => self.line(format_args!("{text} ({missing} lines left out before)")),
        }
    }

    /// Writes one line.
    pub fn line(&mut self, text: impl fmt::Display) {
        if self.lost > 0 {
            let lost = self.lost;
            if self.put(format_args!("({lost} lines lost)")) {
                self.lost = 0;
            }
        }
        if !self.put(format_args!("{text}")) {
            self.lost = self.lost.saturating_add(1);
        }
        self.console.notify();
    }

    fn put(&mut self, text: fmt::Arguments<'_>) -> bool {
        let mut line = Line(String::new());
        // A line that is too long was cut off: `Line` never fails.
        let _ = line.write_fmt(text);
        if self.ring.room() < line.0.len() + 1 {
            return false;
        }
        self.ring.write(line.0.as_bytes());
        self.ring.write(b"\n");
        true
    }
}

struct Line(String<LINE>);

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            if self.0.push(character).is_err() {
                break;
            }
        }
        Ok(())
    }
}
