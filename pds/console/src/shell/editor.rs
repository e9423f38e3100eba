// SPDX-License-Identifier: BSD-2-Clause

//! The line that is edited, and how it is shown.
//!
//! One row of the terminal: a line longer than that scrolls sideways, because
//! nobody says how wide a serial terminal is and 80 columns are always there.
//! Why not a crate: `docs/decisions/0004-line-editor.md`.

use super::key::Key;
use crate::output::Sink;
use core::fmt::Write;
use heapless::String;

/// Most characters of a line.
pub(super) const LINE: usize = 120;
/// A line.
pub(super) type Line = String<LINE>;
/// What stands before it.
pub(super) const PROMPT: &str = "tombolo> ";
/// Columns for the line: 80, less the prompt and the column after the last.
const WIDTH: usize = 80 - PROMPT.len() - 1;

/// The editor.
#[derive(Debug, Default)]
pub(super) struct Editor {
    /// ASCII only, so that characters are bytes.
    line: Line,
    cursor: usize,
    /// Characters that had no room, since the line was last edited otherwise.
    left_out: usize,
}

/// What has to be shown after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    Nothing,
    /// This character at the end.
    Append(u8),
    /// The whole row.
    Row,
}

impl Editor {
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// The line up to the cursor.
    pub(super) fn before_cursor(&self) -> &str {
        &self.line[..self.cursor]
    }

    pub(super) fn is_at_end(&self) -> bool {
        self.cursor == self.line.len()
    }

    /// Characters of the line that had no room.
    pub(super) fn left_out(&self) -> usize {
        self.left_out
    }

    /// Puts another line in its place, the cursor behind it.
    pub(super) fn set(&mut self, line: &str) {
        self.left_out = 0;
        self.line.clear();
        // Lines come from here or are as long at the most.
        let _ = self.line.push_str(line);
        self.cursor = self.line.len();
    }

    pub(super) fn move_to_end(&mut self) {
        self.cursor = self.line.len();
    }

    /// Inserts printable ASCII at the cursor; what does not fit is left out and
    /// counted.
    pub(super) fn insert(&mut self, text: &str) -> Echo {
        let mut tail = Line::new();
        let _ = tail.push_str(&self.line[self.cursor..]);
        let room = LINE - self.line.len();
        self.left_out += text.len().saturating_sub(room);
        let text = text.get(..text.len().min(room)).unwrap_or_default();
        self.line.truncate(self.cursor);
        let _ = self.line.push_str(text);
        self.cursor = self.line.len();
        let _ = self.line.push_str(&tail);
        match text.as_bytes() {
            [] => Echo::Nothing,
            [character] if self.is_at_end() && self.cursor <= WIDTH => Echo::Append(*character),
            _ => Echo::Row,
        }
    }

    /// Takes out from `start` to `end`, and leaves the cursor there.
    fn cut(&mut self, start: usize, end: usize) -> Echo {
        if start >= end {
            return Echo::Nothing;
        }
        let mut tail = Line::new();
        let _ = tail.push_str(&self.line[end..]);
        self.line.truncate(start);
        self.cursor = start;
        let _ = self.line.push_str(&tail);
        Echo::Row
    }

    /// Does what a key wants; those that concern more than the line do nothing.
    pub(super) fn key(&mut self, key: Key) -> Echo {
        let (cursor, length) = (self.cursor, self.line.len());
        if !matches!(key, Key::Character(_)) {
            // Whoever edits has seen what there is.
            self.left_out = 0;
        }
        let target = match key {
            Key::Character(character) => {
                let bytes = [character];
                return self.insert(core::str::from_utf8(&bytes).unwrap_or_default());
            }
            Key::Backspace => return self.cut(cursor.saturating_sub(1), cursor),
            Key::Delete | Key::EndOfInput => return self.cut(cursor, (cursor + 1).min(length)),
            Key::CutToStart => return self.cut(0, cursor),
            Key::CutToEnd => return self.cut(cursor, length),
            Key::CutWord => return self.cut(self.word_start(), cursor),
            Key::Left => cursor.saturating_sub(1),
            Key::Right => (cursor + 1).min(length),
            Key::Home => 0,
            Key::End => length,
            Key::WordLeft => self.word_start(),
            Key::WordRight => self.word_end(),
            _ => return Echo::Nothing,
        };
        self.cursor = target;
        if target == cursor {
            Echo::Nothing
        } else {
            Echo::Row
        }
    }

