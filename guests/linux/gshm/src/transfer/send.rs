// SPDX-License-Identifier: BSD-2-Clause

//! The sender of a file.

use std::io::Read;

use guest_shm::{Error, Region};
use sha2::{Digest, Sha256};

use crate::input::fill;

use super::channel::{Channel, Purpose, Settings};
use super::message::{Back, Forward, OVERHEAD};

/// What was sent, or received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Bytes.
    pub length: u64,
    /// Their SHA-256.
    pub digest: [u8; 32],
}

/// Sends all of `input` through `region`; `progress` is told how far it is. It is sent when
/// the receiver has confirmed the digest.
///
/// # Errors
/// [`Error::Os`] if the input fails; otherwise as [`Channel`].
pub fn send<R: Region>(
    region: &R,
    settings: Settings,
    input: &mut impl Read,
    length: Option<u64>,
    mut progress: impl FnMut(u64),
) -> Result<Sum, Error> {
    let settings = Settings {
        purpose: Purpose::Transfer,
        ..settings
    };
    let mut channel = Channel::send_side(region, settings, length)?;
    let sum = stream(&mut channel, input, &mut progress).inspect_err(|error| {
        if matches!(error, Error::Os { .. }) {
            // It waits for more: it need not wait for the timeout.
            let _ = channel.say(&Forward::Abort);
        }
    })?;
    channel.say(&Forward::End {
        length: sum.length,
        digest: sum.digest,
    })?;
    match channel.hear()? {
        Back::Done { digest } if digest == sum.digest => Ok(sum),
        Back::Done { .. } => Err(Error::Check(
            "the receiver confirms another SHA-256 than that of what was sent".into(),
        )),
        _ => Err(Error::Check(
            "the receiver refused the file: see what it says where it runs".into(),
        )),
    }
}

fn stream<R: Region>(
    channel: &mut Channel<'_, R>,
    input: &mut impl Read,
    progress: &mut impl FnMut(u64),
) -> Result<Sum, Error> {
    let mut chunk = vec![0; channel.limit() - OVERHEAD];
    let mut hasher = Sha256::new();
    let mut length = 0;
    loop {
        let count = fill(input, &mut chunk).map_err(|e| Error::os("reading the file", e))?;
        if count == 0 {
            let digest = hasher.finalize().into();
            return Ok(Sum { length, digest });
        }
        hasher.update(&chunk[..count]);
        channel.say(&Forward::Data(&chunk[..count]))?;
        // Lossless: a count of bytes in memory.
        length += count as u64;
        progress(length);
    }
}
