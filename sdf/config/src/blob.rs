// SPDX-License-Identifier: BSD-2-Clause

//! The blob's envelope: a version, then the `postcard` bytes of one type.

use serde::{Serialize, de::DeserializeOwned};

/// Version of all blobs. Changes with every change of a type in this crate.
pub const VERSION: u16 = 9;

/// Why a blob was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlobError {
    /// Written for another version of the program.
    Version {
        /// The version found.
        found: u16,
    },
    /// Not the bytes of this type.
    Malformed,
    /// Writing: the buffer is too small.
    TooLarge,
}

impl core::fmt::Display for BlobError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Version { found } => write!(
                f,
                "configuration blob has version {found}, this program takes {VERSION}: \
                 generate the system anew"
            ),
            Self::Malformed => {
                f.write_str("configuration blob is malformed: generate the system anew")
            }
            Self::TooLarge => f.write_str("configuration blob does not fit its buffer"),
        }
    }
}

impl core::error::Error for BlobError {}

/// Writes `value` into `buffer`; returns the bytes used.
pub fn encode<'a, T: Serialize>(value: &T, buffer: &'a mut [u8]) -> Result<&'a [u8], BlobError> {
    postcard::to_slice(&(VERSION, value), buffer)
        .map(|used| &*used)
        .map_err(|_| BlobError::TooLarge)
}

/// Reads a blob; trailing bytes (zero padding of the page) are ignored.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, BlobError> {
    let (found, rest) =
        postcard::take_from_bytes::<u16>(bytes).map_err(|_| BlobError::Malformed)?;
    if found != VERSION {
        return Err(BlobError::Version { found });
    }
    postcard::take_from_bytes(rest)
        .map(|(value, _)| value)
        .map_err(|_| BlobError::Malformed)
}