    fn word_start(&self) -> usize {
        let before = self.before_cursor().trim_end();
        before.rfind(' ').map_or(0, |space| space + 1)
    }

    fn word_end(&self) -> usize {
        let after = &self.line[self.cursor..];
        let spaces = after.len() - after.trim_start().len();
        let word = after[spaces..].find(' ');
        word.map_or(self.line.len(), |end| self.cursor + spaces + end)
    }

    /// Writes prompt, line and cursor over the row.
    pub(super) fn show(&self, coloured: bool, sink: &mut impl Sink) {
        let start = self.cursor.saturating_sub(WIDTH);
        let end = self.line.len().min(start + WIDTH);
        sink.put(b'\r');
        if coloured {
            sink.put_all(b"\x1b[1m");
        }
        sink.put_all(PROMPT.as_bytes());
        if coloured {
            sink.put_all(b"\x1b[0m");
        }
        sink.put_all(&self.line.as_bytes()[start..end]);
        sink.put_all(b"\x1b[K");
        if self.cursor < end {
            let mut back: String<16> = String::new();
            let _ = write!(back, "\x1b[{}D", end - self.cursor);
            sink.put_all(back.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Echo, Editor, LINE, WIDTH};
    use crate::shell::key::{Decoder, Key};
    use proptest::prelude::proptest;

    fn typed(bytes: &[u8]) -> Editor {
        let (mut editor, mut decoder) = (Editor::default(), Decoder::default());
        for &byte in bytes {
            if let Some(key) = decoder.take(byte) {
                editor.key(key);
            }
        }
        editor
    }

    #[test]
    fn keys_edit_the_line() {
        for (bytes, line, cursor) in [
            (&b"pause"[..], "pause", 5),
            (b"pause\x7f\x7fX", "pauX", 4),
            (b"ac\x1b[Db", "abc", 2),
            (b"abc\x1b[H\x1b[3~", "bc", 0),
            (b"stop guest1\x17", "stop ", 5),
            (b"stop guest1 \x17", "stop ", 5),
            (b"stop guest1\x1bbx", "stop xguest1", 6),
            (b"one two\x01\x1bf\x0b", "one", 3),
            (b"one two\x1b[D\x15", "o", 0),
            (b"\x7f\x1b[D\x1b[C\x1b[3~", "", 0),
        ] {
            let editor = typed(bytes);
            assert_eq!((editor.line(), editor.cursor), (line, cursor), "{bytes:?}");
        }
    }

    #[test]
    fn a_character_at_the_end_costs_one_byte() {
        let mut editor = Editor::default();
        assert_eq!(editor.key(Key::Character(b'a')), Echo::Append(b'a'));
        editor.key(Key::Left);
        assert_eq!(editor.key(Key::Left), Echo::Nothing);
        assert_eq!(editor.key(Key::Character(b'b')), Echo::Row);
    }

    #[test]
    fn a_long_line_scrolls_within_its_row_and_ends() {
        let mut editor = Editor::default();
        for _ in 0..LINE + 10 {
            editor.key(Key::Character(b'x'));
        }
        assert_eq!((editor.line().len(), editor.left_out()), (LINE, 10));
        let mut row = Vec::new();
        editor.show(false, &mut row);
        assert_eq!(row.iter().filter(|byte| **byte == b'x').count(), WIDTH);
        editor.key(Key::Home);
        row.clear();
        editor.show(false, &mut row);
        assert!(row.ends_with(format!("\x1b[K\x1b[{WIDTH}D").as_bytes()));
    }

    proptest! {
        #[test]
        fn any_bytes_leave_a_line_that_can_be_shown(bytes: Vec<u8>) {
            let editor = typed(&bytes);
            assert!(editor.cursor <= editor.line.len());
            assert!(editor.line.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            let mut row = Vec::new();
            editor.show(true, &mut row);
            assert!(row.len() < 80 + 32);
        }
    }
}
