// SPDX-License-Identifier: BSD-2-Clause

//! The dump: one line of text a record.
//!
//! `trace NAME TIME NUMBERS LARGE`, the words of a record in hexadecimal;
//! `trace NAME lost COUNT` where records were overwritten; `trace NAME end` behind
//! the last one. `trace VERSION FREQUENCY`, in decimal, comes first and `trace end`
//! last. Plain words, so that a terminal's log is a dump.

use crate::WORDS;
use core::fmt;

/// First word of each line.
pub const WORD: &str = "trace";

/// A line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// The first one.
    Start {
        /// [`crate::VERSION`].
        version: u32,
        /// Counter ticks per second.
        frequency: u64,
    },
    /// A record of a protection domain.
    Record(&'a str, [u64; WORDS]),
    /// Records that are gone.
    Lost(&'a str, u64),
    /// No more of this protection domain.
    EndOf(&'a str),
    /// No more.
    End,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start { version, frequency } => write!(f, "{WORD} {version} {frequency}"),
            Self::Record(name, [time, numbers, large]) => {
                write!(f, "{WORD} {name} {time:x} {numbers:x} {large:x}")
            }
            Self::Lost(name, count) => write!(f, "{WORD} {name} lost {count}"),
            Self::EndOf(name) => write!(f, "{WORD} {name} end"),
            Self::End => write!(f, "{WORD} end"),
        }
    }
}

impl<'a> Line<'a> {
    /// Reads a line; `None`: it is none, or cut off.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut words = text.split(' ');
        if words.next() != Some(WORD) {
            return None;
        }
        let fields = [(); 4].map(|()| words.next());
        if words.next().is_some() {
            return None;
        }
        let hex = |word: &str| u64::from_str_radix(word, 16).ok();
        match fields {
            [Some("end"), None, ..] => Some(Self::End),
            [Some(name), Some("end"), None, _] => Some(Self::EndOf(name)),
            [Some(name), Some("lost"), Some(count), None] => {
                Some(Self::Lost(name, count.parse().ok()?))
            }
            [Some(version), Some(frequency), None, _] => Some(Self::Start {
                version: version.parse().ok()?,
                frequency: frequency.parse().ok()?,
            }),
            [Some(name), Some(time), Some(numbers), Some(large)] => {
                Some(Self::Record(name, [hex(time)?, hex(numbers)?, hex(large)?]))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_read_as_it_was_written() {
        for line in [
            Line::Start {
                version: 1,
                frequency: 62_500_000,
            },
            Line::Record("vmm-guest0", [u64::MAX, 0x10, 0]),
            Line::Lost("server", 17),
            Line::EndOf("server"),
            Line::End,
        ] {
            let text = line.to_string();
            assert_eq!(Line::parse(&text), Some(line), "{text}");
        }
    }

    #[test]
    fn anything_else_is_no_line() {
        for text in [
            "",
            "trace",
            "trace server",
            "trace server 1 2",
            "trace server x y z",
            "trace server 1 2 3 4",
            "traces end",
            "trace server lost many",
        ] {
            assert_eq!(Line::parse(text), None, "{text}");
        }
    }
}
