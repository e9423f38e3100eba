// SPDX-License-Identifier: BSD-2-Clause

//! Sizes, names and sets of peers as people write them.

use guest_shm::EventKind;
use guest_shm::region::{CLIENT_MAX, NAME_MAX, PAGE_SIZE, Peers, Targets};

/// Parses a size in bytes, with an optional suffix K, M or G (powers of 1024),
/// into pages, rounded up.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn pages(text: &str) -> Result<u32, String> {
    u32::try_from(bytes(text)?.div_ceil(PAGE_SIZE)).map_err(|_| wrong(text, "is too large"))
}

fn wrong(text: &str, why: &str) -> String {
    format!("size \"{text}\" {why}; write for example 64K, 128M or 1G")
}

/// Parses a size in bytes, with an optional suffix K, M or G (powers of 1024).
///
/// # Errors
/// As [`pages`].
pub fn bytes(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1u64),
    };
    let number: u64 = digits.parse().map_err(|_| wrong(text, "is no number"))?;
    let bytes = number
        .checked_mul(unit)
        .ok_or_else(|| wrong(text, "is too large"))?;
    if bytes == 0 {
        return Err(wrong(text, "is nothing"));
    }
    Ok(bytes)
}

/// Takes a region's name as it is, if a device can be asked for it. Whether
/// it is legal beyond that is for the device to say.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn name(text: &str) -> Result<String, String> {
    if text.len() > NAME_MAX {
        return Err(format!(
            "a name has at most {NAME_MAX} characters, this has {}",
            text.len()
        ));
    }
    if text.contains('\0') {
        return Err("a name cannot contain NUL".into());
    }
    Ok(text.into())
}

/// Parses whom to signal: `all`, or indices like `0,2`.
///
/// # Errors
/// A sentence that says what is wrong and what would be right.
pub fn targets(text: &str) -> Result<Targets, String> {
    if text == "all" {
        return Ok(Targets::ALL);
    }
    peers(text).map(Targets::from)
}

/// Parses a set of peers: `all`, or indices like `0,2`.
///
/// # Errors
/// As [`targets`].
pub fn peers(text: &str) -> Result<Peers, String> {
    if text == "all" {
        return Ok(!Peers::NONE);
    }
    text.split(',')
        .map(|part| match part.trim().parse::<u32>() {
            Ok(idx) if idx < CLIENT_MAX => Ok(Peers::one(idx)),
            _ => Err(format!(
                "\"{part}\" is no index from 0 to {}; write `all` or for example 0,2",
                CLIENT_MAX - 1
            )),
        })
        .try_fold(Peers::NONE, |set, idx| Ok(set | idx?))
}

/// Parses a kind of event by its name.
///
/// # Errors
/// A sentence that says which there are.
pub fn kind(text: &str) -> Result<EventKind, String> {
    EventKind::ALL
        .into_iter()
        .find(|kind| kind.name() == text)
        .ok_or_else(|| {
            let names = EventKind::ALL.map(EventKind::name).join(", ");
            format!("\"{text}\" is no kind of event: there are {names}")
        })
}

/// Parses a SHA-256 digest of 64 hexadecimal digits, as `sha256sum` prints it.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn digest(text: &str) -> Result<[u8; 32], String> {
    let wrong = || format!("\"{text}\" is no SHA-256 digest: it takes 64 hexadecimal digits");
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(wrong());
    }
    let mut digest = [0; 32];
    for (at, byte) in digest.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).map_err(|_| wrong())?;
    }
    Ok(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_rounded_up_to_pages() {
        assert_eq!(pages("1"), Ok(1));
        assert_eq!(pages("4097"), Ok(2));
        assert_eq!(pages("64k"), Ok(16));
        assert_eq!(pages("128M"), Ok(32768));
    }

    #[test]
    fn sizes_that_mean_nothing_are_refused() {
        for text in [
            "",
            "0",
            "0M",
            "M",
            "-1",
            "1T",
            "12 M",
            "99999999999G",
            "16384G",
            "1é",
        ] {
            assert!(pages(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_must_fit_the_register() {
        assert!(name(&"a".repeat(31)).is_ok());
        assert!(name(&"a".repeat(32)).is_err());
        assert!(name("a\0b").is_err());
    }

    #[test]
    fn targets_are_all_or_indices() {
        assert_eq!(targets("all"), Ok(Targets(u32::MAX)));
        assert_eq!(targets("0, 2"), Ok(Targets(5)));
        assert_eq!(peers("all"), Ok(Peers(u16::MAX)));
        for text in ["", "16", "0,", "x", "-1"] {
            assert!(targets(text).is_err(), "{text}");
        }
    }

    #[test]
    fn kinds_are_known_by_the_names_that_are_printed() {
        for known in EventKind::ALL {
            assert_eq!(kind(&known.to_string()), Ok(known));
        }
        assert!(kind("died").unwrap_err().contains("joined, left, reset"));
    }

    #[test]
    fn digests_are_64_hexadecimal_digits() {
        let text = format!("{}{}", "0a".repeat(31), "Ff");
        assert_eq!(digest(&text).map(|d| (d[0], d[31])), Ok((0x0a, 0xff)));
        assert!(digest(&text[1..]).is_err());
        assert!(digest(&"+1".repeat(32)).is_err());
    }
}
