// SPDX-License-Identifier: BSD-2-Clause

//! How much the console may show in a time.
//!
//! Why: a real line is slow and so costs little; QEMU's takes everything at once,
//! and then a guest that floods its output would be shown at the expense of whoever
//! has something to compute. So all output together is [`Pace::BYTES_PER_MS`] at
//! the most, several times what 115200 baud carry.

/// A token bucket of bytes.
#[derive(Debug)]
pub struct Pace {
    ticks_per_ms: u64,
    /// Bytes allowed at `at`.
    tokens: u64,
    at: u64,
}

impl Pace {
    /// Bytes in a millisecond.
    pub const BYTES_PER_MS: u64 = 64;
    /// Bytes at once, after a pause.
    pub const BURST: u64 = 4096;

    /// A full bucket.
    pub fn new(ticks_per_ms: u64) -> Self {
        Self {
            ticks_per_ms: ticks_per_ms.max(1),
            tokens: Self::BURST,
            at: 0,
        }
    }

    /// Takes a byte's token. Error: when there will be tokens for a millisecond.
    pub fn take(&mut self, now: u64) -> Result<(), u64> {
        if self.tokens == 0 {
            self.fill(now);
        }
        if self.tokens == 0 {
            return Err(self.at.saturating_add(self.ticks_per_ms));
        }
        self.tokens -= 1;
        Ok(())
    }

    /// What whole milliseconds have brought since the bucket was last filled.
    fn fill(&mut self, now: u64) {
        let passed = now.saturating_sub(self.at) / self.ticks_per_ms;
        let new = passed.saturating_mul(Self::BYTES_PER_MS);
        self.tokens = new.min(Self::BURST);
        self.at = if new > Self::BURST {
            now
        } else {
            self.at + passed * self.ticks_per_ms
        };
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;

    fn all(pace: &mut Pace, now: u64) -> u64 {
        (0..).take_while(|_| pace.take(now).is_ok()).count() as u64
    }

    #[test]
    fn a_pause_allows_a_burst_and_then_so_much_a_millisecond() {
        let mut pace = Pace::new(1000);
        assert_eq!(all(&mut pace, 10_000_000), 2 * Pace::BURST);
        assert_eq!(all(&mut pace, 10_000_999), 0);
        assert_eq!(pace.take(10_000_999), Err(10_001_000));
        assert_eq!(all(&mut pace, 10_001_000), Pace::BYTES_PER_MS);
        assert_eq!(all(&mut pace, 10_003_500), 2 * Pace::BYTES_PER_MS);
        assert_eq!(all(&mut pace, 10_004_000), Pace::BYTES_PER_MS);
        assert_eq!(all(&mut pace, 0), 0, "a clock that goes back gives nothing");
    }
}
