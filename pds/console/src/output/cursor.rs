// SPDX-License-Identifier: BSD-2-Clause

//! Where the terminal's cursor is: in nobody's line, a speaker's, or the one that is
//! edited.
//!
//! Rule: only the edited line, which is there because somebody types, is taken away
//! by cursor movement when another needs its place; a speaker's line is broken off.

use super::style::{Voice, put_prefix};
use super::text::Sink;
use core::fmt::{self, Write};

/// Whose line the cursor is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    Nobodys,
    /// A speaker's, by its number.
    Speaker(usize),
    /// The edited one.
    Edited,
}

/// The cursor.
#[derive(Debug)]
pub(crate) struct Cursor<S> {
    pub(crate) sink: S,
    open: Open,
    /// A speaker set a colour on the current line.
    pub(crate) coloured: bool,
    /// Whether prefixes are coloured.
    pub(crate) colours: bool,
}

impl<S: Sink> Cursor<S> {
    pub(crate) fn new(sink: S) -> Self {
        Self {
            sink,
            open: Open::Nobodys,
            coloured: false,
            colours: false,
        }
    }

    pub(crate) fn is_in(&self, speaker: usize) -> bool {
        self.open == Open::Speaker(speaker)
    }

    pub(crate) fn is_in_edited(&self) -> bool {
        self.open == Open::Edited
    }

    /// Makes room for another line; returns the speaker whose line was broken off.
    pub(crate) fn leave(&mut self) -> Option<usize> {
        match self.open {
            Open::Nobodys => None,
            Open::Speaker(number) => {
                self.end();
                Some(number)
            }
            Open::Edited => {
                self.sink.put_all(b"\r\x1b[K");
                self.open = Open::Nobodys;
                None
            }
        }
    }

    /// Begins a speaker's line, in a place of its own.
    pub(crate) fn begin(&mut self, speaker: usize, name: &str, voice: Voice) {
        put_prefix(name, voice, self.colours, &mut self.sink);
        self.open = Open::Speaker(speaker);
    }

    /// Begins the edited line, in a place of its own.
    pub(crate) fn begin_edited(&mut self) {
        self.open = Open::Edited;
    }

    /// Ends the line.
    pub(crate) fn end(&mut self) {
        if core::mem::take(&mut self.coloured) {
            self.sink.put_all(b"\x1b[0m");
        }
        self.sink.put_all(b"\r\n");
        self.open = Open::Nobodys;
    }

    /// A whole line of the console's own, with its prefix or without.
    pub(crate) fn own_line(&mut self, prefixed: bool, text: fmt::Arguments<'_>) {
        if prefixed {
            put_prefix("console", Voice::Own, self.colours, &mut self.sink);
        }
        // A sink takes everything: there is no error to report.
        let _ = Writer(&mut self.sink).write_fmt(text);
        self.end();
    }
}

/// Text of the console's own, which needs no filter: names come from the builder.
pub(crate) struct Writer<'a, S>(pub(crate) &'a mut S);

impl<S: Sink> Write for Writer<'_, S> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.put_all(text.as_bytes());
        Ok(())
    }
}
