// SPDX-License-Identifier: BSD-2-Clause

//! What is said on the rings: one `postcard` value a record.

use guest_shm::Error;
use serde::{Deserialize, Serialize};

/// Bytes of a record that a message of data needs beside the data.
pub const OVERHEAD: usize = 8;

/// From the sender to the receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Forward<'a> {
    /// The first: proves that it is meant for this receiver.
    Begin {
        /// The generation of the receiver's ring.
        greeting: u64,
        /// The sender's index.
        idx: u32,
        /// How long the file is, if that is known.
        length: Option<u64>,
    },
    /// The next bytes.
    Data(&'a [u8]),
    /// All bytes were sent.
    End {
        /// How many.
        length: u64,
        /// Their SHA-256.
        digest: [u8; 32],
    },
    /// The sender gave up.
    Abort,
}

/// From the receiver to the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Back {
    /// The first: this receiver takes what comes in the ring of that generation.
    Greeting {
        /// The generation of the sender's ring.
        session: u64,
        /// The receiver's index.
        idx: u32,
    },
    /// The file is complete and in its place.
    Done {
        /// SHA-256 of what was received.
        digest: [u8; 32],
    },
    /// It is not, and the receiver has said why where it runs.
    Refused,
}

/// Encodes a message into `buffer`.
///
/// # Errors
/// [`Error::Check`] if it does not fit: a defect of the caller.
pub fn encode<'b>(message: &impl Serialize, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
    let limit = buffer.len();
    match postcard::to_slice(message, buffer) {
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(Error::Check(format!(
            "a message does not fit {limit} bytes: {error}"
        ))),
    }
}

/// Decodes a message that uses all of `bytes`; `None` if it is none.
pub fn decode<'b, T: Deserialize<'b>>(bytes: &'b [u8]) -> Option<T> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Some(message),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_needs_no_more_than_its_overhead() {
        for length in [0, 1, 127, 128, 16383, 16384, 32760] {
            let data = vec![7; length];
            let mut buffer = vec![0; length + OVERHEAD];
            let bytes = encode(&Forward::Data(&data), &mut buffer).unwrap();
            assert_eq!(decode(bytes), Some(Forward::Data(&data)));
        }
    }

    #[test]
    fn what_is_left_over_makes_it_no_message() {
        let mut buffer = [0; 16];
        let length = encode(&Back::Refused, &mut buffer).unwrap().len();
        assert!(decode::<Back>(&buffer[..length]).is_some());
        assert!(decode::<Back>(&buffer[..length + 1]).is_none());
        assert!(decode::<Back>(&[99]).is_none());
    }
}
