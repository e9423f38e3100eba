// SPDX-License-Identifier: BSD-2-Clause

//! What a receiver knows of the signals to it, between two reads of `status`.
//!
//! A read shows the signals that the server took between the read before and this
//! one. A sender writes `begun` before and `ended` after it signals, so:
//!
//! * a bit must have a signal that began before this read ended, and that had not
//!   ended when the read before began;
//! * a signal that began after the read before ended, and ended before this one
//!   began, must have its bit, unless its index has been given anew since.

use super::Ledger;
use core::sync::atomic::Ordering;

/// One connection's tally.
#[derive(Clone, Debug)]
pub struct Tally {
    region: usize,
    own: usize,
    /// Signals by index that had ended before the last read began.
    ended: [u32; 16],
    /// Those that had begun after it ended.
    begun: [u32; 16],
}

/// The books at one moment.
type Book = [u32; 16];

impl Tally {
    /// Before an attach of a region: signals to whoever had the index are none of
    /// ours. What has ended by now cannot be seen.
    pub fn before_attach(ledger: &Ledger<'_>, region: usize) -> [Book; 16] {
        core::array::from_fn(|own| book(|from| ledger.ended(region, from, own)))
    }

    /// After it, with the index that it gave.
    pub fn new(ledger: &Ledger<'_>, region: usize, own: usize, before: &[Book; 16]) -> Self {
        Self {
            region,
            own,
            ended: before[own % 16],
            begun: book(|from| ledger.begun(region, from, own)),
        }
    }

    /// Reads `status`: what it says of signals that cannot be.
    pub fn read(&mut self, ledger: &Ledger<'_>, status: impl FnOnce() -> u32) -> Read {
        let ended = book(|from| ledger.ended(self.region, from, self.own));
        let status = status();
        let begun = book(|from| ledger.begun(self.region, from, self.own));
        let set = |wrong: &dyn Fn(usize) -> bool| {
            (0..16).fold(0, |set, from| set | u32::from(wrong(from)) << from)
        };
        let newer = |a: u32, b: u32| a.wrapping_sub(b).cast_signed() > 0;
        let heard = |from: usize| status & 1 << from != 0;
        let invented = set(&|from| heard(from) && !newer(begun[from], self.ended[from]));
        let lost = set(&|from| !heard(from) && newer(ended[from], self.begun[from]));
        (self.ended, self.begun) = (ended, begun);
        Read {
            status,
            invented,
            lost,
        }
    }
}

/// What a read of `status` came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Read {
    /// `status`.
    pub status: u32,
    /// Indices whose bit nobody can have set.
    pub invented: u32,
    /// Indices whose signal is missing, unless they have been given anew.
    pub lost: u32,
}

fn book<'a>(word: impl Fn(usize) -> &'a core::sync::atomic::AtomicU32) -> Book {
    core::array::from_fn(|from| word(from).load(Ordering::SeqCst))
}

#[cfg(test)]
mod tests {
    use super::{Ledger, Tally};
    use std::sync::atomic::AtomicU32;

    fn ledger() -> Ledger<'static> {
        let words: Vec<AtomicU32> = (0..2048).map(|_| AtomicU32::new(0)).collect();
        Ledger::new(Box::leak(words.into_boxed_slice())).unwrap()
    }

    fn tally(ledger: &Ledger<'_>) -> Tally {
        let before = Tally::before_attach(ledger, 1);
        Tally::new(ledger, 1, 2, &before)
    }

    #[test]
    fn what_was_sent_is_neither_invented_nor_lost() {
        let ledger = ledger();
        let mut tally = tally(&ledger);
        for _ in 0..3 {
            ledger.signal(1, 5, 1 << 2 | 1 << 7, || true);
            let read = tally.read(&ledger, || 1 << 5);
            assert_eq!((read.invented, read.lost), (0, 0));
            let read = tally.read(&ledger, || 0);
            assert_eq!((read.invented, read.lost), (0, 0));
        }
    }

    #[test]
    fn what_nobody_sent_is_invented_and_what_is_missing_is_lost() {
        let ledger = ledger();
        let mut tally = tally(&ledger);
        assert_eq!(tally.read(&ledger, || 1 << 5).invented, 1 << 5);
        ledger.signal(1, 5, 1 << 3, || true);
        let read = tally.read(&ledger, || 1 << 5);
        assert_eq!(read.invented, 1 << 5, "it was for another");
        ledger.signal(1, 5, 1 << 2, || true);
        assert_eq!(tally.read(&ledger, || 0).lost, 1 << 5);
        assert_eq!(tally.read(&ledger, || 1 << 5).invented, 1 << 5);
    }

    #[test]
    fn a_read_in_the_middle_of_a_signal_may_see_it_or_not() {
        let ledger = ledger();
        let mut tally = tally(&ledger);
        ledger.signal(1, 5, 1 << 2, || {
            let early = tally.read(&ledger, || 0);
            assert_eq!((early.invented, early.lost), (0, 0));
            true
        });
        let late = tally.read(&ledger, || 1 << 5);
        assert_eq!((late.invented, late.lost), (0, 0));
        ledger.signal(1, 5, 1 << 2, || {
            assert_eq!(tally.read(&ledger, || 1 << 5).invented, 0);
            true
        });
        assert_eq!(tally.read(&ledger, || 0).lost, 0);
    }
}
