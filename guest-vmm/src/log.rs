// SPDX-License-Identifier: BSD-2-Clause

//! The VMM's own log: text lines to the console, limited per second.
//!
//! A guest can make its VMM log at will, so lines that a guest causes are
//! counted against a bucket of [`BURST`] lines that refills at [`PER_SECOND`]; what is
//! left out is counted and said once the bucket has room again.

use core::fmt::{self, Write};
use heapless::Vec;
use tombolo_pages::ring::{OUTPUT_BYTES, Producer};

/// Lines that may come at once.
pub const BURST: u64 = 32;
/// Lines per second after that.
pub const PER_SECOND: u64 = 8;

/// Most bytes of a line.
const LINE: usize = 320;
type Line = heapless::String<LINE>;

/// The log of one VMM.
pub struct Log<'a> {
    ring: Producer<'a, OUTPUT_BYTES>,
    /// Lines that may still be written, times the counter frequency.
    credit: u64,
    last: u64,
    frequency: u64,
    suppressed: u64,
    unflushed: bool,
}

impl<'a> Log<'a> {
    /// A log that writes to `ring`; `frequency` in counter ticks per second.
    pub fn new(ring: Producer<'a, OUTPUT_BYTES>, frequency: u64) -> Self {
        let frequency = frequency.clamp(1, 1 << 40);
        Self {
            ring,
            credit: BURST * frequency,
            last: 0,
            frequency,
            suppressed: 0,
            unflushed: false,
        }
    }

    /// A line about the VMM itself: always written.
    pub fn line(&mut self, text: fmt::Arguments<'_>) {
        let mut line = Line::new();
        // Formatted first and written at once: the console never sees half a
        // line. What does not fit is cut off.
        let _ = line.write_fmt(text);
        let mut bytes = Vec::<u8, { LINE + 1 }>::new();
        let _ = bytes.extend_from_slice(line.as_bytes());
        let _ = bytes.push(b'\n');
        // A ring without room counts what it drops; there is no one else to tell.
        self.ring.write(&bytes);
        self.unflushed = true;
    }

    /// A line that the guest caused, at counter value `now`.
    pub fn guest_line(&mut self, now: u64, text: fmt::Arguments<'_>) {
        self.refill(now);
        if self.credit < self.frequency {
            self.suppressed += 1;
            return;
        }
        self.credit -= self.frequency;
        if self.suppressed > 0 {
            let count = core::mem::take(&mut self.suppressed);
            self.line(format_args!(
                "({count} lines left out: the guest causes too many)"
            ));
        }
        self.line(text);
    }

    /// Whether something was written since the last call.
    pub fn take_unflushed(&mut self) -> bool {
        core::mem::take(&mut self.unflushed)
    }

    fn refill(&mut self, now: u64) {
        let elapsed = now.wrapping_sub(self.last);
        self.last = now;
        let earned = elapsed.saturating_mul(PER_SECOND);
        self.credit = self
            .credit
            .saturating_add(earned)
            .min(BURST * self.frequency);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tombolo_pages::ring::{Consumer, OutputRing};

    fn text(consumer: &mut Consumer<'_, OUTPUT_BYTES>) -> String {
        let mut bytes = vec![0; OUTPUT_BYTES];
        let n = consumer.read(&mut bytes);
        String::from_utf8(bytes[..n].to_vec()).expect("the log writes text")
    }

    #[test]
    fn a_flood_is_limited_and_counted() {
        let ring = OutputRing::new();
        let mut consumer = Consumer::new(&ring);
        let mut log = Log::new(Producer::new(&ring), 1000);
        for n in 0..100 {
            log.guest_line(5, format_args!("line {n}"));
        }
        assert_eq!(text(&mut consumer).lines().count() as u64, BURST);
        log.guest_line(1005, format_args!("later"));
        let later = text(&mut consumer);
        assert_eq!(
            later,
            "(68 lines left out: the guest causes too many)\nlater\n"
        );
    }

    #[test]
    fn own_lines_are_never_left_out() {
        let ring = OutputRing::new();
        let mut consumer = Consumer::new(&ring);
        let mut log = Log::new(Producer::new(&ring), 1000);
        for n in 0..100 {
            log.line(format_args!("line {n}"));
        }
        assert_eq!(text(&mut consumer).lines().count(), 100);
        assert!(log.take_unflushed());
        assert!(!log.take_unflushed());
    }
}
