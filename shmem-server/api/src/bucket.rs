// SPDX-License-Identifier: BSD-2-Clause

//! A token bucket: so many at once, so many per second after that.
//!
//! Time is a counter that the owner reads; it may start anywhere and stand still,
//! and one that goes backwards earns nothing.

/// The bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Tokens times the counter's frequency.
    credit: u64,
    /// Tokens taken in advance, in the same unit.
    owed: u64,
    most: u64,
    per_second: u64,
    frequency: u64,
    last: u64,
    /// As many tokens as who finds none is told to wait for, times the frequency.
    batch: u64,
}

impl Bucket {
    /// Full. `frequency`: counter ticks per second. A rate of 0 is taken as 1.
    pub fn new(burst: u32, per_second: u32, frequency: u64, now: u64) -> Self {
        let frequency = frequency.clamp(1, 1 << 31);
        // No overflow: 2^32 times 2^31.
        let most = u64::from(burst.max(1)) * frequency;
        Self {
            credit: most,
            owed: 0,
            most,
            per_second: u64::from(per_second.max(1)),
            frequency,
            last: now,
            batch: frequency,
        }
    }

    /// Who finds no token is told to wait for so many, or for a full bucket: being
    /// woken for each one costs more than what the token is for.
    #[must_use]
    pub fn in_batches(self, tokens: u32) -> Self {
        let batch = u64::from(tokens.max(1)) * self.frequency;
        Self {
            batch: batch.min(self.most),
            ..self
        }
    }

    /// Puts tokens in; what does not fit is lost.
    pub fn give(&mut self, tokens: u32) {
        let given = u64::from(tokens) * self.frequency;
        self.credit = self.credit.saturating_add(given).min(self.most);
    }

    /// Takes a token that need not be there yet: the next ones come later.
    pub fn take_in_advance(&mut self) {
        self.owed = self.owed.saturating_add(self.frequency);
    }

    /// Takes a token.
    ///
    /// Errors: there is none; the counter value at which there will be one, or a batch.
    pub fn take(&mut self, now: u64) -> Result<(), u64> {
        let elapsed = now.saturating_sub(self.last);
        self.last = now;
        let earned = elapsed.saturating_mul(self.per_second);
        let credit = self.credit.saturating_add(earned);
        let paid = self.owed.min(credit);
        self.owed -= paid;
        self.credit = (credit - paid).min(self.most);
        if let Some(rest) = self.credit.checked_sub(self.frequency) {
            self.credit = rest;
            return Ok(());
        }
        let missing = (self.batch - self.credit).saturating_add(self.owed);
        Err(now.saturating_add(missing.div_ceil(self.per_second)))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_in_advance_is_waited_for() {
        let mut bucket = Bucket::new(1, 10, 1000, 0);
        assert_eq!(bucket.take(0), Ok(()));
        bucket.take_in_advance();
        assert_eq!(bucket.take(0), Err(200));
        assert_eq!(bucket.take(150), Err(200));
        assert_eq!(bucket.take(200), Ok(()));
        assert_eq!(bucket.take(200), Err(300));
    }

    #[test]
    fn a_burst_then_the_rate() {
        let mut bucket = Bucket::new(3, 10, 1000, 50);
        for _ in 0..3 {
            assert_eq!(bucket.take(50), Ok(()));
        }
        assert_eq!(bucket.take(50), Err(150));
        assert_eq!(bucket.take(149), Err(150));
        assert_eq!(bucket.take(150), Ok(()));
        assert_eq!(bucket.take(u64::MAX), Ok(()), "full again, not more");
        assert_eq!(bucket.take(u64::MAX), Ok(()));
        assert_eq!(bucket.take(0), Ok(()));
        assert!(bucket.take(0).is_err(), "backwards earns nothing");
    }

    #[test]
    fn a_token_that_is_given_can_be_taken_and_no_more_than_fit() {
        let mut bucket = Bucket::new(2, 1, 1000, 0);
        bucket.give(5);
        assert_eq!([bucket.take(0), bucket.take(0)], [Ok(()); 2]);
        assert_eq!(bucket.take(0), Err(1000));
        bucket.give(1);
        assert_eq!(bucket.take(0), Ok(()));
        assert_eq!(bucket.take(0), Err(1000));
    }

    #[test]
    fn who_finds_none_waits_for_a_batch_and_may_come_earlier() {
        let mut bucket = Bucket::new(8, 10, 1000, 0).in_batches(4);
        for _ in 0..8 {
            assert_eq!(bucket.take(0), Ok(()));
        }
        assert_eq!(bucket.take(0), Err(400));
        assert_eq!(bucket.take(99), Err(400));
        assert_eq!(bucket.take(100), Ok(()));
        let mut small = Bucket::new(2, 10, 1000, 0).in_batches(4);
        assert_eq!([small.take(0), small.take(0)], [Ok(()); 2]);
        assert_eq!(small.take(0), Err(200), "it never holds four");
    }

    #[test]
    fn no_more_than_burst_and_rate_in_any_time() {
        let mut bucket = Bucket::new(5, 100, 1_000_000, 0);
        let taken = (0..2_000_000u64)
            .step_by(7)
            .filter(|&now| bucket.take(now).is_ok())
            .count();
        assert!((200..=205).contains(&taken), "{taken}");
    }
}
