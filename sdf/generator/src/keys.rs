// SPDX-License-Identifier: BSD-2-Clause

//! Keys that a manifest's `[[batch.type]]` types: text with named keys in `<>`.
//!
//! A key is what a terminal sends for it (xterm's sequences, as QEMU's serial line
//! gets them from a person's terminal), and is sent at once.

use std::ops::Range;
use tombolo_image::diagnostic::did_you_mean;

/// Bytes of one key.
pub type Key = Vec<u8>;

/// Keys with names, and what a terminal sends.
const NAMED: &[(&str, &[u8])] = &[
    ("Enter", b"\r"),
    ("Tab", b"\t"),
    ("Esc", b"\x1b"),
    ("Space", b" "),
    ("Backspace", b"\x7f"),
    ("Delete", b"\x1b[3~"),
    ("Up", b"\x1b[A"),
    ("Down", b"\x1b[B"),
    ("Right", b"\x1b[C"),
    ("Left", b"\x1b[D"),
    ("Home", b"\x1b[H"),
    ("End", b"\x1b[F"),
    ("lt", b"<"),
];

/// A name that is no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    /// Where, in bytes of the text.
    pub at: Range<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

/// The keys of `text`, in order.
pub fn parse(text: &str) -> Result<Vec<Key>, KeyError> {
    let (mut keys, mut at) = (Vec::new(), 0);
    while let Some(character) = text[at..].chars().next() {
        let length = if character == '<' {
            let rest = &text[at + 1..];
            // `<Ctrl->>` would be ambiguous: no such key exists.
            let end = rest.find('>').ok_or_else(|| KeyError {
                at: at..text.len(),
                what: "`<` without `>`".into(),
                help: "a named key is for instance `<Enter>`; `<` itself is `<lt>`".into(),
            })?;
            let name = &rest[..end];
            keys.push(named(name).ok_or_else(|| unknown(name, at..at + end + 2))?);
            end + 2
        } else {
            let mut bytes = [0; 4];
            keys.push(character.encode_utf8(&mut bytes).as_bytes().to_vec());
            character.len_utf8()
        };
        at += length;
    }
    Ok(keys)
}

fn named(name: &str) -> Option<Key> {
    if let Some(letter) = name.strip_prefix("Ctrl-") {
        let [letter @ (b'@'..=b'_' | b'a'..=b'z')] = letter.as_bytes() else {
            return None;
        };
        return Some(vec![letter.to_ascii_uppercase() & 0x1f]);
    }
    let (_, bytes) = NAMED.iter().find(|(known, _)| *known == name)?;
    Some(bytes.to_vec())
}

fn unknown(name: &str, at: Range<usize>) -> KeyError {
    let names = NAMED.iter().map(|(name, _)| *name);
    let list = names.clone().collect::<Vec<_>>().join(", ");
    KeyError {
        at,
        what: format!("`{name}` is no key"),
        help: did_you_mean(name, names)
            .unwrap_or(format!("keys with names: {list}, and Ctrl- with a letter")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn text_and_named_keys_become_what_a_terminal_sends() {
        let keys = parse("<Ctrl-]>sä<Up><lt>a><Ctrl-c><Enter>").unwrap();
        let expected: Vec<&[u8]> = vec![
            b"\x1d",
            b"s",
            "ä".as_bytes(),
            b"\x1b[A",
            b"<",
            b"a",
            b">",
            b"\x03",
            b"\r",
        ];
        assert_eq!(keys, expected);
        assert_eq!(parse("").unwrap(), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn a_key_that_is_none_is_named() {
        let error = parse("ab<Entr>").unwrap_err();
        assert_eq!((error.at, &*error.help), (2..8, "did you mean `Enter`?"));
        assert_eq!(parse("x<Up").unwrap_err().at, 1..4);
        assert!(parse("<Ctrl-1>").unwrap_err().help.contains("Backspace"));
        assert!(parse("<Ctrl->").is_err());
    }
}
