// SPDX-License-Identifier: BSD-2-Clause

//! Lines to the console.
//!
//! A line goes out whole or not at all: what does not fit is counted, and the
//! number is told when there is room again. The console never holds the server up.

use core::fmt::{self, Write};
use heapless::String;
use sel4_microkit::Channel;
use tombolo_pages::ring::{OUTPUT_BYTES, Producer};

/// Longest line; the rest is cut off. A name has 32 characters, a region's 31.
const LINE: usize = 192;

/// The log.
pub struct Log {
    ring: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
    lost: u32,
}

impl Log {
    /// Writes to `ring` and notifies `console`.
    pub fn new(ring: Producer<'static, OUTPUT_BYTES>, console: Channel) -> Self {
        Self {
            ring,
            console,
            lost: 0,
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
