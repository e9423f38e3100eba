// SPDX-License-Identifier: BSD-2-Clause

//! The line that the cursor is in, as a terminal would show it.
//!
//! Why: as soon as somebody types, the console edits its line with cursor movements
//! and colours. What counts is what a person reads, so they are applied here;
//! nothing of them is left in a run's output.

use vte::{Params, Parser, Perform};

/// The text of finished lines and of the unfinished one.
#[derive(Default)]
pub struct Rows {
    parser: Parser,
    row: Row,
}

#[derive(Default)]
struct Row {
    cells: Vec<char>,
    column: usize,
    finished: Vec<String>,
}

impl Rows {
    /// Takes output; returns the lines that it finished.
    pub fn take(&mut self, bytes: &[u8]) -> Vec<String> {
        self.parser.advance(&mut self.row, bytes);
        std::mem::take(&mut self.row.finished)
    }

    /// The line that has no end yet, with its trailing spaces.
    pub fn unfinished(&self) -> String {
        self.row.cells.iter().collect()
    }
}

impl Row {
    fn erase(&mut self, mode: u16) {
        match mode {
            0 => self.cells.truncate(self.column),
            1 => {
                let end = self.column.min(self.cells.len());
                self.cells[..end].fill(' ');
            }
            _ => self.cells.clear(),
        }
    }
}

impl Perform for Row {
    fn print(&mut self, character: char) {
        if self.cells.len() <= self.column {
            self.cells.resize(self.column + 1, ' ');
        }
        self.cells[self.column] = character;
        self.column += 1;
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => {
                let line: String = self.cells.drain(..).collect();
                self.finished.push(line.trim_end().to_owned());
                self.column = 0;
            }
            b'\r' => self.column = 0,
            0x08 => self.column = self.column.saturating_sub(1),
            b'\t' => self.column = (self.column / 8 + 1) * 8,
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, parameters: &Params, _: &[u8], _: bool, action: char) {
        let first = parameters.iter().flatten().copied().next().unwrap_or(0);
        let count = usize::from(first.max(1));
        match action {
            'K' => self.erase(first),
            // The whole screen: of it there is this line.
            'J' if first >= 2 => self.erase(2),
            'C' => self.column = (self.column + count).min(1000),
            'D' => self.column = self.column.saturating_sub(count),
            'G' => self.column = count.min(1000) - 1,
            'H' => self.column = 0,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Rows;

    #[test]
    fn lines_are_what_a_person_reads() {
        let mut rows = Rows::default();
        let lines = rows.take(b"plain\r\nls\x08\x1b[Kist\n\x1b[1;31mred\x1b[0m \r\n");
        assert_eq!(lines, ["plain", "list", "red"]);
        assert_eq!(rows.unfinished(), "");
    }

    #[test]
    fn an_edited_line_is_the_last_of_its_versions() {
        let mut rows = Rows::default();
        assert!(rows.take(b"tombolo> lst\x1b[2D").is_empty());
        rows.take(b"\r\x1b[Ktombolo> list\r\x1b[11C");
        assert_eq!(rows.unfinished(), "tombolo> list");
        let lines = rows.take(b"\r\x1b[Kguest0 > hello\r\ntombolo> ");
        assert_eq!(lines, ["guest0 > hello"]);
        assert_eq!(rows.unfinished(), "tombolo> ");
    }

    #[test]
    fn characters_may_come_in_pieces_and_nonsense_is_replaced() {
        let mut rows = Rows::default();
        rows.take(b"\xc3");
        assert_eq!(rows.take(b"\xa4\n"), ["\u{e4}"]);
        assert_eq!(rows.take(b"a\xffb\n"), ["a\u{fffd}b"]);
    }

    #[test]
    fn a_movement_far_out_costs_no_memory() {
        let mut rows = Rows::default();
        rows.take(b"\x1b[60000C\x1b[60000Cx");
        assert_eq!(rows.unfinished().len(), 1001);
    }
}
