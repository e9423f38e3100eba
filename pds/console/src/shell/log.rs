// SPDX-License-Identifier: BSD-2-Clause

//! `log`: the last lines of one speaker or of all, a line a step, so that it waits
//! for the serial line as everybody does.

use crate::output::{Screen, Sink};

/// Lines of each, if all are asked for.
const EACH: usize = 5;
/// Lines of one.
const ONE: usize = 20;

/// How far it is.
#[derive(Debug)]
pub(super) struct Log {
    speaker: usize,
    only: bool,
    lines: usize,
    /// Where the next line begins, and where the last one ends.
    rest: Option<(u32, u32)>,
}

impl Log {
    pub(super) fn of(speaker: Option<usize>, lines: Option<usize>) -> Self {
        Self {
            speaker: speaker.unwrap_or(0),
            only: speaker.is_some(),
            lines: lines.unwrap_or(if speaker.is_some() { ONE } else { EACH }),
            rest: None,
        }
    }

    /// Shows a line; false: that was all.
    pub(super) fn step<S: Sink>(&mut self, screen: &mut Screen<'_, S>) -> bool {
        match self.rest {
            None => self.begin(screen),
            Some((from, end)) if from != end => {
                self.rest = Some((screen.show_again(self.speaker, from).unwrap_or(end), end));
                true
            }
            Some(_) => {
                self.rest = None;
                self.speaker += 1;
                !self.only
            }
        }
    }

    fn begin<S: Sink>(&mut self, screen: &mut Screen<'_, S>) -> bool {
        let Some((from, end)) = screen.last_lines(self.speaker, self.lines) else {
            return false;
        };
        if from != end && !self.only {
            let name = tombolo_config::Name::try_from(screen.name(self.speaker));
            screen.answer(format_args!("{}:", name.unwrap_or_default()));
        }
        if from == end && self.only {
            screen.answer(format_args!("it has said nothing yet"));
        }
        self.rest = Some((from, end));
        true
    }
}
