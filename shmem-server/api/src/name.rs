// SPDX-License-Identifier: BSD-2-Clause

//! Region names, checked once.

use crate::Status;
use heapless::String;
use serde::{Deserialize, Serialize};

/// Bytes of the name field, NUL included.
pub const NAME_FIELD: usize = 32;

/// A legal region name: 1 to 31 printable ASCII characters without `/`. Holding
/// one made by [`RegionName::from_field`] or [`RegionName::new`] proves that; one
/// that came by message must be [`RegionName::check`]ed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RegionName(String<31>);

impl RegionName {
    /// Checks text. Errors: [`Status::IllegalName`].
    pub fn new(text: &str) -> Result<Self, Status> {
        let name = Self(String::try_from(text).map_err(|_| Status::IllegalName)?);
        name.check()?;
        Ok(name)
    }

    /// Checks the 32-byte name field of a factory page: NUL-terminated.
    pub fn from_field(field: &[u8; NAME_FIELD]) -> Result<Self, Status> {
        let length = field
            .iter()
            .position(|&b| b == 0)
            .ok_or(Status::IllegalName)?;
        let text = core::str::from_utf8(&field[..length]).map_err(|_| Status::IllegalName)?;
        Self::new(text)
    }

    /// Whether a name that arrived by message is legal.
    pub fn check(&self) -> Result<(), Status> {
        let legal = !self.0.is_empty()
            && self
                .0
                .bytes()
                .all(|b| (0x20..0x7f).contains(&b) && b != b'/');
        if legal {
            Ok(())
        } else {
            Err(Status::IllegalName)
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(bytes: &[u8]) -> [u8; NAME_FIELD] {
        let mut field = [0; NAME_FIELD];
        field[..bytes.len()].copy_from_slice(bytes);
        field
    }

    #[test]
    fn legal_names_are_kept() {
        assert_eq!(
            RegionName::from_field(&field(b"moo")).unwrap().as_str(),
            "moo"
        );
        let longest = [b'x'; 31];
        assert_eq!(
            RegionName::from_field(&field(&longest))
                .unwrap()
                .as_str()
                .len(),
            31
        );
    }

    #[test]
    fn illegal_names_are_refused() {
        for bad in [&b""[..], b"a/b", b"/", b"tab\t", b"\x80", &[b'x'; 32]] {
            assert_eq!(
                RegionName::from_field(&field(bad)),
                Err(Status::IllegalName),
                "{bad:?}"
            );
        }
    }
}
