// SPDX-License-Identifier: BSD-2-Clause

//! Keys, from the bytes that a terminal sends for them (xterm, VT220).
//!
//! Rule: any bytes are keys or nothing. What is beyond ASCII is nothing: no name or
//! command has it.

/// A key of the line editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    /// A printable character.
    Character(u8),
    Enter,
    /// Complete.
    Tab,
    Backspace,
    Delete,
    Left,
    Right,
    WordLeft,
    WordRight,
    Home,
    End,
    Up,
    Down,
    /// Cut to the start of the line.
    CutToStart,
    CutToEnd,
    CutWord,
    /// Clear the screen.
    Clear,
    /// Give up.
    Interrupt,
    /// End of input: leave an empty line.
    EndOfInput,
}

/// Where in a sequence we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// After Enter as carriage return: a line feed belongs to it.
    Return,
    Escape,
    /// After `ESC [`, with the first parameter so far.
    Sequence(u8),
    /// After `ESC O`.
    Single,
}

/// The decoder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Decoder {
    state: State,
}

impl Decoder {
    /// Takes a byte.
    pub(super) fn take(&mut self, byte: u8) -> Option<Key> {
        match core::mem::take(&mut self.state) {
            State::Return if byte == b'\n' => None,
            State::Ground | State::Return => self.ground(byte),
            State::Escape => self.escape(byte),
            State::Single => arrow(byte),
            State::Sequence(first) => self.sequence(first, byte),
        }
    }

    fn ground(&mut self, byte: u8) -> Option<Key> {
        Some(match byte {
            0x20..=0x7e => Key::Character(byte),
            b'\r' => {
                self.state = State::Return;
                Key::Enter
            }
            b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x7f | 0x08 => Key::Backspace,
            0x1b => {
                self.state = State::Escape;
                return None;
            }
            // Emacs' keys, as every shell has them: Ctrl with a letter.
            0x01 => Key::Home,
            0x02 => Key::Left,
            0x03 => Key::Interrupt,
            0x04 => Key::EndOfInput,
            0x05 => Key::End,
            0x06 => Key::Right,
            0x0b => Key::CutToEnd,
            0x0c => Key::Clear,
            0x0e => Key::Down,
            0x10 => Key::Up,
            0x15 => Key::CutToStart,
            0x17 => Key::CutWord,
            _ => return None,
        })
    }

    fn escape(&mut self, byte: u8) -> Option<Key> {
        match byte {
            b'[' => self.state = State::Sequence(0),
            b'O' => self.state = State::Single,
            0x1b => self.state = State::Escape,
            b'b' => return Some(Key::WordLeft),
            b'f' => return Some(Key::WordRight),
            0x7f => return Some(Key::CutWord),
            _ => {}
        }
        None
    }

    fn sequence(&mut self, first: u8, byte: u8) -> Option<Key> {
        match byte {
            b'0'..=b'9' => {
                let digit = first.saturating_mul(10).saturating_add(byte - b'0');
                self.state = State::Sequence(digit);
            }
            // `ESC [ 1 ; 5 C` is Ctrl with Right.
            b';' => self.state = State::Sequence(0),
            0x20..=0x3f => self.state = State::Sequence(first),
            b'~' => return tilde(first),
            b'C' if first == 5 => return Some(Key::WordRight),
            b'D' if first == 5 => return Some(Key::WordLeft),
            _ => return arrow(byte),
        }
        None
    }
}

fn arrow(byte: u8) -> Option<Key> {
    Some(match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'H' => Key::Home,
        b'F' => Key::End,
        _ => return None,
    })
}

fn tilde(number: u8) -> Option<Key> {
    Some(match number {
        1 | 7 => Key::Home,
        3 => Key::Delete,
        4 | 8 => Key::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Decoder, Key};
    use proptest::prelude::{any, proptest};

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut decoder = Decoder::default();
        bytes
            .iter()
            .filter_map(|&byte| decoder.take(byte))
            .collect()
    }

    #[test]
    fn what_terminals_send_is_understood() {
        for (bytes, expected) in [
            (&b"a"[..], &[Key::Character(b'a')][..]),
            (b"\x1b[A\x1bOA\x10", &[Key::Up; 3]),
            (b"\x1b[H\x1b[1~\x1bOH\x01", &[Key::Home; 4]),
            (b"\x1b[F\x1b[4~\x05", &[Key::End; 3]),
            (b"\x1b[3~", &[Key::Delete]),
            (b"\x7f\x08", &[Key::Backspace; 2]),
            (b"\x1b[1;5C\x1bf", &[Key::WordRight; 2]),
            (b"\r\n\n\r\r", &[Key::Enter; 4]),
            (b"\x1b[200~\x1b[5~\xc3\xa4\x00", &[]),
            (b"\x1b\x1b[B", &[Key::Down]),
        ] {
            assert_eq!(keys(bytes), expected, "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn after_any_bytes_enter_is_enter_again_soon(bytes: Vec<u8>, next in any::<u8>()) {
            let mut decoder = Decoder::default();
            for byte in bytes {
                decoder.take(byte);
            }
            decoder.take(next);
            let mut enters = 0;
            for _ in 0..4 {
                enters += usize::from(decoder.take(b'\r') == Some(Key::Enter));
            }
            assert!(enters >= 2);
        }
    }
}
