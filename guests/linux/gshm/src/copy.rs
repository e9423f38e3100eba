// SPDX-License-Identifier: BSD-2-Clause

//! A stream into a region's data, a piece at a time.

use std::io::{self, Read};
use std::sync::atomic::AtomicU64;

use guest_shm::Error;
use guest_shm::data::{self, WORD};

use crate::input::fill;

/// Bytes that are copied at a time: a multiple of a word.
pub const CHUNK: usize = 64 << 10;

/// Stores all of `input` from byte `offset` on, a multiple of 8; the rest of the last word
/// becomes 0. `progress` is told how far it is. Gives how many bytes it was.
///
/// # Errors
/// [`Error::Os`] if the offset is none, if the input fails, or if it is longer than there is
/// room: what fits is stored then.
pub fn store(
    words: &[AtomicU64],
    offset: u64,
    input: &mut impl Read,
    mut progress: impl FnMut(u64),
) -> Result<u64, Error> {
    let failed = |source: io::Error| Error::os("storing the input", source);
    let bytes = words.len() as u64 * WORD as u64;
    let room = bytes.saturating_sub(offset);
    if !offset.is_multiple_of(WORD as u64) || room == 0 {
        let what = format!("offset {offset} of {bytes} bytes");
        return Err(Error::os(what, io::ErrorKind::InvalidInput));
    }
    let mut chunk = vec![0; CHUNK];
    let mut stored = 0;
    loop {
        // Lossless: at most the chunk.
        let most = (room - stored).min(CHUNK as u64) as usize;
        // With no room left, one more byte would tell that it is too much.
        let count = fill(input, &mut chunk[..most.max(1)]).map_err(failed)?;
        if count > most {
            return Err(failed(io::ErrorKind::FileTooLarge.into()));
        }
        let place = data::window(words, offset + stored, count as u64)
            .ok_or_else(|| failed(io::ErrorKind::FileTooLarge.into()))?;
        data::store(place, &chunk[..count]);
        stored += count as u64;
        progress(stored);
        if count < most.max(1) {
            return Ok(stored);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(count: usize) -> Vec<AtomicU64> {
        (0..count).map(|_| AtomicU64::new(u64::MAX)).collect()
    }

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|n| (n % 251) as u8).collect()
    }

    #[test]
    fn every_length_up_to_the_room_is_stored() {
        let words = words(2 * CHUNK / WORD + 2);
        let room = words.len() * WORD - 8;
        for length in [
            0,
            1,
            8,
            CHUNK - 1,
            CHUNK,
            CHUNK + 1,
            2 * CHUNK,
            room - 1,
            room,
        ] {
            let input = bytes(length);
            let mut far = 0;
            let stored = store(&words, 8, &mut input.as_slice(), |at| far = at).expect("fits");
            assert_eq!((stored, far), (length as u64, length as u64));
            let mut back = vec![0; length];
            data::load(&words[1..], &mut back);
            assert!(back == input, "{length}");
        }
    }

    #[test]
    fn what_is_too_long_fails_when_the_room_is_full() {
        let words = words(2);
        let error = store(&words, 0, &mut bytes(17).as_slice(), |_| {}).expect_err("too long");
        assert!(error.to_string().contains("storing the input"), "{error}");
        let mut back = [0; 16];
        data::load(&words, &mut back);
        assert_eq!(back, bytes(16)[..]);
    }

    #[test]
    fn offsets_are_of_words_of_the_region() {
        let words = words(2);
        for offset in [4, 16, 24, u64::MAX - 7] {
            assert!(store(&words, offset, &mut [1].as_slice(), |_| {}).is_err());
        }
    }
}
