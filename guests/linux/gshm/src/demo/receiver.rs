// SPDX-License-Identifier: BSD-2-Clause

//! The receiver: verifies the file, answers, outlives the others, starts afresh.

use core::sync::atomic::AtomicU64;

use sha2::{Digest, Sha256};

use crate::demo::Settings;
use crate::demo::protocol::{self, Stage};
use crate::demo::rollcall::Role;
use crate::demo::story::{
    assemble, attach, enter, expect_departure, expect_signal, megabytes, tell,
};
use guest_shm::Error;
use guest_shm::Link;
use guest_shm::data::{WORD, count_nonzero, hex, load};
use guest_shm::region::{Device, Peers, Region};

const ROLE: Role = Role::Receiver;
/// Words that are copied out and hashed at a time.
const CHUNK: usize = (1 << 20) / WORD;
/// Chunks between two lines of progress.
const PROGRESS: usize = 8;

/// Plays the receiver of a file that has `digest`. At the end, the region is
/// attached afresh with `fresh_pages` pages.
///
/// # Errors
/// The first step that failed.
pub fn run<D: Device>(
    device: &D,
    settings: &Settings,
    digest: &[u8; 32],
    fresh_pages: u32,
) -> Result<(), Error> {
    let region = enter(device, ROLE, settings)?;
    let mut link = Link::new(&region, settings.timeout);
    let [sender, watcher] = assemble(&mut link, ROLE, [Role::Sender, Role::Watcher])?;

    expect_signal(&mut link, (Role::Sender, sender))?;
    tell(
        ROLE,
        &format!("status says: sender ({sender}) signalled, and nobody else"),
    );
    verify_and_answer(&mut link, digest, sender)?;
    stay_until_last(&mut link, sender, watcher)?;
    drop(region);
    tell(ROLE, "detached");
    start_afresh(device, settings, fresh_pages)
}

/// Hashes the file, answers either way, and fails if it is another one.
fn verify_and_answer<R: Region>(
    link: &mut Link<'_, R>,
    expected: &[u8; 32],
    sender: u32,
) -> Result<(), Error> {
    protocol::check_stage(link.region(), Stage::Copied)?;
    let (words, length) = protocol::alleged_file(link.region())?;
    tell(
        ROLE,
        &format!("verifying {length} bytes ({})", megabytes(length)),
    );
    let digest = hash(words, length);
    let matches = digest == *expected;
    let answer = protocol::verdict(&hex(&digest), length, matches);
    tell(ROLE, &answer);
    protocol::set_answer(link.region(), &answer)?;
    protocol::set_stage(link.region(), Stage::Answered)?;
    link.notify(Peers::one(sender))?;
    tell(ROLE, &format!("answered, signalled sender ({sender}) only"));
    if matches {
        return Ok(());
    }
    Err(Error::Check(format!(
        "digest {} was expected",
        hex(expected)
    )))
}

fn hash(words: &[AtomicU64], length: u64) -> [u8; 32] {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; CHUNK * WORD];
    let mut left = length;
    for (at, chunk) in words.chunks(CHUNK).enumerate() {
        // The window was cut for `length`, so only its last word is partly used.
        let count = usize::try_from(left)
            .unwrap_or(usize::MAX)
            .min(chunk.len() * WORD);
        load(chunk, &mut buffer[..count]);
        hash.update(&buffer[..count]);
        left -= count as u64;
        if (at + 1).is_multiple_of(PROGRESS) {
            tell(
                ROLE,
                &format!(
                    "verified {} of {}",
                    megabytes(length - left),
                    megabytes(length)
                ),
            );
        }
    }
    hash.finalize().into()
}

/// Sees the sender's and the watcher's bits drop, and nobody else left.
fn stay_until_last<R: Region>(
    link: &mut Link<'_, R>,
    sender: u32,
    watcher: u32,
) -> Result<(), Error> {
    expect_departure(link, (Role::Sender, sender))?;
    tell(
        ROLE,
        &format!(
            "interrupted: sender ({sender}) detached, attached are {}",
            link.active()
        ),
    );
    expect_departure(link, (Role::Watcher, watcher))?;
    let own = link.region().attachment().idx;
    if link.active() != Peers::one(own) {
        return Err(Error::Check(format!(
            "attached are {}, where only the receiver ({own}) should be",
            link.active()
        )));
    }
    if !link.pending().is_empty() {
        return Err(Error::Check(format!(
            "{} signalled, where nobody should have",
            link.pending()
        )));
    }
    tell(
        ROLE,
        &format!("interrupted: watcher ({watcher}) detached, receiver is the last"),
    );
    Ok(())
}

/// A name that nobody holds is created anew: with the size asked for, and clean.
fn start_afresh<D: Device>(device: &D, settings: &Settings, pages: u32) -> Result<(), Error> {
    let region = attach(device, ROLE, &settings.region, pages)?;
    let found = region.attachment().pages;
    if found != pages {
        return Err(Error::Check(format!(
            "\"{}\" was created afresh with {pages} pages but has {found}",
            settings.region
        )));
    }
    let dirty = count_nonzero(region.words());
    if dirty != 0 {
        return Err(Error::Check(format!(
            "{dirty} of {} words of the fresh region are not 0",
            region.words().len()
        )));
    }
    tell(
        ROLE,
        &format!(
            "fresh region: all {} read, all zero",
            megabytes(region.attachment().bytes())
        ),
    );
    drop(region);
    tell(ROLE, "detached");
    Ok(())
}
