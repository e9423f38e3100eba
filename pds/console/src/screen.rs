// SPDX-License-Identifier: BSD-2-Clause

//! The screen: which line is shown when.
//!
//! A finished line is shown whole. An unfinished one (a prompt) is shown once it
//! has not grown for a while, or at once while somebody types to that guest. If
//! another speaker then has a line, the unfinished one is broken off and shown
//! again later, from its start: whoever reads whole lines loses nothing.
//!
//! Rules: speakers take turns of [`TURN`] bytes, and after [`ROUNDS`] turns the
//! others on this CPU get theirs, through the console's own deadline.

use crate::keys::{Action, Keys};
use crate::speaker::{Speaker, put_prefix};
use crate::text::{Sink, render};
use core::fmt::{self, Write};
use heapless::Vec;
use tombolo_config::console::StreamKind;

/// Longest line shown as one; longer ones are wrapped.
pub const LINE: usize = 512;
/// Bytes of one speaker's turn.
const TURN: usize = 2 * LINE;
/// Turns of each speaker in one call.
const ROUNDS: usize = 8;
/// How long an unfinished line is held back.
const PATIENCE_MS: u64 = 30;
/// How long after a key unfinished lines are shown at once.
const INTERACTIVE_MS: u64 = 2000;

/// What the screen is told once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Counter ticks in a millisecond.
    pub ticks_per_ms: u64,
}

/// The screen and its speakers.
#[derive(Debug)]
pub struct Screen<'a, S> {
    settings: Settings,
    sink: S,
    /// Counter value of the call in progress.
    now: u64,
    speakers: Vec<Speaker<'a>, 124>,
    /// Speakers that take input, by their number.
    guests: Vec<usize, 62>,
    selected: usize,
    keys: Keys,
    /// Whose line the cursor is in.
    open: Option<usize>,
    /// A colour was set on the current line.
    coloured: bool,
}

impl<'a, S: Sink> Screen<'a, S> {
    /// A screen without speakers.
    pub fn new(settings: Settings, sink: S) -> Self {
        Self {
            settings,
            sink,
            now: 0,
            speakers: Vec::new(),
            guests: Vec::new(),
            selected: 0,
            keys: Keys::default(),
            open: None,
            coloured: false,
        }
    }

    /// Adds a speaker; beyond 124 it is refused.
    pub fn add_speaker(&mut self, speaker: Speaker<'a>) -> Result<(), Speaker<'a>> {
        self.speakers.push(speaker)
    }

    /// Says that the guest of this name takes input. Inputs are numbered in the
    /// order of these calls. False: no speaker has that name, or there are too many.
    pub fn add_input(&mut self, name: &str) -> bool {
        let guest =
            |speaker: &Speaker<'_>| speaker.kind == StreamKind::Guest && speaker.name == name;
        self.speakers
            .iter()
            .position(guest)
            .is_some_and(|speaker| self.guests.push(speaker).is_ok())
    }

    /// Where the text went.
    pub fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Shows what the rings hold. Returns the counter value at which to call
    /// again even if nobody notifies.
    pub fn drain(&mut self, now: u64) -> Option<u64> {
        self.now = now;
        let mut more = true;
        for _ in 0..ROUNDS {
            more = false;
            for speaker in 0..self.speakers.len() {
                more |= self.turn(speaker);
            }
            if !more {
                break;
            }
        }
        self.report_dropped();
        let unfinished = self.unfinished();
        if more { Some(now) } else { unfinished }
    }

    /// Shows the finished lines of one speaker's turn; true if it has more.
    fn turn(&mut self, number: usize) -> bool {
        let mut buffer = [0; TURN];
        let count = self.speakers[number].ring.peek(&mut buffer);
        let (mut rest, mut taken) = (&buffer[..count], 0);
        loop {
            let window = &rest[..rest.len().min(LINE)];
            let (text, length) = match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => (&window[..end], end + 1),
                None if window.len() == LINE => (window, LINE),
                None => break,
            };
            self.finish_line(number, text);
            rest = &rest[length..];
            taken += length;
        }
        let speaker = &mut self.speakers[number];
        speaker.ring.skip(taken);
        let full = count == TURN;
        if !full {
            speaker.note_partial(rest.len(), self.now);
        }
        full
    }

    fn finish_line(&mut self, number: usize, text: &[u8]) {
        self.resume_line(number);
        let from = self.speakers[number].shown.min(text.len());
        self.coloured |= render(text, from, true, &mut self.sink).coloured;
        self.end_line();
        self.speakers[number].start_line();
    }

