// SPDX-License-Identifier: BSD-2-Clause

//! What speakers said last.
//!
//! Lines that were shown, or were not because another is shown alone, stay in the
//! speaker's ring until it writes over them: [`OUTPUT_BYTES`] of each, for nothing.
//! The speaker can write there, so that it can forge its own past, and nobody
//! else's.
//!
//! [`OUTPUT_BYTES`]: tombolo_pages::ring::OUTPUT_BYTES

use super::screen::{LINE, Screen};
use super::text::{Sink, render};

/// Bytes that are looked through at once.
const CHUNK: usize = 512;

impl<S: Sink> Screen<'_, S> {
    /// Where the last `lines` lines of a speaker begin, and where they end.
    pub fn last_lines(&self, speaker: usize, lines: usize) -> Option<(u32, u32)> {
        let ring = &self.speakers.get(speaker)?.ring;
        let end = ring.taken();
        let (mut start, mut left) = (end, ring.recallable());
        // The end of the last line does not count.
        let mut ends = 0;
        let mut chunk = [0; CHUNK];
        while left > 0 {
            let length = left.min(CHUNK);
            // Lossless: at most CHUNK.
            let from = start.wrapping_sub(length as u32);
            let count = ring.recall(from, &mut chunk[..length]);
            for &byte in chunk[..count].iter().rev() {
                ends += usize::from(byte == b'\n');
                // A zero was never written.
                if ends > lines || byte == 0 {
                    return Some((start, end));
                }
                start = start.wrapping_sub(1);
            }
            if count < length {
                break;
            }
            left -= length;
        }
        Some((start, end))
    }

    /// Shows a speaker's line that begins at `from`; returns where the next one does.
    pub fn show_again(&mut self, speaker: usize, from: u32) -> Option<u32> {
        let mut buffer = [0; LINE];
        let count = self.speakers.get(speaker)?.ring.recall(from, &mut buffer);
        if count == 0 {
            return None;
        }
        let text = buffer[..count].split(|byte| *byte == b'\n').next();
        let text = text.unwrap_or_default();
        self.break_line();
        // No speaker's line begins so: it is not taken for what is said now.
        self.cursor.sink.put_all(b"  ");
        self.cursor.coloured |= render(text, 0, true, &mut self.cursor.sink).coloured;
        self.cursor.end();
        let taken = (text.len() + 1).min(count);
        // Lossless: at most LINE.
        Some(from.wrapping_add(taken as u32))
    }
}
