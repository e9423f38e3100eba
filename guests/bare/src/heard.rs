// SPDX-License-Identifier: BSD-2-Clause

//! What was typed to a guest, in numbers: whoever typed it can tell whether all of it
//! arrived, in order.

/// FNV-1a, 32 bits: where it starts, and its prime.
const START: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// Bytes since the last [`Heard::tell`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// How many.
    pub bytes: u32,
    /// Lines among them.
    pub lines: u32,
    /// FNV-1a of them.
    pub hash: u32,
    /// The most that were there without a pause.
    pub at_once: u32,
    run: u32,
}

impl Default for Heard {
    fn default() -> Self {
        Self {
            bytes: 0,
            lines: 0,
            hash: START,
            at_once: 0,
            run: 0,
        }
    }
}

impl Heard {
    /// A byte was there.
    pub fn hear(&mut self, byte: u8) {
        self.bytes = self.bytes.saturating_add(1);
        self.lines += u32::from(byte == b'\r');
        self.hash = (self.hash ^ u32::from(byte)).wrapping_mul(PRIME);
        self.run = self.run.saturating_add(1);
        self.at_once = self.at_once.max(self.run);
    }

    /// None was there.
    pub fn pause(&mut self) {
        self.run = 0;
    }

    /// All of it, but for the last line, which asked; begins anew.
    pub fn tell(&mut self, before: Self) -> Self {
        *self = Self::default();
        before
    }
}

#[cfg(test)]
mod tests {
    use super::Heard;

    #[test]
    fn it_is_the_known_hash_and_order_matters() {
        let of = |text: &[u8]| {
            let mut heard = Heard::default();
            text.iter().for_each(|&byte| heard.hear(byte));
            heard
        };
        // The published vector of FNV-1a.
        assert_eq!(of(b"foobar").hash, 0xbf9c_f968);
        assert_ne!(of(b"ab").hash, of(b"ba").hash);
        assert_eq!((of(b"a\rb\r").lines, of(b"a\rb\r").bytes), (2, 4));
    }

    #[test]
    fn a_pause_ends_what_was_there_at_once() {
        let mut heard = Heard::default();
        for part in [3, 5, 2] {
            (0..part).for_each(|_| heard.hear(b'x'));
            heard.pause();
        }
        assert_eq!(heard.at_once, 5);
        let before = heard;
        heard.hear(b'?');
        assert_eq!(heard.tell(before), before);
        assert_eq!(heard, Heard::default());
    }
}
