// SPDX-License-Identifier: BSD-2-Clause

//! The screen: which line is shown when.
//!
//! A finished line is shown whole. An unfinished one (a prompt) is shown once it
//! has not grown for a while, or at once while somebody types to that guest. If
//! another speaker then has a line, the unfinished one is broken off and shown
//! again later, from its start: whoever reads whole lines loses nothing. While somebody
//! types to the shell it waits, or else it would come back after each key.
//!
//! Rules: speakers take turns of [`TURN`] bytes, and a line begins only while the
//! sink takes one, so that a flooder waits in its own ring. After [`ROUNDS`] turns
//! the others on this CPU get theirs, through the console's own deadline.

use super::cursor::Cursor;
use super::loss::Told;
use super::speaker::Speaker;
use super::style::Voice;
use super::text::{Sink, render};
use core::fmt;
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

/// Who is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Everybody.
    All,
    /// This speaker alone; what the others say can be recalled.
    Only(usize),
    /// Nobody.
    Nobody,
}

/// What came of [`Screen::drain`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Somebody has more to say.
    pub more: bool,
    /// Counter value at which to call again even if nobody notifies.
    pub due: Option<u64>,
}

/// The screen and its speakers.
#[derive(Debug)]
pub struct Screen<'a, S> {
    settings: Settings,
    pub(crate) cursor: Cursor<S>,
    /// Counter value of the call in progress.
    now: u64,
    pub(crate) speakers: Vec<Speaker<'a>, 124>,
    /// Whose turn is next.
    next: usize,
    shown: Shown,
    /// Lines that were broken off wait.
    in_shell: bool,
}

impl<'a, S: Sink> Screen<'a, S> {
    /// A screen without speakers.
    pub fn new(settings: Settings, sink: S) -> Self {
        Self {
            settings,
            cursor: Cursor::new(sink),
            now: 0,
            speakers: Vec::new(),
            next: 0,
            shown: Shown::All,
            in_shell: false,
        }
    }

    /// Adds a speaker. False: there are 124 already.
    pub fn add_speaker(&mut self, speaker: Speaker<'a>) -> bool {
        self.speakers.push(speaker).is_ok()
    }

    /// The number of the guest's console with this name.
    pub fn guest(&self, name: &str) -> Option<usize> {
        self.speakers
            .iter()
            .position(|speaker| speaker.kind == StreamKind::Guest && speaker.name == name)
    }

    /// The number of the speaker with this name; a guest's console before its log.
    pub fn speaker(&self, name: &str) -> Option<usize> {
        let named = |speaker: &Speaker<'_>| speaker.name == name;
        self.guest(name)
            .or_else(|| self.speakers.iter().position(named))
    }

    /// A speaker's name.
    pub fn name(&self, speaker: usize) -> &str {
        self.speakers
            .get(speaker)
            .map_or("", |speaker| speaker.name.as_str())
    }

    /// Where the text went.
    pub fn sink(&mut self) -> &mut S {
        &mut self.cursor.sink
    }

    /// Whether prefixes are coloured.
    pub fn set_colours(&mut self, colours: bool) {
        self.cursor.colours = colours;
    }

    /// Whether prefixes are coloured.
    pub fn colours(&self) -> bool {
        self.cursor.colours
    }

    /// Says who is shown from now on.
    pub fn show(&mut self, shown: Shown) {
        self.shown = shown;
    }

    /// Who is shown.
    pub fn shown(&self) -> Shown {
        self.shown
    }

    /// Whether somebody types to the shell.
    pub fn set_in_shell(&mut self, in_shell: bool) {
        self.in_shell = in_shell;
    }

    fn shows(&self, number: usize) -> bool {
        match self.shown {
            Shown::All => true,
            Shown::Only(speaker) => speaker == number,
            Shown::Nobody => false,
        }
    }

    /// Somebody types to this speaker.
    pub fn typed_to(&mut self, speaker: usize, now: u64) {
        let while_typing = INTERACTIVE_MS.saturating_mul(self.settings.ticks_per_ms);
        if let Some(speaker) = self.speakers.get_mut(speaker) {
            speaker.interactive_until = now.saturating_add(while_typing);
        }
    }

    /// Shows what the rings hold, as far as the sink takes it.
    pub fn drain(&mut self, now: u64) -> Drained {
        self.now = now;
        let lost = self.report_lost();
        let more = self.turns();
        let due = earliest(lost, self.unfinished());
        Drained { more, due }
    }

    /// Turns until all are through or the sink has enough; true if somebody has
    /// more.
    fn turns(&mut self) -> bool {
        let count = self.speakers.len();
        let mut through = 0;
        for _ in 0..ROUNDS * count {
            if !self.cursor.sink.takes_a_line() {
                return true;
            }
            let number = self.next % count;
            self.next = number + 1;
            through = if self.turn(number) { 0 } else { through + 1 };
            if through == count {
                return false;
            }
        }
        count > 0
    }

