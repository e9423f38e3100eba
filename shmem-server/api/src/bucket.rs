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
    most: u64,
    per_second: u64,
    frequency: u64,
    last: u64,
}

impl Bucket {
    /// Full. `frequency`: counter ticks per second. A rate of 0 is taken as 1.
    pub fn new(burst: u32, per_second: u32, frequency: u64, now: u64) -> Self {
        let frequency = frequency.clamp(1, 1 << 31);
        // No overflow: 2^32 times 2^31.
        let most = u64::from(burst.max(1)) * frequency;
        Self {
            credit: most,
            most,
            per_second: u64::from(per_second.max(1)),
            frequency,
            last: now,
        }
    }

    /// Takes a token.
    ///
    /// Errors: there is none; the counter value at which there will be one.
    pub fn take(&mut self, now: u64) -> Result<(), u64> {
        let elapsed = now.saturating_sub(self.last);
        self.last = now;
        let earned = elapsed.saturating_mul(self.per_second);
        self.credit = self.credit.saturating_add(earned).min(self.most);
        if let Some(rest) = self.credit.checked_sub(self.frequency) {
            self.credit = rest;
            return Ok(());
        }
        let missing = self.frequency - self.credit;
        Err(now.saturating_add(missing.div_ceil(self.per_second)))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

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
    fn no_more_than_burst_and_rate_in_any_time() {
        let mut bucket = Bucket::new(5, 100, 1_000_000, 0);
        let taken = (0..2_000_000u64)
            .step_by(7)
            .filter(|&now| bucket.take(now).is_ok())
            .count();
        assert!((200..=205).contains(&taken), "{taken}");
    }
}
