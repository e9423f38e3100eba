// SPDX-License-Identifier: BSD-2-Clause

//! Transfers on a fake device: each guest is a thread.

use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use guest_shm::fake::Fake;
use guest_shm::{Device, Error, Region};

use super::receive::receive;
use super::send::{Sum, send};
use super::{Purpose, Settings};

fn settings(seconds: u64) -> Settings {
    Settings {
        purpose: Purpose::Transfer,
        timeout: Duration::from_secs(seconds),
    }
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| ((n * 31) >> 3) as u8).collect()
}

fn receive_all(device: &Fake, pages: u32) -> (Result<Sum, Error>, Vec<u8>) {
    let region = device.attach("files", pages).unwrap();
    let mut out = Vec::new();
    let result = receive(&region, settings(20), &mut out, |_, _| {}).and_then(|received| {
        let sum = received.sum();
        received.answer(true)?;
        Ok(sum)
    });
    (result, out)
}

fn send_all(device: &Fake, pages: u32, file: &[u8]) -> Result<Sum, Error> {
    let region = device.attach("files", pages)?;
    let mut input = file;
    send(&region, settings(20), &mut input, None, |_| {})
}

fn transfer(pages: u32, file: &[u8], sender_first: bool) {
    let device = Fake::default();
    // The region outlives both, as it would with a third member.
    let _holder = device.attach("files", pages).unwrap();
    let pause = || thread::sleep(Duration::from_millis(40));
    thread::scope(|scope| {
        let send = || {
            if !sender_first {
                pause();
            }
            send_all(&device, pages, file)
        };
        let receive = || {
            if sender_first {
                pause();
            }
            receive_all(&device, pages)
        };
        let (sent, received) = (scope.spawn(send), scope.spawn(receive));
        let sent = sent.join().unwrap().expect("sent");
        let (result, out) = received.join().unwrap();
        assert_eq!(result.expect("received"), sent);
        assert!(out == file, "the bytes differ");
    });
}

#[test]
fn a_file_of_any_length_arrives_whoever_comes_first() {
    for (pages, length) in [(2, 0), (2, 1), (2, 40_000), (16, 300_001), (256, 1 << 20)] {
        for sender_first in [true, false] {
            transfer(pages, &bytes(length), sender_first);
        }
    }
}

#[test]
fn one_transfer_after_the_other_through_one_region() {
    let device = Fake::default();
    let _holder = device.attach("files", 4).unwrap();
    for round in 0..4 {
        let file = bytes(10_000 + round);
        thread::scope(|scope| {
            let received = scope.spawn(|| receive_all(&device, 4));
            send_all(&device, 4, &file).expect("sent");
            let (result, out) = received.join().unwrap();
            result.expect("received");
            assert!(out == file);
        });
    }
}

/// An input that breaks after some bytes.
struct Broken(usize);

impl std::io::Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.0 == 0 {
            return Err(std::io::Error::other("the disk is gone"));
        }
        let count = buffer.len().min(self.0);
        self.0 -= count;
        Ok(count)
    }
}

#[test]
fn a_sender_that_fails_tells_the_receiver() {
    let device = Fake::default();
    let _holder = device.attach("files", 4).unwrap();
    thread::scope(|scope| {
        let received = scope.spawn(|| receive_all(&device, 4));
        let region = device.attach("files", 4).unwrap();
        let sent = send(&region, settings(20), &mut Broken(50_000), None, |_| {});
        assert!(matches!(sent, Err(Error::Os { .. })));
        let (result, _) = received.join().unwrap();
        assert!(result.unwrap_err().to_string().contains("gave up"));
    });
}

#[test]
fn nobody_else_coming_ends_in_a_timeout() {
    let device = Fake::default();
    let region = device.attach("files", 4).unwrap();
    let mut input: &[u8] = b"x";
    let short = Settings {
        timeout: Duration::from_millis(50),
        ..settings(0)
    };
    let sent = send(&region, short, &mut input, None, |_| {});
    assert!(matches!(sent, Err(Error::Timeout { .. })));
    let received = receive(&region, short, &mut Vec::new(), |_, _| {});
    assert!(matches!(received, Err(Error::Timeout { .. })));
}

/// A sender that dies in the middle leaves its ring behind, full of data.
#[test]
fn what_a_dead_sender_left_is_not_received() {
    let device = Fake::default();
    let region = device.attach("files", 4).unwrap();
    let mut input: &[u8] = b"of the dead";
    let short = Settings {
        timeout: Duration::from_millis(50),
        ..settings(0)
    };
    assert!(send(&region, short, &mut input, None, |_| {}).is_err());
    thread::scope(|scope| {
        let received = scope.spawn(|| receive_all(&device, 4));
        thread::sleep(Duration::from_millis(40));
        send_all(&device, 4, b"of the living").expect("sent");
        let (result, out) = received.join().unwrap();
        result.expect("received");
        assert_eq!(out, b"of the living");
    });
}

#[test]
fn a_receiver_that_leaves_ends_the_sender() {
    let device = Fake::default();
    let _holder = device.attach("files", 4).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let region = device.attach("files", 4).unwrap();
            let error = receive(&region, settings(20), &mut Full, |_, _| {}).map(drop);
            assert!(matches!(error, Err(Error::Os { .. })));
        });
        let error = send_all(&device, 4, &bytes(1 << 20)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("left") || text.contains("refused"), "{text}");
    });
}

/// An output without room.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::Error::other("no room"))
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A member that scribbles over the rings makes both fail, not hang and not panic.
#[test]
fn a_region_that_somebody_scribbles_on_gives_errors() {
    let device = Fake::default();
    let holder = device.attach("files", 4).unwrap();
    thread::scope(|scope| {
        let received = scope.spawn(|| receive_all(&device, 4));
        let sent = scope.spawn(|| {
            let region = device.attach("files", 4)?;
            let mut endless = std::io::repeat(7);
            send(&region, settings(2), &mut endless, None, |_| {})
        });
        thread::sleep(Duration::from_millis(60));
        for word in holder.words() {
            word.store(u64::MAX, Ordering::Relaxed);
        }
        assert!(sent.join().unwrap().is_err());
        assert!(received.join().unwrap().0.is_err());
    });
}
