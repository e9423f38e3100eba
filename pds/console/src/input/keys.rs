// SPDX-License-Identifier: BSD-2-Clause

//! What the typed bytes mean.
//!
//! `Ctrl-]` (as in telnet) is the console's own key, because QEMU takes `Ctrl-A`
//! for itself. The key after it says what is wanted; `Ctrl-]` twice sends one to
//! the guest. Everything else goes to the selected guest as it is.

/// The console's own key: `Ctrl-]`.
const ESCAPE: u8 = 0x1d;

/// What to do with a byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Nothing yet: the next byte decides.
    Wait,
    /// Send this byte to the selected guest.
    Send(u8),
    /// Select the guest of this number, as [`Action::Help`] lists them.
    Select(usize),
    /// Select the next guest.
    Next,
    /// Go to the manager's shell.
    Shell,
    /// Show the selected guest alone, or everybody again.
    Alone,
    /// Say what there is.
    Help,
}

/// The keyboard's state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// The last byte was the console's own key.
    escaped: bool,
}

impl Keys {
    /// Takes one byte.
    pub fn take(&mut self, byte: u8) -> Action {
        if !core::mem::take(&mut self.escaped) {
            self.escaped = byte == ESCAPE;
            return if self.escaped {
                Action::Wait
            } else {
                Action::Send(byte)
            };
        }
        match byte {
            ESCAPE => Action::Send(ESCAPE),
            b'0'..=b'9' => Action::Select(usize::from(byte - b'0')),
            b'n' | b'N' => Action::Next,
            b's' | b'S' => Action::Shell,
            b'a' | b'A' => Action::Alone,
            _ => Action::Help,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Keys};

    fn actions(bytes: &[u8]) -> Vec<Action> {
        let mut keys = Keys::default();
        bytes
            .iter()
            .map(|&byte| keys.take(byte))
            .filter(|action| *action != Action::Wait)
            .collect()
    }

    #[test]
    fn ordinary_bytes_go_to_the_guest() {
        assert_eq!(
            actions(b"n1\x01"),
            [Action::Send(b'n'), Action::Send(b'1'), Action::Send(1)]
        );
    }

    #[test]
    fn the_own_key_takes_one_more_byte() {
        assert_eq!(
            actions(b"\x1d2x\x1dn\x1ds\x1da\x1d?\x1d\x1d\x1d\x1b7"),
            [
                Action::Select(2),
                Action::Send(b'x'),
                Action::Next,
                Action::Shell,
                Action::Alone,
                Action::Help,
                Action::Send(0x1d),
                Action::Help,
                Action::Send(b'7'),
            ]
        );
    }
}
