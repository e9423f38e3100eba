// SPDX-License-Identifier: BSD-2-Clause

//! Prefixes, and their colours.
//!
//! Plain until somebody types: a log file and a run in batch have no escape
//! sequences, a terminal shows who is at the keyboard.

use super::text::Sink;
use tombolo_config::console::StreamKind;

/// Width of the names.
const NAME_WIDTH: usize = 12;
/// Colours of guests, by their number: none that is hard to read on black or white.
const GUESTS: [&[u8]; 5] = [
    b"\x1b[36m",
    b"\x1b[32m",
    b"\x1b[35m",
    b"\x1b[33m",
    b"\x1b[34m",
];
const LOG: &[u8] = b"\x1b[2m";
const OWN: &[u8] = b"\x1b[1m";
const PLAIN: &[u8] = b"\x1b[0m";

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The console.
    Own,
    /// A protection domain's log.
    Log,
    /// A guest, by its number.
    Guest(usize),
}

impl Voice {
    pub(crate) fn of(kind: StreamKind, number: usize) -> Self {
        match kind {
            StreamKind::Log => Self::Log,
            StreamKind::Guest => Self::Guest(number),
        }
    }

    fn colour(self) -> &'static [u8] {
        match self {
            Self::Own => OWN,
            Self::Log => LOG,
            Self::Guest(number) => GUESTS[number % GUESTS.len()],
        }
    }
}

/// Puts `NAME | ` or `NAME > `.
pub(crate) fn put_prefix(name: &str, voice: Voice, coloured: bool, sink: &mut impl Sink) {
    if coloured {
        sink.put_all(voice.colour());
    }
    sink.put_all(name.as_bytes());
    for _ in name.chars().count()..NAME_WIDTH {
        sink.put(b' ');
    }
    sink.put_all(match voice {
        Voice::Guest(_) => b" > ",
        Voice::Own | Voice::Log => b" | ",
    });
    if coloured {
        sink.put_all(PLAIN);
    }
}
