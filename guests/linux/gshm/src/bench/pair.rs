// SPDX-License-Identifier: BSD-2-Clause

//! Figures between two guests: one measures, one serves.

use std::time::{Duration, Instant};

use guest_shm::{Error, Region};

use super::figures::{Latency, rate};
use crate::transfer::channel::{Channel, Purpose, Settings};

/// First byte of a record: what it is for.
const PING: u8 = 1;
const DATA: u8 = 2;
const END: u8 = 3;
/// Bytes of a ping and its answer.
const SMALL: usize = 8;

/// What is to be measured.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Round trips.
    pub count: usize,
    /// Bytes to stream.
    pub bytes: u64,
}

fn bench(settings: Settings) -> Settings {
    Settings {
        purpose: Purpose::Bench,
        ..settings
    }
}

/// Measures with a peer that serves; gives lines of figures.
///
/// # Errors
/// As [`Channel`].
pub fn measure<R: Region>(
    region: &R,
    settings: Settings,
    plan: Plan,
) -> Result<Vec<String>, Error> {
    let mut channel = Channel::send_side(region, bench(settings), None)?;
    let mut times = Vec::with_capacity(plan.count);
    for _ in 0..plan.count {
        times.push(round_trip(&mut channel)?);
    }
    let peer = channel.peer();
    let mut lines = Vec::new();
    if let Some(latency) = Latency::of(times) {
        lines.push(format!("round trip to peer {peer}: {latency}"));
    }
    let time = stream(&mut channel, plan.bytes)?;
    let rate = rate(plan.bytes, time);
    let record = channel.limit();
    lines.push(format!(
        "stream to peer {peer}: {rate} ({} bytes, records of {record})",
        plan.bytes
    ));
    Ok(lines)
}

fn round_trip<R: Region>(channel: &mut Channel<'_, R>) -> Result<Duration, Error> {
    let start = Instant::now();
    channel.push(&[PING; SMALL])?;
    match channel.pop(|bytes| bytes == [PING; SMALL])? {
        true => Ok(start.elapsed()),
        false => Err(Error::Check("the peer: that is no answer".into())),
    }
}

/// Sends `bytes` and waits until the peer has taken all.
fn stream<R: Region>(channel: &mut Channel<'_, R>, bytes: u64) -> Result<Duration, Error> {
    let record = vec![DATA; channel.limit()];
    let start = Instant::now();
    let mut left = bytes;
    while left > 0 {
        let count = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(record.len());
        channel.push(&record[..count])?;
        left -= count as u64;
    }
    channel.push(&[END])?;
    match channel.pop(|bytes| bytes.try_into().map(u64::from_le_bytes))? {
        Ok(taken) if taken == bytes => Ok(start.elapsed()),
        Ok(taken) => Err(Error::Check(format!(
            "the peer took {taken} of {bytes} bytes"
        ))),
        Err(_) => Err(Error::Check("the peer: that is no number of bytes".into())),
    }
}

/// Serves one measurement of a peer; gives the bytes that were streamed.
///
/// # Errors
/// As [`Channel`].
pub fn serve<R: Region>(region: &R, settings: Settings) -> Result<u64, Error> {
    let (mut channel, _) = Channel::receive_side(region, bench(settings))?;
    let mut taken = 0;
    loop {
        let (kind, length) = channel.pop(|bytes| (bytes.first().copied(), bytes.len()))?;
        match kind {
            Some(PING) => channel.push(&[PING; SMALL])?,
            Some(DATA) => taken += length as u64,
            Some(END) => {
                channel.push(&taken.to_le_bytes())?;
                return Ok(taken);
            }
            _ => {
                return Err(Error::Check(
                    "the peer: that is no record of a bench".into(),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use guest_shm::Device;
    use guest_shm::fake::Fake;
    use std::thread;

    #[test]
    fn two_guests_get_a_latency_and_a_rate() {
        let device = Fake::default();
        let settings = Settings {
            purpose: Purpose::Bench,
            timeout: Duration::from_secs(20),
        };
        let plan = Plan {
            count: 10,
            bytes: 100_001,
        };
        let _holder = device.attach("bench", 16).unwrap();
        thread::scope(|scope| {
            let served = scope.spawn(|| {
                let region = device.attach("bench", 16)?;
                serve(&region, settings)
            });
            let region = device.attach("bench", 16).unwrap();
            let lines = measure(&region, settings, plan).unwrap();
            assert_eq!(served.join().unwrap().unwrap(), plan.bytes);
            assert_eq!(lines.len(), 2, "{lines:?}");
            assert!(lines[0].contains("(10 times)"), "{lines:?}");
        });
    }
}
