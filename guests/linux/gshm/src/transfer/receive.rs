// SPDX-License-Identifier: BSD-2-Clause

//! The receiver of a file.

use std::io::Write;

use guest_shm::{Error, Region};
use sha2::{Digest, Sha256};

use super::channel::{Channel, Purpose, Settings};
use super::message::{Back, Forward, decode};
use super::send::Sum;

/// A received file whose sender has not been answered yet.
pub struct Received<'r, R> {
    channel: Channel<'r, R>,
    sum: Sum,
}

impl<R: Region> Received<'_, R> {
    /// What was received: digest and length are those that the sender named.
    pub fn sum(&self) -> Sum {
        self.sum
    }

    /// Tells the sender that the file is in its place, or that it is not.
    ///
    /// # Errors
    /// As [`Channel::push`].
    pub fn answer(mut self, in_place: bool) -> Result<(), Error> {
        let digest = self.sum.digest;
        self.channel.say(&match in_place {
            true => Back::Done { digest },
            false => Back::Refused,
        })
    }
}

/// Receives a file through `region` into `output`; `progress` is told how far it is, and
/// how long the file is if the sender knows.
///
/// # Errors
/// [`Error::Check`] if length or digest differ; [`Error::Os`] if the output fails;
/// otherwise as [`Channel`]. The sender has been told then.
pub fn receive<'r, R: Region>(
    region: &'r R,
    settings: Settings,
    output: &mut impl Write,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<Received<'r, R>, Error> {
    let settings = Settings {
        purpose: Purpose::Transfer,
        ..settings
    };
    let (mut channel, length) = Channel::receive_side(region, settings)?;
    match take(&mut channel, output, &mut |at| progress(at, length)) {
        Ok(sum) => Ok(Received { channel, sum }),
        Err(error) => {
            // If it is still there. What matters is said below.
            let _ = channel.say(&Back::Refused);
            Err(error)
        }
    }
}

/// What one record asks for.
enum Step {
    Data(u64),
    End(Sum),
}

fn take<R: Region>(
    channel: &mut Channel<'_, R>,
    output: &mut impl Write,
    progress: &mut impl FnMut(u64),
) -> Result<Sum, Error> {
    let mut hasher = Sha256::new();
    let mut length = 0;
    loop {
        match channel.pop(|bytes| step(bytes, &mut hasher, output))?? {
            Step::Data(count) => {
                length += count;
                progress(length);
            }
            Step::End(alleged) => {
                let digest = hasher.finalize().into();
                output.flush().map_err(writing)?;
                return compare(Sum { length, digest }, alleged);
            }
        }
    }
}

fn writing(error: std::io::Error) -> Error {
    Error::os("writing the file", error)
}

fn step(bytes: &[u8], hasher: &mut Sha256, output: &mut impl Write) -> Result<Step, Error> {
    match decode(bytes) {
        Some(Forward::Data(data)) => {
            hasher.update(data);
            output.write_all(data).map_err(writing)?;
            // Lossless: a count of bytes in memory.
            Ok(Step::Data(data.len() as u64))
        }
        Some(Forward::End { length, digest }) => Ok(Step::End(Sum { length, digest })),
        Some(Forward::Abort) => Err(Error::Check("the sender gave up".into())),
        Some(Forward::Begin { .. }) | None => {
            Err(Error::Check("the peer: that is no message for now".into()))
        }
    }
}

fn compare(sum: Sum, alleged: Sum) -> Result<Sum, Error> {
    if sum == alleged {
        return Ok(sum);
    }
    Err(Error::Check(format!(
        "{} bytes came, the sender says {}; the SHA-256 {}",
        sum.length,
        alleged.length,
        if sum.digest == alleged.digest {
            "is the same"
        } else {
            "differs"
        }
    )))
}
