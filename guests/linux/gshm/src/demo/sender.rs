// SPDX-License-Identifier: BSD-2-Clause

//! The sender: puts a file into the region and says so to one peer only.

use core::sync::atomic::AtomicU64;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::demo::Settings;
use crate::demo::protocol::{self, Stage};
use crate::demo::rollcall::{self, Role};
use crate::demo::story::{assemble, enter, expect_signal, megabytes, tell};
use guest_shm::Error;
use guest_shm::Link;
use guest_shm::data::{WORD, hex, store};
use guest_shm::region::{Device, Peers, Region};

const ROLE: Role = Role::Sender;
/// Bytes that are read, hashed and copied at a time.
const CHUNK: usize = 1 << 20;
/// Bytes between two lines of progress.
const PROGRESS: u64 = 8 << 20;
/// Passes over a chunk that measure what a store costs.
const PASSES: usize = 4;
/// A store that traps takes microseconds, also under emulation: the best
/// average beyond both of these, in tenths of nanoseconds, means that they do.
const TRAP_TENTHS: u128 = 4000;
const TRAP_RATIO: u128 = 10;

/// Plays the sender with the file at `path`.
///
/// # Errors
/// The first step that failed.
pub fn run<D: Device>(device: &D, settings: &Settings, path: &Path) -> Result<(), Error> {
    let what = || format!("reading {}", path.display());
    let file = File::open(path).map_err(|e| Error::os(what(), e))?;
    let length = file.metadata().map_err(|e| Error::os(what(), e))?.len();
    tell(
        ROLE,
        &format!(
            "file {} of {length} bytes ({})",
            path.display(),
            megabytes(length)
        ),
    );

    let region = enter(device, ROLE, settings)?;
    let mut link = Link::new(&region, settings.timeout);
    let [receiver, watcher] = assemble(&mut link, ROLE, [Role::Receiver, Role::Watcher])?;

    let digest = copy_file(&region, file, length).map_err(|error| match error {
        Error::Os { source, .. } => Error::os(what(), source),
        other => other,
    })?;
    hand_over(&mut link, length, receiver)?;
    check_answer(&mut link, &digest, length, receiver)?;
    dismiss_watcher(&mut link, watcher)?;
    drop(region);
    tell(ROLE, "detached");
    Ok(())
}

/// Nanoseconds of one store to `words`, in tenths: the best of a few passes, so
/// that neither first touch nor somebody else's turn counts.
fn store_tenths(words: &[AtomicU64], bytes: &[u8]) -> u128 {
    let pass = || {
        let start = Instant::now();
        let stores = store(words, bytes) as u128;
        start.elapsed().as_nanos() * 10 / stores.max(1)
    };
    (0..PASSES).map(|_| pass()).min().unwrap_or_default()
}

/// Compares stores to the region with the same stores to private memory, and refuses
/// a difference that only traps explain.
fn check_for_traps(place: &[AtomicU64], bytes: &[u8]) -> Result<(), Error> {
    let scratch: Vec<AtomicU64> = (0..CHUNK / WORD).map(|_| AtomicU64::new(1)).collect();
    let (shared, private) = (store_tenths(place, bytes), store_tenths(&scratch, bytes));
    let numbers = format!(
        "a store to the region takes {}.{} ns, to private memory {}.{} ns",
        shared / 10,
        shared % 10,
        private / 10,
        private % 10
    );
    if shared > TRAP_TENTHS && shared > TRAP_RATIO * private.max(1) {
        return Err(Error::Check(format!("stores seem to trap: {numbers}")));
    }
    tell(ROLE, &format!("TRAPS none seen: {numbers}"));
    Ok(())
}

/// Fills `buffer` as far as the file goes.
fn read_chunk(file: &mut impl Read, buffer: &mut [u8]) -> Result<usize, Error> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Error::os("reading", error)),
        }
    }
    Ok(filled)
}

/// Copies the file into the region by the program's own stores; gives its digest.
fn copy_file<R: Region>(region: &R, mut file: impl Read, length: u64) -> Result<String, Error> {
    let mut rest = protocol::file_window(region, length)?;
    let mut buffer = vec![0; CHUNK];
    let (mut hash, mut done, mut time) = (Sha256::new(), 0u64, Duration::ZERO);
    loop {
        let count = read_chunk(&mut file, &mut buffer)?;
        let chunk = &buffer[..count];
        if done == 0 {
            check_for_traps(rest, chunk)?;
        }
        let start = Instant::now();
        let stores = store(rest, chunk);
        time += start.elapsed();
        if stores != count.div_ceil(WORD) {
            return Err(Error::Check("the file grew while it was copied".into()));
        }
        hash.update(chunk);
        rest = rest.get(stores..).unwrap_or_default();
        done += count as u64;
        if done.is_multiple_of(PROGRESS) {
            tell(
                ROLE,
                &format!("copied {} of {}", megabytes(done), megabytes(length)),
            );
        }
        if count < CHUNK {
            break;
        }
    }
    if done != length {
        return Err(Error::Check(format!(
            "the file has {done} bytes, not {length}"
        )));
    }
    tell(
        ROLE,
        &format!("copied {done} bytes in {} ms of stores", time.as_millis()),
    );
    Ok(hex(&hash.finalize()))
}

/// Says that the file is there, to the receiver only.
fn hand_over<R: Region>(link: &mut Link<'_, R>, length: u64, receiver: u32) -> Result<(), Error> {
    link.pump(Duration::ZERO)?;
    if !link.pending().is_empty() {
        return Err(Error::Check(format!(
            "{} signalled before the file was there",
            link.pending()
        )));
    }
    protocol::set_length(link.region(), length)?;
    protocol::set_stage(link.region(), Stage::Copied)?;
    link.notify(Peers::one(receiver))?;
    tell(ROLE, &format!("signalled receiver ({receiver}) only"));
    Ok(())
}

fn check_answer<R: Region>(
    link: &mut Link<'_, R>,
    digest: &str,
    length: u64,
    receiver: u32,
) -> Result<(), Error> {
    expect_signal(link, (Role::Receiver, receiver))?;
    tell(
        ROLE,
        &format!("status says: receiver ({receiver}) signalled, and nobody else"),
    );
    protocol::check_stage(link.region(), Stage::Answered)?;
    let answer = protocol::answer(link.region())?;
    tell(ROLE, &format!("answer: {answer}"));
    if answer != protocol::verdict(digest, length, true) {
        return Err(Error::Check(format!(
            "the answer is not for digest {digest}"
        )));
    }
    Ok(())
}

/// Signals the watcher only, and waits until it confirms without a signal.
fn dismiss_watcher<R: Region>(link: &mut Link<'_, R>, watcher: u32) -> Result<(), Error> {
    protocol::set_stage(link.region(), Stage::Final)?;
    link.notify(Peers::one(watcher))?;
    tell(ROLE, &format!("signalled watcher ({watcher}) only"));
    link.wait_for("the watcher's acknowledgement", |link| {
        if rollcall::acknowledged(link.region(), watcher)? {
            return Ok(Some(()));
        }
        if !link.active().contains(watcher) {
            return Err(Error::Check(
                "the watcher left without acknowledging".into(),
            ));
        }
        Ok(None)
    })?;
    link.pump(Duration::ZERO)?;
    if !link.pending().is_empty() {
        return Err(Error::Check(format!(
            "{} signalled, where nobody should have",
            link.pending()
        )));
    }
    tell(ROLE, "watcher acknowledged; nobody else ever signalled");
    Ok(())
}
