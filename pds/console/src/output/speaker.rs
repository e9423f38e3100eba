// SPDX-License-Identifier: BSD-2-Clause

//! One speaker: its name, its ring, and how far its current line is shown.
//!
//! The ring is the line's buffer: bytes of an unfinished line stay there, so that
//! the whole line can be shown again after another speaker's line broke it, and
//! the console needs no buffer per speaker.

use super::loss::Loss;
use heapless::String;
use tombolo_config::{Name, console::StreamKind};
use tombolo_pages::ring::{Consumer, OUTPUT_BYTES};

/// A speaker.
#[derive(Debug)]
pub struct Speaker<'a> {
    pub(crate) name: Name,
    pub(crate) kind: StreamKind,
    pub(crate) ring: Consumer<'a, OUTPUT_BYTES>,
    /// Bytes of the unfinished line that are on the screen.
    pub(crate) shown: usize,
    /// Bytes of the unfinished line when the screen last took some of it: more
    /// than `shown` if its end is half a character.
    pub(crate) offered: usize,
    /// Bytes of the unfinished line when it was last looked at.
    pub(crate) partial: usize,
    /// Counter value when it last grew.
    pub(crate) grown: u64,
    /// Until this counter value, unfinished lines are shown at once.
    pub(crate) interactive_until: u64,
    /// It was broken off and has not grown since: even somebody who types does not
    /// need it again at once.
    pub(crate) broken: bool,
    /// Bytes that its ring had no room for.
    pub(crate) loss: Loss,
}

impl<'a> Speaker<'a> {
    /// A speaker that has said nothing yet.
    pub fn new(name: &str, kind: StreamKind, ring: Consumer<'a, OUTPUT_BYTES>) -> Self {
        let loss = Loss::since(ring.dropped());
        Self {
            name: String::try_from(name).unwrap_or_default(),
            kind,
            ring,
            shown: 0,
            offered: 0,
            partial: 0,
            grown: 0,
            interactive_until: 0,
            broken: false,
            loss,
        }
    }

    /// Notes how much of an unfinished line there is now.
    pub(crate) fn note_partial(&mut self, length: usize, now: u64) {
        if length != self.partial {
            self.partial = length;
            self.grown = now;
            self.broken = false;
        }
    }

    /// Whether there is something unfinished that the screen lacks.
    pub(crate) fn holds_back(&self) -> bool {
        self.partial > self.offered
    }

    /// Whether somebody who types waits for what it says.
    pub(crate) fn is_awaited(&self, now: u64) -> bool {
        now < self.interactive_until && !self.broken
    }

    /// The line is finished.
    pub(crate) fn start_line(&mut self) {
        (self.shown, self.offered, self.partial) = (0, 0, 0);
        self.broken = false;
    }

    /// The line on the screen was broken off: it is to be shown again from its
    /// start, after a while.
    pub(crate) fn start_again(&mut self, now: u64) {
        (self.shown, self.offered, self.grown) = (0, 0, now);
        self.broken = true;
    }
}
