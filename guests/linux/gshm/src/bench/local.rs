// SPDX-License-Identifier: BSD-2-Clause

//! Figures that need no peer.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use guest_shm::{Error, Peers, Region, Targets, data};

use super::figures::{Latency, rate};

/// Most bytes that a pass over the data touches.
const PASS: usize = 4 << 20;
/// How long one's own signal may take.
const SOON: Duration = Duration::from_secs(5);

/// Measures and gives lines of figures. Overwrites the data.
///
/// # Errors
/// [`Error::Timeout`] if one's own signal does not come; those of [`Region`].
pub fn local<R: Region>(region: &R, count: usize) -> Result<Vec<String>, Error> {
    let own = Peers::one(region.attachment().idx);
    let mut lines = Vec::new();
    let mut say = |what: &str, latency: Option<Latency>| {
        lines.extend(latency.map(|latency| format!("{what}: {latency}")));
    };
    say(
        "signal that reaches nobody",
        Latency::of(silent(region, count)?),
    );
    say(
        "own signal to own wake-up",
        Latency::of(echoes(region, own, count)?),
    );
    let (stored, loaded) = passes(region);
    lines.push(format!("stores to the data: {stored}"));
    lines.push(format!("loads from the data: {loaded}"));
    Ok(lines)
}

fn silent<R: Region>(region: &R, count: usize) -> Result<Vec<Duration>, Error> {
    let one = |_| {
        let start = Instant::now();
        region.notify(Targets(0))?;
        Ok(start.elapsed())
    };
    (0..count).map(one).collect()
}

fn echoes<R: Region>(region: &R, own: Peers, count: usize) -> Result<Vec<Duration>, Error> {
    let one = |_| {
        let start = Instant::now();
        region.notify(Targets::from(own))?;
        loop {
            let left = SOON.saturating_sub(start.elapsed());
            match region.wait(left)? {
                Some(status) if !(status.pending & own).is_empty() => return Ok(start.elapsed()),
                Some(_) => {}
                None if !left.is_zero() => {}
                None => {
                    return Err(Error::Timeout {
                        what: "my own signal".into(),
                        seconds: SOON.as_secs(),
                    });
                }
            }
        }
    };
    (0..count).map(one).collect()
}

/// The rates of storing and of loading.
fn passes<R: Region>(region: &R) -> (String, String) {
    let words = region.words();
    let words = &words[..words.len().min(PASS / data::WORD)];
    let bytes = (words.len() * data::WORD) as u64;
    // First touch is not what is measured.
    words
        .iter()
        .for_each(|word| word.store(0, Ordering::Relaxed));
    let start = Instant::now();
    words
        .iter()
        .for_each(|word| word.store(1, Ordering::Relaxed));
    let stored = start.elapsed();
    let start = Instant::now();
    let count = data::count_nonzero(words);
    let loaded = start.elapsed();
    // Keeps the loads from being left out.
    std::hint::black_box(count);
    (rate(bytes, stored), rate(bytes, loaded))
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_shm::Device;
    use guest_shm::fake::Fake;

    #[test]
    fn a_guest_alone_gets_four_figures() {
        let region = Fake::default().attach("bench", 16).unwrap();
        let lines = local(&region, 5).unwrap();
        assert_eq!(lines.len(), 4, "{lines:?}");
        assert!(lines[1].contains("median"), "{lines:?}");
        assert!(lines[3].ends_with("MB/s"), "{lines:?}");
    }
}
