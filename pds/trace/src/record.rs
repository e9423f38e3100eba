// SPDX-License-Identifier: BSD-2-Clause

//! A record: when, and what.

use crate::Event;

/// Words of a record: time, numbers and small arguments, large argument.
pub const WORDS: usize = 3;

/// One record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Counter value (`CNTPCT_EL0`), the same for all protection domains.
    pub time: u64,
    /// What happened.
    pub event: Event,
}

impl Record {
    /// Its words.
    #[inline]
    pub const fn words(&self) -> [u64; WORDS] {
        let (number, first, second, large) = self.event.parts();
        let small = number as u64 | (first as u64) << 16 | (second as u64) << 32;
        [self.time, small, large]
    }

    /// From words; `None`: no event of this version.
    pub const fn from_words([time, small, large]: [u64; WORDS]) -> Option<Self> {
        // Lossless: the parts.
        let parts = (
            small as u16,
            (small >> 16) as u16,
            (small >> 32) as u32,
            large,
        );
        match Event::from_parts(parts) {
            Some(event) => Some(Self { time, event }),
            None => None,
        }
    }

    /// From the bytes of a ring, in this machine's order.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<[u64; WORDS]> {
        let mut words = [0; WORDS];
        if bytes.len() != WORDS * 8 {
            return None;
        }
        for (word, from) in words.iter_mut().zip(bytes.chunks_exact(8)) {
            *word = u64::from_ne_bytes(from.try_into().ok()?);
        }
        Some(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, proptest};

    proptest! {
        #[test]
        fn any_words_are_a_record_and_back_or_none(
            time in any::<u64>(), number in 0u16..64, first in any::<u16>(),
            second in any::<u32>(), large in any::<u64>(),
        ) {
            let small = u64::from(number) | u64::from(first) << 16 | u64::from(second) << 32;
            if let Some(record) = Record::from_words([time, small, large]) {
                // What an event does not use is 0 when it is written again.
                let again = Record::from_words(record.words());
                assert_eq!(again, Some(record));
                assert_eq!(record.words()[1] & 0xffff, u64::from(number));
            }
        }
    }

    #[test]
    fn each_number_is_one_event() {
        let known =
            (0..u64::from(u16::MAX)).filter(|&number| Record::from_words([0, number, 0]).is_some());
        let listed = (1..=9).chain(16..=25).chain(32..=38);
        assert!(known.eq(listed), "docs/interfaces/trace.md lists these");
    }
}
