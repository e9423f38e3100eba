// SPDX-License-Identifier: BSD-2-Clause

//! A line of the serial console: who spoke, and what.

/// Who spoke: a protection domain's log or a guest's own console.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// `NAME | text`.
    Log,
    /// `NAME > text`.
    Guest,
}

/// A line with a known speaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Speaker's name.
    pub speaker: &'a str,
    /// Log or guest.
    pub voice: Voice,
    /// What was said.
    pub text: &'a str,
}

impl<'a> Line<'a> {
    /// Splits a raw line; `None` if it carries no prefix.
    pub fn parse(raw: &'a str) -> Option<Self> {
        let at = raw.find([' ', '|', '>'])?;
        let (speaker, rest) = raw.split_at(at);
        let rest = rest.trim_start_matches(' ');
        let voice = match rest.chars().next()? {
            '|' => Voice::Log,
            '>' => Voice::Guest,
            _ => return None,
        };
        let text = rest[1..].strip_prefix(' ').unwrap_or(&rest[1..]).trim_end();
        (!speaker.is_empty()).then_some(Self {
            speaker,
            voice,
            text,
        })
    }
}

/// What carries no prefix is the shell's: guests and protection domains cannot
/// write such lines.
const SHELL: &str = "shell";

/// Whether `raw` is a line of `speaker` with this part.
pub fn is_said(raw: &str, speaker: &str, part: &str) -> bool {
    match Line::parse(raw) {
        Some(line) => line.speaker == speaker && line.text.contains(part),
        None => speaker == SHELL && raw.contains(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_prefix_is_the_shells() {
        assert!(is_said("guest0   running", "shell", "running"));
        assert!(!is_said("guest0   running", "guest0", "running"));
        assert!(!is_said("guest0 > running", "shell", "running"));
        assert!(!is_said("shell > running", "shell", "stopped"));
    }

    #[test]
    fn the_prefix_tells_the_speaker() {
        let line = Line::parse("guest0       > CHECK sender: pass\r").unwrap();
        assert_eq!((line.speaker, line.voice), ("guest0", Voice::Guest));
        assert_eq!(line.text, "CHECK sender: pass");
        let line = Line::parse("server       | guest1 > CHECK x: pass").unwrap();
        assert_eq!((line.speaker, line.voice), ("server", Voice::Log));
        assert_eq!(Line::parse("no prefix here"), None);
        assert_eq!(Line::parse(""), None);
        assert_eq!(Line::parse(" > x"), None);
    }
}
