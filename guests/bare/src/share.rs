// SPDX-License-Identifier: BSD-2-Clause

//! The share of the processor that a program got, from chunks of equal work.
//!
//! Whatever else runs makes some chunks longer; the shortest one was undisturbed,
//! so it says how much work fits into a tick.

/// Chunks of equal work, each timed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    shortest: u64,
    chunks: u64,
    total: u64,
}

impl Default for Share {
    fn default() -> Self {
        Self::new()
    }
}

impl Share {
    /// None yet.
    pub const fn new() -> Self {
        Self {
            shortest: u64::MAX,
            chunks: 0,
            total: 0,
        }
    }

    /// A chunk took so many ticks.
    pub fn chunk(&mut self, ticks: u64) {
        self.shortest = self.shortest.min(ticks);
        self.chunks += 1;
        self.total = self.total.saturating_add(ticks);
    }

    /// Ticks of the shortest chunk.
    pub fn shortest(&self) -> u64 {
        self.shortest
    }

    /// Percent of the time in which this program ran, if an undisturbed chunk
    /// takes `chunk` ticks. `None`: nothing was measured.
    pub fn percent(&self, chunk: u64) -> Option<u64> {
        let own = chunk.saturating_mul(self.chunks);
        own.saturating_mul(100).checked_div(self.total)
    }
}

#[cfg(test)]
mod tests {
    use super::Share;

    #[test]
    fn half_of_the_time_is_half() {
        let mut share = Share::new();
        for n in 0..100 {
            // 5 of 10 ticks each; or 5 alone and 15 with a long interruption.
            share.chunk(if n % 2 == 0 { 5 } else { 15 });
        }
        assert_eq!(share.percent(share.shortest()), Some(50));
        assert_eq!(share.percent(10), Some(100));
    }

    #[test]
    fn nothing_measured_is_no_share() {
        assert_eq!(Share::new().percent(5), None);
    }
}
