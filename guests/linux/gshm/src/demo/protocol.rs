// SPDX-License-Identifier: BSD-2-Clause

//! Where the demo keeps what in the region.
//!
//! | offset | what |
//! |---|---|
//! | 0 | roll call: one page for each of 16 connections |
//! | 0x10000 | stage page: u32 stage, u32 0, u64 length, u8 answer\[256\] |
//! | 0x20_0000 | the file |

use core::sync::atomic::{AtomicU64, Ordering};

use guest_shm::Error;
use guest_shm::data::{load, store, window};
use guest_shm::region::Region;

const STAGE: u64 = 0x1_0000;
const FILE: u64 = 0x20_0000;
const ANSWER_LEN: usize = 256;
const STAGE_WORDS: usize = 2 + ANSWER_LEN / 8;

/// How far the demo is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Stage {
    /// The file is in the region (sender).
    Copied = 1,
    /// The answer is in the region (receiver).
    Answered = 2,
    /// The sender is about to signal the watcher.
    Final = 3,
}

fn stage_page<R: Region>(region: &R) -> Result<&[AtomicU64; STAGE_WORDS], Error> {
    window(region.words(), STAGE, (STAGE_WORDS * 8) as u64)
        .and_then(|words| words.try_into().ok())
        .ok_or_else(|| {
            Error::Check(format!(
                "the region's {} pages have no room for the stage page; attach a larger one",
                region.attachment().pages
            ))
        })
}

/// Publishes a stage after all that was stored before it.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn set_stage<R: Region>(region: &R, stage: Stage) -> Result<(), Error> {
    // Pairs with the acquire in `check_stage`.
    stage_page(region)?[0].store(stage as u64, Ordering::Release);
    Ok(())
}

/// Checks that the demo is at `stage`.
///
/// # Errors
/// [`Error::Check`] if it is not.
pub fn check_stage<R: Region>(region: &R, stage: Stage) -> Result<(), Error> {
    let found = stage_page(region)?[0].load(Ordering::Acquire) & u64::from(u32::MAX);
    if found == stage as u64 {
        return Ok(());
    }
    Err(Error::Check(format!(
        "signalled at stage {found}, where {} ({stage:?}) was due",
        stage as u64
    )))
}

/// Says how long the file is, in bytes.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn set_length<R: Region>(region: &R, length: u64) -> Result<(), Error> {
    stage_page(region)?[1].store(length, Ordering::Relaxed);
    Ok(())
}

/// Writes the answer, cut at 255 bytes.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn set_answer<R: Region>(region: &R, text: &str) -> Result<(), Error> {
    let mut field = [0; ANSWER_LEN];
    for (to, from) in field[..ANSWER_LEN - 1].iter_mut().zip(text.bytes()) {
        *to = from;
    }
    store(&stage_page(region)?[2..], &field);
    Ok(())
}

/// Reads the answer, up to its NUL.
///
/// # Errors
/// [`Error::Check`] if the region is too small.
pub fn answer<R: Region>(region: &R) -> Result<String, Error> {
    let mut field = [0; ANSWER_LEN];
    load(&stage_page(region)?[2..], &mut field);
    let text = field.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// The place of a file of `length` bytes.
///
/// # Errors
/// [`Error::Check`] if the region is too small for it.
pub fn file_window<R: Region>(region: &R, length: u64) -> Result<&[AtomicU64], Error> {
    window(region.words(), FILE, length).ok_or_else(|| {
        Error::Check(format!(
            "a file of {length} bytes at offset {FILE:#x} does not fit the region's {} bytes",
            region.attachment().bytes()
        ))
    })
}

/// The place and length of the file that the peer says is there.
///
/// # Errors
/// [`Error::Check`] if there cannot be such a file.
pub fn alleged_file<R: Region>(region: &R) -> Result<(&[AtomicU64], u64), Error> {
    let length = stage_page(region)?[1].load(Ordering::Relaxed);
    if length == 0 {
        return Err(Error::Check(
            "the sender says that its file is empty".into(),
        ));
    }
    Ok((file_window(region, length)?, length))
}

/// The answer to a file with this digest.
pub fn verdict(digest: &str, length: u64, matches: bool) -> String {
    let word = if matches { "match" } else { "MISMATCH" };
    format!("sha256 {digest} of {length} bytes: {word}")
}