    /// Brings the cursor into this speaker's line.
    fn resume_line(&mut self, number: usize) {
        if self.open == Some(number) {
            return;
        }
        self.break_line();
        let speaker = &self.speakers[number];
        put_prefix(&speaker.name, speaker.kind, &mut self.sink);
        self.open = Some(number);
    }

    /// Breaks an unfinished line off; it will be shown again from its start.
    fn break_line(&mut self) {
        if let Some(number) = self.open {
            self.speakers[number].start_again(self.now);
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        if core::mem::take(&mut self.coloured) {
            self.sink.put_all(b"\x1b[0m");
        }
        self.sink.put_all(b"\r\n");
        self.open = None;
    }

    fn report_dropped(&mut self) {
        for number in 0..self.speakers.len() {
            if let Some(lost) = self.speakers[number].newly_dropped() {
                let name = self.speakers[number].name.clone();
                self.say(format_args!("{name} dropped {lost} bytes"));
            }
        }
    }

    /// Shows unfinished lines whose time has come; returns the next such time.
    fn unfinished(&mut self) -> Option<u64> {
        let mut next: Option<u64> = None;
        for number in 0..self.speakers.len() {
            let speaker = &self.speakers[number];
            if !speaker.holds_back() {
                continue;
            }
            let patience = PATIENCE_MS.saturating_mul(self.settings.ticks_per_ms);
            let due = speaker.grown.saturating_add(patience);
            if self.now >= due || speaker.is_awaited(self.now) {
                self.show_unfinished(number);
            } else {
                next = Some(next.map_or(due, |other| other.min(due)));
            }
        }
        next
    }

    fn show_unfinished(&mut self, number: usize) {
        let mut buffer = [0; LINE];
        let count = self.speakers[number].ring.peek(&mut buffer);
        let length = count.min(self.speakers[number].partial);
        self.resume_line(number);
        let from = self.speakers[number].shown.min(length);
        let rendered = render(&buffer[..length], from, false, &mut self.sink);
        self.coloured |= rendered.coloured;
        let speaker = &mut self.speakers[number];
        (speaker.shown, speaker.offered) = (rendered.shown, length);
    }

    /// A line of the console's own.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.break_line();
        put_prefix("console", StreamKind::Log, &mut self.sink);
        // A sink takes everything: there is no error to report.
        let _ = Writer(&mut self.sink).write_fmt(text);
        self.end_line();
    }

    /// Takes a typed byte. Returns the number of the input that gets a byte, and
    /// the byte.
    pub fn key(&mut self, byte: u8, now: u64) -> Option<(usize, u8)> {
        self.now = now;
        match self.keys.take(byte) {
            Action::Wait => None,
            Action::Send(byte) => {
                let speaker = *self.guests.get(self.selected)?;
                let while_typing = INTERACTIVE_MS.saturating_mul(self.settings.ticks_per_ms);
                self.speakers[speaker].interactive_until = now.saturating_add(while_typing);
                Some((self.selected, byte))
            }
            Action::Select(number) => {
                self.select(number);
                None
            }
            Action::Next => {
                self.select((self.selected + 1) % self.guests.len().max(1));
                None
            }
            Action::Help => {
                self.help();
                None
            }
        }
    }

    fn select(&mut self, number: usize) {
        let Some(&speaker) = self.guests.get(number) else {
            let count = self.guests.len();
            self.say(format_args!("no guest {number}: {count} guests take input"));
            return;
        };
        self.selected = number;
        let name = self.speakers[speaker].name.clone();
        self.say(format_args!("keys go to {name}"));
    }

    /// Says which keys the console has and who the guests are.
    pub fn help(&mut self) {
        self.say(format_args!(
            "Ctrl-] then: a digit selects a guest, n the next one, \
             Ctrl-] sends Ctrl-], ? shows this"
        ));
        for number in 0..self.guests.len() {
            let name = self.speakers[self.guests[number]].name.clone();
            let mark = if number == self.selected {
                " (selected)"
            } else {
                ""
            };
            self.say(format_args!("  {number}: {name}{mark}"));
        }
    }
}

/// Text of the console's own, which needs no filter: names come from the builder.
struct Writer<'a, S>(&'a mut S);

impl<S: Sink> Write for Writer<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put_all(text.as_bytes());
        Ok(())
    }
}
