// SPDX-License-Identifier: BSD-2-Clause

//! Many times made few.

use core::fmt;
use std::time::Duration;

/// Least, median, 99th percentile and greatest of some times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latency {
    /// How many there were.
    pub count: usize,
    /// The least.
    pub least: Duration,
    /// Half are not greater.
    pub median: Duration,
    /// 99 of 100 are not greater.
    pub most_of_them: Duration,
    /// The greatest.
    pub greatest: Duration,
}

impl Latency {
    /// Of at least one time.
    pub fn of(mut times: Vec<Duration>) -> Option<Latency> {
        times.sort_unstable();
        let at = |hundredths: usize| {
            let last = times.len().checked_sub(1)?;
            times.get(last * hundredths / 100).copied()
        };
        Some(Latency {
            count: times.len(),
            least: at(0)?,
            median: at(50)?,
            most_of_them: at(99)?,
            greatest: at(100)?,
        })
    }
}

/// Microseconds with three digits.
fn micros(time: Duration) -> String {
    format!("{}.{:03}", time.as_micros(), time.as_nanos() % 1000)
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "min {} us, median {} us, p99 {} us, max {} us ({} times)",
            micros(self.least),
            micros(self.median),
            micros(self.most_of_them),
            micros(self.greatest),
            self.count
        )
    }
}

/// MB (10^6 bytes) a second, in tenths.
pub fn rate(bytes: u64, time: Duration) -> String {
    let tenths = u128::from(bytes) * 10_000 / time.as_nanos().max(1);
    format!("{}.{} MB/s", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_members_of_the_times() {
        let times = (1..=200).rev().map(Duration::from_micros).collect();
        let latency = Latency::of(times).unwrap();
        assert_eq!(latency.least, Duration::from_micros(1));
        assert_eq!(latency.median, Duration::from_micros(100));
        assert_eq!(latency.most_of_them, Duration::from_micros(198));
        assert_eq!(latency.greatest, Duration::from_micros(200));
        assert!(latency.to_string().starts_with("min 1.000 us, median"));
        assert_eq!(Latency::of(Vec::new()), None);
    }

    #[test]
    fn rates_are_in_millions_of_bytes() {
        assert_eq!(rate(1_500_000, Duration::from_millis(100)), "15.0 MB/s");
        assert_eq!(rate(1, Duration::ZERO), "1000.0 MB/s");
    }
}
