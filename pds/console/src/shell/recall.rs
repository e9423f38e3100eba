// SPDX-License-Identifier: BSD-2-Clause

//! Earlier lines, for Up and Down.

use super::editor::Line;
use heapless::Deque;

/// Lines that are kept.
const KEPT: usize = 16;

/// The lines, and where among them the person is.
#[derive(Debug, Default)]
pub(super) struct Recall {
    /// Latest first.
    lines: Deque<Line, KEPT>,
    /// How far back; 0: in the line that is being typed.
    back: usize,
    /// That line, while it is not shown.
    typed: Line,
}

impl Recall {
    /// Keeps a line that was entered; not if it is empty or was the last one.
    pub(super) fn keep(&mut self, line: &str) {
        self.back = 0;
        let known = self.lines.front().is_some_and(|last| last == line.trim());
        let Ok(line) = Line::try_from(line.trim()) else {
            return;
        };
        if line.is_empty() || known {
            return;
        }
        if self.lines.is_full() {
            self.lines.pop_back();
        }
        // There is room now.
        let _ = self.lines.push_front(line);
    }

    /// The line before, if there is one; `current` comes back by [`Self::later`].
    pub(super) fn earlier(&mut self, current: &str) -> Option<&str> {
        let line = self.lines.iter().nth(self.back)?;
        if self.back == 0 {
            self.typed.clear();
            let _ = self.typed.push_str(current);
        }
        self.back += 1;
        Some(line)
    }

    /// The line after.
    pub(super) fn later(&mut self) -> Option<&str> {
        self.back = self.back.checked_sub(1)?;
        match self.back.checked_sub(1) {
            Some(index) => self.lines.iter().nth(index).map(Line::as_str),
            None => Some(&self.typed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, Recall};

    #[test]
    fn up_and_down_walk_the_lines_and_come_back() {
        let mut recall = Recall::default();
        for line in ["list", "", "list", "info guest0 ", "info guest0"] {
            recall.keep(line);
        }
        assert_eq!(recall.earlier("pau"), Some("info guest0"));
        assert_eq!(recall.earlier("info guest0"), Some("list"));
        assert_eq!(recall.earlier("list"), None);
        assert_eq!(recall.later(), Some("info guest0"));
        assert_eq!(recall.later(), Some("pau"));
        assert_eq!(recall.later(), None);
    }

    #[test]
    fn only_the_latest_are_kept() {
        let mut recall = Recall::default();
        for n in 0..KEPT + 3 {
            recall.keep(&format!("line {n}"));
        }
        let all: Vec<String> =
            std::iter::from_fn(|| recall.earlier("").map(str::to_owned)).collect();
        assert_eq!(
            (all.len(), &*all[0], &*all[KEPT - 1]),
            (KEPT, "line 18", "line 3")
        );
    }
}
