// SPDX-License-Identifier: BSD-2-Clause

//! Sizes as people write them: `256M`, `4K`, `1G`, `0x1000`.

use serde::{Deserialize, Deserializer, de::Error};

/// A 4 KiB page.
pub const PAGE: u64 = 0x1000;
/// A 2 MiB page.
pub const LARGE_PAGE: u64 = 0x20_0000;

/// Bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl Size {
    /// Reads `256M`, `4K`, `1G`, a decimal or a `0x` number.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no size: write a number with K, M or G, such as `128M`");
        let text = text.trim();
        let (digits, unit) = match text.char_indices().last() {
            Some((at, 'K')) => (&text[..at], 1 << 10),
            Some((at, 'M')) => (&text[..at], 1 << 20),
            Some((at, 'G')) => (&text[..at], 1 << 30),
            _ => (text, 1),
        };
        let number = parse_number(digits).ok_or_else(wrong)?;
        number.checked_mul(unit).map(Self).ok_or_else(wrong)
    }
}

/// A decimal or `0x` number with optional `_`.
pub fn parse_number(text: &str) -> Option<u64> {
    let plain = text.replace('_', "");
    match plain.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => plain.parse().ok(),
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Number(u64),
            Text(String),
        }
        match Form::deserialize(deserializer)? {
            Form::Number(number) => Ok(Self(number)),
            Form::Text(text) => Self::parse(&text).map_err(D::Error::custom),
        }
    }
}

impl core::fmt::Display for Size {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (unit, letter) = [(1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K")]
            .into_iter()
            .find(|(unit, _)| self.0 >= *unit && self.0.is_multiple_of(*unit))
            .unwrap_or((1, ""));
        write!(f, "{}{letter}", self.0 / unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_shown() {
        for (text, bytes) in [
            ("4K", 4096),
            ("128M", 128 << 20),
            ("1G", 1 << 30),
            ("0x1000", 4096),
            ("7", 7),
        ] {
            assert_eq!(Size::parse(text), Ok(Size(bytes)), "{text}");
        }
        for text in ["", "M", "12X", "-1", "99999999999999G"] {
            assert!(Size::parse(text).is_err(), "{text}");
        }
        assert_eq!(Size(128 << 20).to_string(), "128M");
        assert_eq!(Size(4097).to_string(), "4097");
    }
}
