// SPDX-License-Identifier: BSD-2-Clause

//! The demo on a fake device: each guest is a thread.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::demo::rollcall::{self, Role};
use crate::demo::{Settings, protocol, receiver, sender};
use guest_shm::Error;
use guest_shm::Link;
use guest_shm::data::window;
use guest_shm::fake::Fake;
use guest_shm::region::{Device, PAGE_SIZE, Peers, Region, Targets};

const MB: u32 = 256;

fn settings(pages: u32, milliseconds: u64) -> Settings {
    Settings {
        region: "moo".into(),
        pages,
        timeout: Duration::from_millis(milliseconds),
    }
}

/// A file of an odd length over several chunks, and its digest.
struct Sample {
    path: PathBuf,
    digest: [u8; 32],
}

impl Sample {
    fn new(name: &str) -> Sample {
        let bytes: Vec<u8> = (0u32..(2 << 20) + 13)
            .map(|n| ((n * 31) >> 3) as u8)
            .collect();
        let path = std::env::temp_dir().join(format!("gshm-{}-{name}", std::process::id()));
        let mut file = std::fs::File::create(&path).expect("the temporary directory is writable");
        file.write_all(&bytes)
            .expect("the temporary directory has room");
        Sample {
            path,
            digest: Sha256::digest(&bytes).into(),
        }
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// What a watcher does beside its part.
#[derive(Clone, Copy, PartialEq)]
enum Mischief {
    None,
    /// Signals the receiver at once.
    SignalReceiver,
    /// Leaves instead of acknowledging.
    Desert,
}

/// The bare-metal guest's part.
fn watch(device: &Fake, mischief: Mischief) -> Result<(), Error> {
    let region = device.attach("moo", 1)?;
    let mut link = Link::new(&region, Duration::from_secs(8));
    rollcall::answer(&region, Role::Watcher)?;
    let peers = link.wait_for("the others", |link| {
        let sender = rollcall::find(link.region(), link.active(), Role::Sender)?;
        let receiver = rollcall::find(link.region(), link.active(), Role::Receiver)?;
        if link.active() == Peers::one(region.attachment().idx) {
            return Err(Error::Check("the others left".into()));
        }
        Ok(sender.zip(receiver))
    })?;
    if mischief == Mischief::SignalReceiver {
        link.notify(Peers::one(peers.1))?;
    }
    let from = link.wait_for("a signal", |link| {
        let pending = link.take_pending();
        if pending.is_empty() && !link.active().contains(peers.0) {
            return Err(Error::Check("the sender left".into()));
        }
        Ok((!pending.is_empty()).then_some(pending))
    })?;
    assert_eq!(from, Peers::one(peers.0));
    protocol::check_stage(&region, protocol::Stage::Final)?;
    if mischief == Mischief::Desert {
        return Ok(());
    }
    let record = window(
        region.words(),
        u64::from(region.attachment().idx) * PAGE_SIZE,
        32,
    );
    record.expect("large enough")[3].store(1, Ordering::Release);
    link.wait_for("the sender to leave", |link| {
        Ok((!link.active().contains(peers.0)).then_some(()))
    })
}

/// Both roles and a watcher, started in the order in which regions are to be attached.
fn play(
    device: &Fake,
    sender_first: bool,
    sizes: (u32, u32),
    digest: &[u8; 32],
    file: &Path,
    mischief: Mischief,
) -> (Result<(), Error>, Result<(), Error>) {
    thread::scope(|scope| {
        let send = || sender::run(device, &settings(sizes.0, 8_000), file);
        let receive = || receiver::run(device, &settings(sizes.1, 8_000), digest, MB);
        let pause = || thread::sleep(Duration::from_millis(60));
        let (sent, received);
        if sender_first {
            sent = scope.spawn(send);
            pause();
            received = scope.spawn(receive);
        } else {
            received = scope.spawn(receive);
            pause();
            sent = scope.spawn(send);
        }
        pause();
        let watched = scope.spawn(move || watch(device, mischief));
        let results = (sent.join(), received.join());
        drop(watched.join());
        (results.0.expect("no panic"), results.1.expect("no panic"))
    })
}

fn reason(result: Result<(), Error>) -> String {
    result.expect_err("a check was to fail").to_string()
}

#[test]
fn the_demo_passes_whoever_comes_first() {
    let sample = Sample::new("order");
    for sender_first in [true, false] {
        let device = Fake::default();
        let (sent, received) = play(
            &device,
            sender_first,
            (8 * MB, 5 * MB),
            &sample.digest,
            &sample.path,
            Mischief::None,
        );
        sent.expect("the sender passes");
        received.expect("the receiver passes");
    }
}

#[test]
fn another_file_than_expected_fails_both_roles() {
    let sample = Sample::new("digest");
    let (sent, received) = play(
        &Fake::default(),
        true,
        (8 * MB, MB),
        &[7; 32],
        &sample.path,
        Mischief::None,
    );
    assert!(reason(received).contains("was expected"));
    assert!(reason(sent).contains("not for digest"));
}

#[test]
fn a_signal_from_the_wrong_peer_fails_the_receiver() {
    let sample = Sample::new("signal");
    let (sent, received) = play(
        &Fake::default(),
        true,
        (8 * MB, MB),
        &sample.digest,
        &sample.path,
        Mischief::SignalReceiver,
    );
    assert!(reason(received).contains("where only sender"));
    // Depending on when it looks, it misses the receiver's roll call or its answer.
    assert!(sent.is_err());
}

#[test]
fn a_watcher_that_deserts_fails_the_sender() {
    let sample = Sample::new("desert");
    let (sent, _) = play(
        &Fake::default(),
        true,
        (8 * MB, MB),
        &sample.digest,
        &sample.path,
        Mischief::Desert,
    );
    assert!(reason(sent).contains("left without acknowledging"));
}

#[test]
fn a_fresh_region_that_is_not_clean_fails_the_receiver() {
    let sample = Sample::new("dirty");
    let (sent, received) = play(
        &Fake::dirty(1),
        true,
        (8 * MB, MB),
        &sample.digest,
        &sample.path,
        Mischief::None,
    );
    sent.expect("the sender passes");
    assert!(reason(received).contains("are not 0"));
}

#[test]
fn a_file_that_does_not_fit_is_refused_before_anything_is_copied() {
    let sample = Sample::new("fit");
    let (sent, received) = play(
        &Fake::default(),
        true,
        (3 * MB, MB),
        &sample.digest,
        &sample.path,
        Mischief::None,
    );
    assert!(reason(sent).contains("does not fit"));
    assert!(received.is_err());
}

#[test]
fn nobody_else_coming_ends_in_a_reason() {
    let sample = Sample::new("alone");
    let alone = sender::run(&Fake::default(), &settings(MB, 50), &sample.path);
    assert!(matches!(&alone, Err(Error::Timeout { what, .. }) if what.contains("roll call")));
    assert!(reason(alone).starts_with("waited"));
}

#[test]
fn a_region_without_room_for_the_roll_call_is_an_error() {
    let device = Fake::default();
    let regions: Vec<_> = (0..3)
        .map(|_| device.attach("moo", 2).expect("there is room"))
        .collect();
    assert!(rollcall::answer(&regions[1], Role::Sender).is_ok());
    assert!(matches!(
        rollcall::answer(&regions[2], Role::Watcher),
        Err(Error::Check(_))
    ));
}

#[test]
fn a_length_that_the_peer_invents_is_refused() {
    let region = Fake::default()
        .attach("moo", 4 * MB)
        .expect("there is room");
    for length in [0, 2 * 1024 * 1024 + 1, u64::MAX] {
        protocol::set_length(&region, length).expect("there is room");
        assert!(protocol::alleged_file(&region).is_err(), "{length}");
    }
    protocol::set_length(&region, 2 * 1024 * 1024).expect("there is room");
    assert!(protocol::alleged_file(&region).is_ok());
}

#[test]
fn two_of_one_role_are_an_error() {
    let device = Fake::default();
    let first = device.attach("moo", MB).expect("there is room");
    let second = device.attach("moo", MB).expect("there is room");
    rollcall::answer(&first, Role::Watcher).expect("there is room");
    rollcall::answer(&second, Role::Watcher).expect("there is room");
    assert!(rollcall::find(&first, Peers(3), Role::Watcher).is_err());
    assert!(matches!(
        rollcall::find(&first, Peers(1), Role::Watcher),
        Ok(Some(0))
    ));
}

#[test]
fn a_long_answer_is_cut_and_ends() {
    let region = Fake::default().attach("moo", MB).expect("there is room");
    protocol::set_answer(&region, &"x".repeat(300)).expect("there is room");
    assert_eq!(protocol::answer(&region).expect("readable").len(), 255);
}

#[test]
fn a_signal_during_another_wait_is_not_lost() {
    let device = Fake::default();
    let one = device.attach("moo", MB).expect("there is room");
    let two = device.attach("moo", MB).expect("there is room");
    let mut link = Link::new(&one, Duration::from_secs(5));
    two.notify(Targets::ALL).expect("attached");
    link.wait_for("the peer", |link| {
        Ok(link.active().contains(1).then_some(()))
    })
    .expect("it is there");
    assert_eq!(link.take_pending(), Peers::one(1));
}
