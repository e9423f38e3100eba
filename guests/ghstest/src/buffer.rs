// SPDX-License-Identifier: BSD-2-Clause

//! Lines in the region's data.
//!
//! A buffer has one writer, its connection. A reader may see a line while the next
//! one is being written: the sample has no lock, and neither has this. Who needs
//! more uses `shmem-rings`.

use crate::BUFFER;
use core::fmt;

/// Most bytes of a line that are sent or shown; the buffer has room for more.
pub const LINE: usize = 240;
/// Bytes of a word.
const WORD: usize = 8;

/// A region's data, as 64-bit words in memory order.
pub trait Memory {
    /// Loads word `at`; 0 behind the end.
    fn load(&self, at: usize) -> u64;
    /// Stores word `at`; nothing behind the end.
    fn store(&self, at: usize, value: u64);
}

/// A line, without its NUL.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line {
    bytes: [u8; LINE],
    length: usize,
}

impl Line {
    /// No text.
    pub const EMPTY: Self = Self {
        bytes: [0; LINE],
        length: 0,
    };

    /// Text up to its first NUL; what is too long is cut.
    pub fn new(text: impl IntoIterator<Item = u8>) -> Self {
        let mut line = Self::EMPTY;
        let text = text.into_iter().take_while(|&byte| byte != 0);
        for (to, from) in line.bytes.iter_mut().zip(text) {
            *to = from;
            line.length += 1;
        }
        line
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// The line of connection `idx`.
    pub fn load(memory: &impl Memory, idx: u8) -> Self {
        let first = usize::from(idx) * BUFFER / WORD;
        let words = (first..first + LINE / WORD).map(|at| memory.load(at).to_ne_bytes());
        Self::new(words.flatten())
    }

    /// Makes it the line of connection `idx`.
    pub fn store(&self, memory: &impl Memory, idx: u8) {
        let first = usize::from(idx) * BUFFER / WORD;
        // One word more than the longest line: there is always a NUL.
        let mut padded = [0; LINE + WORD];
        padded[..LINE].copy_from_slice(&self.bytes);
        for (at, bytes) in (first..).zip(padded.chunks_exact(WORD)) {
            let mut word = [0; WORD];
            word.copy_from_slice(bytes);
            memory.store(at, u64::from_ne_bytes(word));
        }
    }
}

impl fmt::Display for Line {
    /// In printable ASCII; anything else is a dot.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &byte in self.as_bytes() {
            let shown = if (0x20..0x7f).contains(&byte) {
                char::from(byte)
            } else {
                '.'
            };
            fmt::Write::write_char(f, shown)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{LINE, Line, Memory};
    use crate::{BUFFER, PAGES};
    use core::sync::atomic::{AtomicU64, Ordering};

    /// A region's data.
    pub struct Words(pub Vec<AtomicU64>);

    impl Words {
        pub fn new() -> Self {
            let words = PAGES as usize * BUFFER / 8;
            Self((0..words).map(|_| AtomicU64::new(0)).collect())
        }
    }

    impl Memory for Words {
        fn load(&self, at: usize) -> u64 {
            self.0
                .get(at)
                .map_or(0, |word| word.load(Ordering::Relaxed))
        }

        fn store(&self, at: usize, value: u64) {
            if let Some(word) = self.0.get(at) {
                word.store(value, Ordering::Relaxed);
            }
        }
    }

    #[test]
    fn a_line_lies_at_the_page_of_its_connection() {
        let memory = Words::new();
        Line::new(*b"hello, peers").store(&memory, 3);
        assert_eq!(memory.load(3 * 512).to_ne_bytes(), *b"hello, p");
        assert_eq!(Line::load(&memory, 3).to_string(), "hello, peers");
        assert_eq!(Line::load(&memory, 2), Line::EMPTY);
        Line::new(*b"bye").store(&memory, 3);
        assert_eq!(
            Line::load(&memory, 3).to_string(),
            "bye",
            "nothing of the old"
        );
        Line::new(*b"x").store(&memory, 200);
        assert_eq!(Line::load(&memory, 200), Line::EMPTY, "behind the end");
    }

    #[test]
    fn lines_without_end_and_with_control_characters_are_tamed() {
        let memory = Words::new();
        for at in 0..512 {
            memory.store(at, u64::from_ne_bytes([b'x'; 8]));
        }
        assert_eq!(Line::load(&memory, 0).as_bytes(), [b'x'; LINE]);
        Line::new(*b"a\x1b[2J\xff\n").store(&memory, 0);
        assert_eq!(Line::load(&memory, 0).to_string(), "a.[2J..");
        Line::new([b'y'; 4096]).store(&memory, 1);
        assert_eq!(Line::load(&memory, 1).as_bytes().len(), LINE);
        assert_eq!(memory.load(512 + LINE / 8), 0, "the NUL behind it");
    }
}
