// SPDX-License-Identifier: BSD-2-Clause

//! Calls and answers as they lie in the message registers.
//!
//! Both ends use these, over the registers as bytes: what a peer alleges (label, number
//! of registers, length) is checked here, once, and nowhere else. Decoding is total and
//! changes nothing.

use crate::label;
use crate::message::{MAX_BYTES, Request, Response, decode, encode};
use serde::{Serialize, de::DeserializeOwned};

/// Bytes of a message register.
pub const REGISTER: usize = 8;

/// A client's call, as the server decodes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    /// [`label::SIGNAL`].
    Signal {
        /// Connection handle, alleged.
        connection: u64,
        /// Set of target indices.
        targets: u32,
    },
    /// [`label::REQUEST`].
    Request(Request),
}

impl Call {
    /// The call in `count` message registers, `registers` their bytes and more. `None`:
    /// it is none of ours.
    pub fn decode(label: u64, count: usize, registers: &[u8]) -> Option<Self> {
        match label {
            label::SIGNAL if count >= 2 => Some(Self::Signal {
                connection: word(registers, 0)?,
                targets: u32::try_from(word(registers, 1)?).ok()?,
            }),
            label::REQUEST => read(count, registers).map(Self::Request),
            _ => None,
        }
    }
}

/// Puts a request into the message registers; returns how many it takes. `None`: it
/// does not fit.
pub fn put_request(request: &Request, registers: &mut [u8]) -> Option<usize> {
    put(request, registers)
}

/// Puts a response there.
pub fn put_response(response: &Response, registers: &mut [u8]) -> Option<usize> {
    put(response, registers)
}

/// The response in a reply to a request. `None`: it makes no sense.
pub fn response(label: u64, count: usize, registers: &[u8]) -> Option<Response> {
    if label == 0 {
        read(count, registers)
    } else {
        None
    }
}

fn put<T: Serialize>(message: &T, registers: &mut [u8]) -> Option<usize> {
    let room = registers.len().min(REGISTER + MAX_BYTES);
    let (length, bytes) = registers.get_mut(..room)?.split_at_mut_checked(REGISTER)?;
    let used = encode(message, bytes)?.len();
    // Lossless: at most MAX_BYTES.
    length.copy_from_slice(&(used as u64).to_le_bytes());
    Some(1 + used.div_ceil(REGISTER))
}

/// Length in bytes, then the message.
fn read<T: DeserializeOwned>(count: usize, registers: &[u8]) -> Option<T> {
    let room = count.checked_sub(1)?.saturating_mul(REGISTER);
    let length = usize::try_from(word(registers, 0)?).ok()?;
    if length > room.min(MAX_BYTES) {
        return None;
    }
    decode(registers.get(REGISTER..REGISTER + length)?)
}

fn word(registers: &[u8], index: usize) -> Option<u64> {
    let bytes = registers.get(index * REGISTER..(index + 1) * REGISTER)?;
    Some(u64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use crate::{RegionName, Status};
    use proptest::prelude::{any, proptest};

    #[test]
    fn what_is_put_is_read() {
        let mut registers = [0; 960];
        let request = Request::Attach {
            name: RegionName::new("moo").unwrap(),
            pages: 9,
        };
        let count = put_request(&request, &mut registers).unwrap();
        let call = Call::decode(label::REQUEST, count, &registers);
        assert_eq!(call, Some(Call::Request(request)));
        assert_eq!(Call::decode(label::REQUEST, count - 1, &registers), None);
        assert_eq!(Call::decode(9, count, &registers), None);
        let answer = Response::Failed(Status::NoMem);
        let count = put_response(&answer, &mut registers).unwrap();
        assert_eq!(response(0, count, &registers), Some(answer));
        assert_eq!(response(label::REPLY_MALFORMED, count, &registers), None);
        assert_eq!(put_response(&Response::Done, &mut [0; 8]), None);
    }

    #[test]
    fn a_signal_is_two_words() {
        let mut registers = [0; 16];
        registers[0] = 3;
        registers[8..12].fill(0xff);
        let call = |count, registers: &[u8]| Call::decode(label::SIGNAL, count, registers);
        let signal = Call::Signal {
            connection: 3,
            targets: u32::MAX,
        };
        assert_eq!(call(2, &registers), Some(signal));
        assert_eq!(call(1, &registers), None, "too few");
        assert_eq!(call(2, &registers[..15]), None);
        registers[12] = 1;
        assert_eq!(call(2, &registers), None, "no set of targets");
    }

    proptest! {
        #[test]
        fn any_registers_are_decoded(
            label in 0u64..4,
            count in any::<usize>(),
            length in any::<u64>(),
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut registers = length.to_le_bytes().to_vec();
            registers.extend(&bytes);
            for length in [length, length % 60] {
                registers[..8].copy_from_slice(&length.to_le_bytes());
                let _ = Call::decode(label, count, &registers);
                let _ = response(label, count, &registers);
                let _ = Call::decode(label, count, &bytes);
            }
        }
    }
}
