// SPDX-License-Identifier: BSD-2-Clause

//! What the UART has not taken yet.
//!
//! Why: at 115200 baud a byte takes 87 us. Whoever waited for that at the console's
//! priority would hold up everything below it. So text goes into this queue, the
//! UART takes what its FIFO has room for, and its interrupt asks for the rest.
//!
//! Rules: a speaker's line is begun only while fewer than [`LOW`] bytes wait, so
//! that what is shown next is at most that far behind what was said; lines that may
//! not begin wait in their speakers' rings. Above that there is room that speakers
//! never fill: whoever types gets an echo and an answer in any flood.

use super::pace::Pace;
use super::screen::LINE;
use super::text::Sink;
use heapless::Deque;

/// Bytes that may wait when a line is begun: 90 ms at 115200 baud.
const LOW: usize = 1024;
/// Bytes of a speaker's longest line: its tabs become eight spaces.
const LONGEST: usize = 8 * LINE + 64;
/// Bytes that may wait when the console itself writes.
const OWN: usize = LOW + LONGEST;
/// With room for what it writes at once: 12 rows of a list, or the list of commands.
const CAPACITY: usize = 8192;
const _: () = assert!(CAPACITY - OWN > 2500);

/// A UART's transmitter.
pub trait Port {
    /// Whether a byte can be sent without waiting.
    fn is_ready(&self) -> bool;
    /// Sends a byte.
    fn send(&mut self, byte: u8);
    /// Whether to interrupt when it becomes ready.
    fn interrupt_when_ready(&mut self, wanted: bool);
}

/// The queue.
#[derive(Debug, Default)]
pub struct Queue {
    bytes: Deque<u8, CAPACITY>,
    lost: u32,
}

impl Queue {
    /// Gives the port what it takes without waiting and `pace` allows. Returns when
    /// to go on, if the pace and not the port is the reason to stop.
    pub fn pump(&mut self, port: &mut impl Port, pace: &mut Pace, now: u64) -> Option<u64> {
        let mut at = None;
        while !self.bytes.is_empty() && port.is_ready() {
            if let Err(later) = pace.take(now) {
                at = Some(later);
                break;
            }
            if let Some(byte) = self.bytes.pop_front() {
                port.send(byte);
            }
        }
        // Not while the pace is the reason: the interrupt would come at once.
        port.interrupt_when_ready(!self.bytes.is_empty() && at.is_none());
        at
    }

    /// Whether all is sent.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes that found no room since the last call. None are lost as long as the
    /// rules above are kept.
    pub fn take_lost(&mut self) -> u32 {
        core::mem::take(&mut self.lost)
    }
}

impl Sink for Queue {
    fn put(&mut self, byte: u8) {
        if self.bytes.push_back(byte).is_err() {
            self.lost = self.lost.saturating_add(1);
        }
    }

    fn takes_a_line(&self) -> bool {
        self.bytes.len() < LOW
    }

    fn takes_own(&self) -> bool {
        self.bytes.len() < OWN
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, LOW, Queue};
    use crate::output::{Pace, Sink};
    use crate::tests::desk::Uart;

    #[test]
    fn a_slow_uart_is_asked_again_and_never_waited_for() {
        let (mut queue, mut fifo, mut pace) = (Queue::default(), Uart::new(0), Pace::new(1000));
        queue.put_all(b"0123456789");
        for part in ["0123", "4567", "89"] {
            fifo.room = 4;
            assert_eq!(queue.pump(&mut fifo, &mut pace, 0), None);
            assert!(fifo.sent.ends_with(part.as_bytes()));
            assert_eq!(fifo.interrupts, part != "89");
        }
        assert!(queue.is_empty());
    }

    #[test]
    fn a_fast_uart_gets_no_more_than_the_pace_allows() {
        let (mut queue, mut pace) = (Queue::default(), Pace::new(1000));
        let mut fifo = Uart::new(usize::MAX);
        let (mut now, start) = (0, Pace::BURST);
        // A second of somebody who always has more to say.
        while now < 1_000_000 {
            while queue.takes_a_line() {
                queue.put(b'x');
            }
            now = queue
                .pump(&mut fifo, &mut pace, now)
                .unwrap_or(now)
                .max(now + 1);
            assert!(!fifo.interrupts, "it would come at once");
        }
        let most = start + 1000 * Pace::BYTES_PER_MS;
        assert!(fifo.sent.len() as u64 <= most + 1, "{}", fifo.sent.len());
        assert!(fifo.sent.len() as u64 > most * 9 / 10);
    }

    #[test]
    fn a_line_begins_only_while_little_waits_and_what_is_lost_is_counted() {
        let mut queue = Queue::default();
        queue.put_all(&[b'x'; LOW - 1]);
        assert!(queue.takes_a_line());
        queue.put(b'x');
        assert!(!queue.takes_a_line() && queue.takes_own());
        queue.put_all(&[b'x'; CAPACITY]);
        assert!(!queue.takes_own());
        assert_eq!(queue.take_lost(), 1024);
        assert_eq!(queue.take_lost(), 0);
    }
}
