// SPDX-License-Identifier: BSD-2-Clause

//! What of a speaker's bytes reaches the terminal.
//!
//! Why: a terminal obeys what it shows. A guest that could move the cursor could
//! overwrite another speaker's line or forge its name, so only these pass:
//! printable characters (UTF-8), colours (`ESC [ numbers m`), tabs as spaces, and
//! movements that stay within what the speaker wrote on this line: backspace,
//! carriage return, left, right, erase to the end. So a guest's shell can edit its
//! line. Bells and all other escape sequences are left out; other control
//! characters, bytes that are no UTF-8 and characters that reorder text are shown as
//! a dot.

/// Where text goes: the UART, or a test's buffer.
pub trait Sink {
    /// Puts one byte.
    fn put(&mut self, byte: u8);

    /// Puts all bytes.
    fn put_all(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.put(byte);
        }
    }

    /// Whether a speaker's line may be begun now.
    fn takes_a_line(&self) -> bool {
        true
    }

    /// Whether the console itself may write: an answer, an echo, a loss. Speakers
    /// leave room for that.
    fn takes_own(&self) -> bool {
        true
    }
}

/// Shown instead of what is not shown.
const REPLACEMENT: u8 = b'.';
/// Longest escape sequence that is recognised, in bytes.
const LONGEST_ESCAPE: usize = 32;

/// What the next bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    /// A printable character: show its bytes.
    Character,
    /// A colour: show its bytes.
    Colour,
    /// Move so many columns back, as far as the own text goes.
    Left(usize),
    /// Move so many columns on, as far as the own text goes.
    Right(usize),
    /// Erase what is at the cursor and behind it.
    Erase,
    /// Spaces up to the next multiple of eight.
    Tab,
    /// Left out.
    Nothing,
    /// Shown as a dot.
    Replaced,
    /// Needs more bytes to say.
    Incomplete,
}

/// What came of rendering.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// Bytes of the line that are dealt with; the rest waits for more.
    pub shown: usize,
    /// Whether a colour was set.
    pub coloured: bool,
}

/// Shows `line` from byte `from` on, which an earlier call returned as `shown`
/// (or 0). `complete` says that no more bytes will follow on this line.
pub fn render(line: &[u8], from: usize, complete: bool, sink: &mut impl Sink) -> Rendered {
    let (mut at, mut place) = (0, Place::default());
    let mut coloured = false;
    while let Some((token, length)) = next(&line[at..], complete) {
        if token == Token::Incomplete {
            break;
        }
        let bytes = &line[at..at + length];
        at += length;
        let visible = at > from;
        coloured |= visible && token == Token::Colour;
        place.show(token, bytes, visible.then_some(&mut *sink));
    }
    Rendered {
        shown: at.max(from),
        coloured,
    }
}

/// Where the cursor is in the speaker's text.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    column: usize,
    /// Columns that were written.
    width: usize,
}

impl Place {
    /// Shows one token, if there is a sink.
    fn show(&mut self, token: Token, bytes: &[u8], sink: Option<&mut impl Sink>) {
        let (out, count): (&[u8], usize) = match token {
            Token::Character => (bytes, 1),
            Token::Colour => (bytes, 1),
            Token::Tab => (b" ", 8 - self.column % 8),
            Token::Replaced => (&[REPLACEMENT], 1),
            Token::Left(count) => (b"\x08", count.min(self.column)),
            Token::Right(count) => (b"\x1b[C", count.min(self.width - self.column)),
            Token::Erase => (b"\x1b[K", 1),
            Token::Nothing | Token::Incomplete => (b"", 0),
        };
        match token {
            Token::Left(_) => self.column -= count,
            Token::Right(_) => self.column += count,
            Token::Character | Token::Tab | Token::Replaced => self.column += count,
            Token::Erase => self.width = self.column,
            Token::Colour | Token::Nothing | Token::Incomplete => {}
        }
        self.width = self.width.max(self.column);
        if let Some(sink) = sink {
            for _ in 0..count {
                sink.put_all(out);
            }
        }
    }
}