    /// Shows the finished lines of one speaker's turn; true if it has more.
    fn turn(&mut self, number: usize) -> bool {
        if self.speakers[number].ring.waiting() == 0 {
            return false;
        }
        let mut buffer = [0; TURN];
        let count = self.speakers[number].ring.peek(&mut buffer);
        let (mut rest, mut taken) = (&buffer[..count], 0);
        let mut more = count == TURN;
        loop {
            let window = &rest[..rest.len().min(LINE)];
            let (text, length) = match window.iter().position(|byte| *byte == b'\n') {
                Some(end) => (&window[..end], end + 1),
                None if window.len() == LINE => (window, LINE),
                None => break,
            };
            if !self.cursor.sink.takes_a_line() {
                more = true;
                break;
            }
            self.finish_line(number, text);
            rest = &rest[length..];
            taken += length;
        }
        let speaker = &mut self.speakers[number];
        speaker.ring.skip(taken);
        if !more {
            speaker.note_partial(rest.len(), self.now);
        }
        more
    }

    fn finish_line(&mut self, number: usize, text: &[u8]) {
        if self.shows(number) {
            self.resume_line(number);
            let from = self.speakers[number].shown.min(text.len());
            let rendered = render(text, from, true, &mut self.cursor.sink);
            self.cursor.coloured |= rendered.coloured;
            self.cursor.end();
        }
        self.speakers[number].start_line();
    }

    /// Brings the cursor into this speaker's line.
    fn resume_line(&mut self, number: usize) {
        if self.cursor.is_in(number) {
            return;
        }
        self.break_line();
        let speaker = &self.speakers[number];
        let voice = Voice::of(speaker.kind, number);
        self.cursor.begin(number, &speaker.name, voice);
    }

    /// Breaks an unfinished line off; it will be shown again from its start.
    pub(crate) fn break_line(&mut self) {
        if let Some(number) = self.cursor.leave() {
            self.speakers[number].start_again(self.now);
        }
    }

    /// Says what was lost; returns when there will be more to say of it.
    fn report_lost(&mut self) -> Option<u64> {
        let mut due = None;
        for number in 0..self.speakers.len() {
            let speaker = &mut self.speakers[number];
            speaker.loss.note_total(speaker.ring.dropped());
            if self.cursor.sink.takes_own()
                && let Some(Told { lost, all }) =
                    speaker.loss.tell(self.now, self.settings.ticks_per_ms)
            {
                let name = speaker.name.clone();
                self.say(format_args!("{name} dropped {lost} bytes, {all} in all"));
            }
            // What is due and finds no room comes when there is room.
            let later = self.speakers[number].loss.due();
            due = earliest(due, later.filter(|later| *later > self.now));
        }
        due
    }

    /// Shows unfinished lines whose time has come; returns the next such time.
    fn unfinished(&mut self) -> Option<u64> {
        let mut next = None;
        for number in 0..self.speakers.len() {
            let speaker = &self.speakers[number];
            let waits = self.in_shell && speaker.broken;
            if waits || !speaker.holds_back() || !self.shows(number) {
                continue;
            }
            let patience = PATIENCE_MS.saturating_mul(self.settings.ticks_per_ms);
            let due = speaker.grown.saturating_add(patience);
            let timely = self.now >= due || speaker.is_awaited(self.now);
            if timely && self.cursor.sink.takes_a_line() {
                self.show_unfinished(number);
            } else if !timely {
                next = earliest(next, Some(due));
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
        let rendered = render(&buffer[..length], from, false, &mut self.cursor.sink);
        self.cursor.coloured |= rendered.coloured;
        let speaker = &mut self.speakers[number];
        (speaker.shown, speaker.offered) = (rendered.shown, length);
    }

    /// A line of the console's own.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.break_line();
        self.cursor.own_line(true, text);
    }

    /// A line of the shell's, which carries no prefix.
    pub fn answer(&mut self, text: fmt::Arguments<'_>) {
        self.break_line();
        self.cursor.own_line(false, text);
    }

    /// Goes to the terminal's first row, and clears the rest if wanted.
    pub fn home(&mut self, clear: bool) {
        self.break_line();
        let sequence: &[u8] = if clear { b"\x1b[2J\x1b[H" } else { b"\x1b[H" };
        self.cursor.sink.put_all(sequence);
    }

    /// Clears what is below the cursor.
    pub fn clear_below(&mut self) {
        self.break_line();
        self.cursor.sink.put_all(b"\x1b[J");
    }

    /// Whether the cursor is in the edited line.
    pub fn is_editing(&self) -> bool {
        self.cursor.is_in_edited()
    }

    /// Brings the cursor into the edited line, whose owner writes it. Returns where
    /// to write, and whether the line has to be written anew.
    pub fn edit(&mut self) -> (&mut S, bool) {
        let anew = !self.cursor.is_in_edited();
        if anew {
            self.break_line();
            self.cursor.begin_edited();
        }
        (&mut self.cursor.sink, anew)
    }

    /// The edited line is finished.
    pub fn end_edited(&mut self) {
        if self.cursor.is_in_edited() {
            self.cursor.end();
        }
    }
}

/// The earlier of two times.
pub(crate) fn earliest(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
