// SPDX-License-Identifier: BSD-2-Clause

//! What one says to whom nobody types.
//!
//! Steps with `;` between them, one after the other. A `_` in a text stands for a
//! space, so that a script is one word of a kernel command line.
//!
//! | step | meaning |
//! |---|---|
//! | `members=N` | wait until N connections are attached, one's own included |
//! | `say=TEXT` | write the line and signal everyone else |
//! | `hear=TEXT` | wait until a peer's last line was this; it may have been before |
//! | `sleep=MS` | wait so many milliseconds, listening |
//! | `quit` | detach, which the script's end does too |

use core::fmt;
use heapless::String;

/// Most bytes of a script.
pub const MAX_BYTES: usize = 256;

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// Wait for so many connections.
    Members(u32),
    /// Write a line and signal.
    Say(&'a str),
    /// Wait for a line.
    Hear(&'a str),
    /// Listen for so many milliseconds.
    Sleep(u32),
    /// Detach.
    Quit,
}

impl fmt::Display for Step<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Members(count) => write!(f, "members={count}"),
            Self::Say(text) => write!(f, "say={text}"),
            Self::Hear(text) => write!(f, "hear={text}"),
            Self::Sleep(ms) => write!(f, "sleep={ms}"),
            Self::Quit => f.write_str("quit"),
        }
    }
}

/// A script, checked. One without steps listens for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    text: String<MAX_BYTES>,
}

/// A step that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadStep<'a> {
    /// As it stands.
    pub text: &'a str,
}

impl fmt::Display for BadStep<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "script: `{}` is not understood: write steps members=N, say=TEXT, hear=TEXT, \
             sleep=MS or quit with `;` between them, at most {MAX_BYTES} bytes",
            self.text
        )
    }
}

impl core::error::Error for BadStep<'_> {}

impl Script {
    /// Takes a script, if every step of it makes sense.
    pub fn parse(text: &str) -> Result<Self, BadStep<'_>> {
        if let Some(text) = texts(text).find(|text| step(text).is_none()) {
            return Err(BadStep { text });
        }
        String::try_from(text)
            .map(|text| Self { text })
            .map_err(|_| BadStep { text })
    }

    /// Step `at`, counted from 0. `None`: behind the end.
    pub fn step(&self, at: usize) -> Option<Step<'_>> {
        texts(&self.text).nth(at).and_then(step)
    }

    /// Whether it has no steps.
    pub fn is_empty(&self) -> bool {
        self.step(0).is_none()
    }
}

fn texts(script: &str) -> impl Iterator<Item = &str> {
    script
        .split(';')
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

fn step(text: &str) -> Option<Step<'_>> {
    if text == "quit" {
        return Some(Step::Quit);
    }
    let (key, value) = text.split_once('=')?;
    match key {
        "members" => value.parse().ok().map(Step::Members),
        "say" if !value.is_empty() => Some(Step::Say(value)),
        "hear" if !value.is_empty() => Some(Step::Hear(value)),
        "sleep" => value.parse().ok().map(Step::Sleep),
        _ => None,
    }
}

/// A step's text as it is said.
pub fn spoken(text: &str) -> impl Iterator<Item = u8> {
    text.bytes()
        .map(|byte| if byte == b'_' { b' ' } else { byte })
}

#[cfg(test)]
mod tests {
    use super::{BadStep, MAX_BYTES, Script, Step, spoken};

    #[test]
    fn steps_are_read_in_order() {
        let script = Script::parse("members=2; say=good_day;hear=you too;sleep=5;quit;").unwrap();
        let steps = [
            Step::Members(2),
            Step::Say("good_day"),
            Step::Hear("you too"),
            Step::Sleep(5),
            Step::Quit,
        ];
        assert!((0..5).map(|at| script.step(at)).eq(steps.map(Some)));
        assert_eq!(script.step(5), None);
        assert!(Script::parse(" ; ").unwrap().is_empty());
        assert!(spoken("good_day").eq(*b"good day"));
    }

    #[test]
    fn nonsense_is_named() {
        for text in [
            "shout=x",
            "members=many",
            "say=",
            "hear=",
            "sleep=-1",
            "quit=1",
            "say",
        ] {
            assert_eq!(Script::parse(text), Err(BadStep { text }));
        }
        let text = &*"quit;".repeat(MAX_BYTES / 5 + 1);
        assert_eq!(Script::parse(text), Err(BadStep { text }));
    }
}