/// The first token and its length, which is at least 1; `None` at the end.
fn next(bytes: &[u8], complete: bool) -> Option<(Token, usize)> {
    let token = match *bytes.first()? {
        0x1b => escape(bytes),
        b'\r' => carriage_return(bytes, complete),
        0x07 | 0x00 => (Token::Nothing, 1),
        0x08 => (Token::Left(1), 1),
        b'\t' => (Token::Tab, 1),
        0x20..=0x7e => (Token::Character, 1),
        0x80.. => character(bytes),
        _ => (Token::Replaced, 1),
    };
    match token {
        (Token::Incomplete, _) if complete => Some((Token::Replaced, 1)),
        other => Some(other),
    }
}

/// To the start of the speaker's text; at the end of the line it belongs to that.
fn carriage_return(bytes: &[u8], complete: bool) -> (Token, usize) {
    let returns = bytes.iter().take_while(|byte| **byte == b'\r').count();
    match (returns == bytes.len(), complete) {
        (true, true) => (Token::Nothing, 1),
        (true, false) => (Token::Incomplete, 1),
        (false, _) => (Token::Left(usize::MAX), 1),
    }
}

/// A character beyond ASCII.
fn character(bytes: &[u8]) -> (Token, usize) {
    let window = &bytes[..bytes.len().min(4)];
    let valid = match core::str::from_utf8(window) {
        Ok(text) => text,
        Err(error) if error.valid_up_to() > 0 => {
            core::str::from_utf8(&window[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(error) => {
            return error
                .error_len()
                .map_or((Token::Incomplete, 1), |_| (Token::Replaced, 1));
        }
    };
    match valid.chars().next() {
        Some(first) if first.is_control() || reorders(first) => (Token::Replaced, first.len_utf8()),
        Some(first) => (Token::Character, first.len_utf8()),
        None => (Token::Replaced, 1),
    }
}

/// Separators and direction marks: they can make one line look like another.
fn reorders(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// An escape sequence (ECMA-48, 5.4): colours and movements in the line pass.
fn escape(bytes: &[u8]) -> (Token, usize) {
    let Some(&second) = bytes.get(1) else {
        return (Token::Incomplete, 1);
    };
    let start = match second {
        b'[' => 2,
        0x20..=0x2f => 1,
        0x30..=0x7e => return (Token::Nothing, 2),
        _ => return (Token::Nothing, 1),
    };
    let rest = &bytes[start..];
    let length = rest
        .iter()
        .position(|byte| !(0x20..=0x3f).contains(byte))
        .unwrap_or(rest.len());
    let end = start + length;
    match bytes.get(end) {
        _ if end >= LONGEST_ESCAPE => (Token::Nothing, 1),
        None => (Token::Incomplete, 1),
        Some(&last @ 0x40..=0x7e) if second == b'[' && only_numbers(&rest[..length]) => {
            (sequence(last, &rest[..length]), end + 1)
        }
        Some(0x30..=0x7e) => (Token::Nothing, end + 1),
        // Not a sequence after all: what follows is text.
        Some(_) => (Token::Nothing, end),
    }
}

/// A control sequence with numbers as parameters, by its last byte.
fn sequence(last: u8, parameters: &[u8]) -> Token {
    let number = core::str::from_utf8(parameters).map(str::parse::<u8>);
    let count = match number {
        Ok(Ok(number)) => usize::from(number.max(1)),
        _ => 1,
    };
    match last {
        b'm' => Token::Colour,
        b'D' => Token::Left(count),
        b'C' => Token::Right(count),
        // To the end of the line or of the screen, which is the same here.
        b'K' | b'J' if matches!(parameters, b"" | b"0") => Token::Erase,
        _ => Token::Nothing,
    }
}

fn only_numbers(parameters: &[u8]) -> bool {
    parameters
        .iter()
        .all(|byte| byte.is_ascii_digit() || *byte == b';')
}

#[cfg(test)]
mod tests {
    use super::{Sink, render};
    use proptest::prelude::{any, proptest};
    use proptest::{collection::vec, prop_assert, prop_assert_eq};

    impl Sink for Vec<u8> {
        fn put(&mut self, byte: u8) {
            self.push(byte);
        }
    }

    fn shown(line: &[u8]) -> String {
        let mut out = Vec::new();
        render(line, 0, true, &mut out);
        String::from_utf8(out).expect("what is shown is UTF-8")
    }

    #[test]
    fn text_and_colours_pass() {
        assert_eq!(shown(b"plain text ~"), "plain text ~");
        assert_eq!(
            shown("Insel \u{00e4}\u{4e16}".as_bytes()),
            "Insel \u{00e4}\u{4e16}"
        );
        assert_eq!(shown(b"\x1b[1;31mred\x1b[0m"), "\x1b[1;31mred\x1b[0m");
        assert_eq!(shown(b"a\tb"), "a       b");
    }

    #[test]
    fn a_shell_can_edit_its_line() {
        // What busybox' shell sends when `x` is typed before the last of `ab`.
        assert_eq!(shown(b"# ab\x1b[D\x1b[Jxb\x08"), "# ab\x08\x1b[Kxb\x08");
        assert_eq!(shown(b"10%\r20%"), "10%\x08\x08\x0820%");
    }

    #[test]
    fn nothing_moves_the_cursor_out_of_the_own_text() {
        for line in [
            &b"a\x1b[2Jb"[..],
            b"a\x1b[1;1Hb",
            b"a\x1b[?25lb",
            b"a\x1bMb",
            b"a\x1b(Bb",
            b"a\x07b",
        ] {
            assert_eq!(shown(line), "ab", "{line:?}");
        }
        assert_eq!(shown(b"\x08\x08a\x08\x08b"), "a\x08b");
        assert_eq!(shown(b"ab\x1b[9Dc\x1b[5C\x1b[Cd"), "ab\x08\x08c\x1b[Cd");
        assert_eq!(shown(b"ab\rc\r\r"), "ab\x08\x08c");
        assert_eq!(shown(b"a\x0bb\x0cc\x7fd"), "a.b.c.d");
        assert_eq!(shown("a\u{9b}b\u{202e}c".as_bytes()), "a.b.c");
        assert_eq!(shown(b"a\x9bb\xff"), "a.b.");
        assert_eq!(shown(b"a\x1b[31"), "a.[31");
        assert_eq!(
            shown(b"a\x1b[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;m"),
            "a[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;m"
        );
    }

    proptest! {
        #[test]
        fn any_bytes_become_harmless_text(line in vec(any::<u8>(), 0..64)) {
            let text = shown(&line);
            let (mut depth, mut width) = (0i32, 0i32);
            let mut rest = text.chars();
            while let Some(character) = rest.next() {
                match character {
                    '\x08' => depth -= 1,
                    '\x1b' => {
                        prop_assert_eq!(rest.next(), Some('['));
                        let end = rest.find(|c| !c.is_ascii_digit() && *c != ';');
                        match end {
                            Some('m') => {}
                            Some('C') => depth += 1,
                            Some('K') => width = depth,
                            other => prop_assert!(false, "{:?}", other),
                        }
                        prop_assert!(depth <= width, "right of the text's end");
                    }
                    _ => {
                        prop_assert!(!character.is_control(), "{:?}", character);
                        depth += 1;
                    }
                }
                width = width.max(depth);
                prop_assert!(depth >= 0, "left of the text's start");
            }
        }

        #[test]
        fn pieces_show_what_the_whole_shows(line in vec(any::<u8>(), 0..64), cuts in vec(0usize..64, 0..6)) {
            let mut whole = Vec::new();
            render(&line, 0, true, &mut whole);
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(line.len())).collect();
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for cut in cuts {
                from = render(&line[..cut], from, false, &mut pieces).shown;
            }
            render(&line, from, true, &mut pieces);
            prop_assert_eq!(pieces, whole);
        }
    }
}
