// SPDX-License-Identifier: BSD-2-Clause

//! The C header and this crate, two processes over one file.
//!
//! Needs a C compiler, `cc`; without one the test says so and fails, as a header
//! that nobody compiled is not tested.

#![cfg(all(unix, not(loom)))]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;

use shmem_rings::{
    Consumer, Error, Kind, Producer, Shape, Shared, SnapshotWriter, Wake, Word, create,
};

const BYTES: usize = 65536;
const WORDS: usize = BYTES / 8;

/// One third of the file, and this process's copy of it. The two sides take turns,
/// so copying before and after each turn is as good as mapping it, without unsafe.
struct Part<'a> {
    file: &'a File,
    offset: u64,
    words: Vec<Word>,
}

impl<'a> Part<'a> {
    fn new(file: &'a File, third: usize) -> Self {
        Self {
            file,
            offset: (third * BYTES) as u64,
            words: (0..WORDS).map(|_| Word::new(0)).collect(),
        }
    }

    /// Runs `turn` on the present content and writes back what it left.
    fn turn<T>(&self, turn: impl FnOnce(Shared<'_>) -> T) -> T {
        let mut bytes = vec![0; BYTES];
        self.file.read_exact_at(&mut bytes, self.offset).unwrap();
        for (word, chunk) in self.words.iter().zip(bytes.chunks_exact(8)) {
            let value = u64::from_ne_bytes(chunk.try_into().unwrap());
            word.store(value, Ordering::Relaxed);
        }
        let result = turn(Shared::new(&self.words));
        for (word, chunk) in self.words.iter().zip(bytes.chunks_exact_mut(8)) {
            chunk.copy_from_slice(&word.load(Ordering::Relaxed).to_ne_bytes());
        }
        self.file.write_all_at(&bytes, self.offset).unwrap();
        result
    }
}

struct Peer {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    fn start(directory: &Path) -> Self {
        let here = env!("CARGO_MANIFEST_DIR");
        let program = directory.join("peer");
        let compiled = Command::new("cc")
            .args(["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-O2", "-o"])
            .arg(&program)
            .arg(format!("-I{here}/include"))
            .arg(format!("{here}/tests/peer/peer.c"))
            .status()
            .expect("no `cc`: install gcc");
        assert!(compiled.success(), "the C header does not compile");
        let mut child = Command::new(program)
            .arg(directory.join("region"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let orders = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self {
            child,
            orders,
            answers,
        }
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        line.trim_end_matches('\n').to_owned()
    }

    fn order(&mut self, order: &str) -> String {
        writeln!(self.orders, "{order}").unwrap();
        self.answer()
    }
}

#[test]
fn the_c_header_and_the_crate_understand_each_other() {
    let directory = std::env::temp_dir().join(format!("shmem-rings-{}", std::process::id()));
    fs::create_dir_all(&directory).unwrap();
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(directory.join("region"))
        .unwrap();
    file.set_len(3 * BYTES as u64).unwrap();
    let (down, up, shown) = (
        Part::new(&file, 0),
        Part::new(&file, 1),
        Part::new(&file, 2),
    );
    let ring = Shape::new(Kind::Ring, 4, 24, 7, 9).unwrap();
    let snapshot = Shape::new(Kind::Snapshot, 4, 24, 7, 9).unwrap();
    for (part, shape) in [(&down, &ring), (&up, &ring), (&shown, &snapshot)] {
        part.turn(|memory| create(memory, shape)).unwrap();
    }
    let mut peer = Peer::start(&directory);
    assert_eq!(peer.answer(), "0 0 0", "the C side accepts our headers");
    rust_to_c(&mut peer, &down, &ring);
    c_to_rust(&mut peer, &up, &ring);
    snapshots(&mut peer, &shown, &snapshot);
    lies(&mut peer, &down, &up);
    drop(peer.orders);
    assert!(peer.child.wait().unwrap().success());
    fs::remove_dir_all(directory).unwrap();
}

fn rust_to_c(peer: &mut Peer, down: &Part<'_>, ring: &Shape) {
    assert_eq!(peer.order("pop"), "-1 0 ");
    assert_eq!(peer.order("askrecords"), "1", "empty: sleep");
    for round in 0..3 {
        let wakes = down.turn(|memory| {
            let mut producer = Producer::attach(memory, ring).unwrap();
            let wakes = ["one", "a record of 24 bytes, ok"]
                .map(|text| producer.push(text.as_bytes()).unwrap());
            let (length, limit) = (25, 24);
            let refused = producer.push(&[0; 25]);
            assert_eq!(refused, Err(Error::TooLong { length, limit }));
            wakes
        });
        // It asked once, before the first round; a producer that attached anew cannot
        // know that it was answered.
        assert_eq!(wakes, [Wake::Signal, Wake::Quiet], "round {round}");
        assert_eq!(peer.order("pop"), "3 0 one");
        assert_eq!(peer.order("pop"), "24 0 a record of 24 bytes, ok");
    }
    down.turn(|memory| {
        let mut producer = Producer::attach(memory, ring).unwrap();
        for _ in 0..4 {
            let _ = producer.push(b"full").unwrap();
        }
        assert_eq!(producer.push(b"full"), Err(Error::Full));
        assert!(producer.ask().unwrap().sleep);
    });
    assert_eq!(peer.order("pop"), "4 1 full", "we asked for room");
    assert_eq!(peer.order("pop"), "4 0 full", "once");
}

fn c_to_rust(peer: &mut Peer, up: &Part<'_>, ring: &Shape) {
    up.turn(|memory| {
        let asked = Consumer::attach(memory, ring).unwrap().ask().unwrap();
        assert!(asked.sleep);
    });
    assert_eq!(peer.order("push moo"), "1", "we asked");
    assert_eq!(peer.order("push ninebytes"), "0", "once");
    assert_eq!(
        peer.order("push twenty-five bytes, too lo"),
        "-3",
        "too long"
    );
    for _ in 0..2 {
        assert_eq!(peer.order("push x"), "0");
    }
    assert_eq!(peer.order("push x"), "-2", "full");
    assert_eq!(peer.order("askroom"), "1");
    up.turn(|memory| {
        let mut consumer = Consumer::attach(memory, ring).unwrap();
        let mut out = [0; 24];
        for (text, wake) in [("moo", Wake::Signal), ("ninebytes", Wake::Quiet)] {
            let popped = consumer.pop(&mut out).unwrap().unwrap();
            assert_eq!(&out[..popped.length], text.as_bytes());
            assert_eq!(popped.wake, wake);
        }
    });
}

fn snapshots(peer: &mut Peer, shown: &Part<'_>, shape: &Shape) {
    assert_eq!(peer.order("get"), "-1 0 ");
    for version in 0..6 {
        let text = format!("state {version}");
        let set = shown.turn(|memory| {
            let mut writer = SnapshotWriter::attach(memory, shape).unwrap();
            writer.set(text.as_bytes())
        });
        assert_eq!(set, Ok(version));
        assert_eq!(peer.order("get"), format!("7 {version} {text}"));
    }
}

/// The C side too cuts a channel whose indices lie, and for good.
fn lies(peer: &mut Peer, down: &Part<'_>, up: &Part<'_>) {
    let set = |part: &Part<'_>, at: usize, value| {
        part.turn(|_| part.words[at].swap(value, Ordering::Relaxed))
    };
    let head = set(down, 8, 1 << 40);
    assert_eq!(peer.order("pop"), "-5 0 ");
    set(down, 8, head);
    assert_eq!(peer.order("pop"), "-5 0 ", "stays broken");
    set(up, 16, u64::MAX);
    assert_eq!(peer.order("push x"), "-5");
    assert_eq!(peer.order("askroom"), "-5");
}
