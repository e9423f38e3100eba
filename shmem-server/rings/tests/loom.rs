// SPDX-License-Identifier: BSD-2-Clause

//! Every structure under every interleaving of its sides with at most 3 preemptions,
//! weak memory included.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test -p shmem-rings --test loom --release`
//!
//! A signal is what the kernel makes of it: a sticky bit. "Asleep" is a side that
//! stopped because `ask` said so; at the end, whoever is asleep with something to do
//! must have its bit set, or it would sleep for ever.

#![cfg(loom)]

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;
use shmem_rings::{
    Breach, BroadcastReader, BroadcastWriter, Consumer, Error, HEADER_WORDS, Kind, Next, Producer,
    ReadOnly, Shape, Shared, SnapshotReader, SnapshotWriter, Start, Wake, Word, create,
};

struct Region {
    words: Vec<Word>,
    slots: Slots,
    consumer: AtomicBool,
    producer: AtomicBool,
}

impl Region {
    fn new(shape: &Shape) -> Arc<Self> {
        let region = Self {
            words: (0..shape.words()).map(|_| Word::new(0)).collect(),
            slots: Slots::default(),
            consumer: AtomicBool::new(false),
            producer: AtomicBool::new(false),
        };
        create(region.shared(), shape).unwrap();
        Arc::new(region)
    }

    fn shared(&self) -> Shared<'_> {
        Shared::new(&self.words)
    }

    fn read_only(&self) -> ReadOnly<'_> {
        ReadOnly::new(&self.words)
    }
}

fn signal(bell: &AtomicBool, wake: Wake) {
    if wake == Wake::Signal {
        // A read-modify-write, as the server ORs the bit into the board.
        bell.fetch_or(true, Ordering::AcqRel);
    }
}

fn shape(kind: Kind, slots: u32, generation: u64) -> Shape {
    Shape::new(kind, slots, 16, 7, generation).unwrap()
}

/// Every interleaving with at most 3 preemptions; complete ones take many minutes.
/// Every fence, ordering and check whose loss matters fails with 3 when taken out. Taken
/// out unnoticed, as the head orders the same accesses once more: the first fence of
/// `sequenced::read` with its Release store, and the fence of `create`.
fn model(check: impl Fn() + Sync + Send + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(check);
}

/// Whose slot it is. Loom finds no load that is delayed beyond a later store, so it
/// would not see a slot reused before it was read; two accesses of a cell that
/// nothing orders it does see.
#[derive(Default)]
struct Slots([UnsafeCell<()>; 2]);

// SAFETY: only loom's bookkeeping is touched, never the cells' content.
unsafe impl Sync for Slots {}

impl Slots {
    fn write(&self, number: u8) {
        self.0[usize::from(number % 2)].with_mut(|_| ());
    }

    fn read(&self, number: u8) {
        self.0[usize::from(number % 2)].with(|_| ());
    }
}

/// Two words that must stay together.
fn record(number: u8) -> [u8; 16] {
    [number + 1; 16]
}

/// Takes a record if there is one.
fn take(consumer: &mut Consumer<'_>, slots: &Slots, taken: u8) -> u8 {
    let mut out = [0; 16];
    if consumer.read(&mut out).unwrap().is_none() {
        return taken;
    }
    assert_eq!(out, record(taken));
    slots.read(taken);
    let _ = consumer.release();
    taken + 1
}

#[test]
fn ring_delivers_whole_records_in_order_and_reuses_only_read_slots() {
    model(|| {
        let shape = shape(Kind::Ring, 2, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let peer = thread::spawn(move || {
            let mut producer = Producer::attach(other.shared(), &shape).unwrap();
            let mut sent = 0;
            for _ in 0..3 {
                if producer.room().unwrap() > 0 {
                    other.slots.write(sent);
                    let _ = producer.push(&record(sent)).unwrap();
                    sent += 1;
                }
            }
            sent
        });
        let mut consumer = Consumer::attach(region.shared(), &shape).unwrap();
        let mut taken = 0;
        for _ in 0..2 {
            taken = take(&mut consumer, &region.slots, taken);
        }
        let sent = peer.join().unwrap();
        for _ in 0..2 {
            taken = take(&mut consumer, &region.slots, taken);
        }
        assert_eq!(taken, sent);
    });
}

/// Runs a consumer until it sleeps or has `all`.
fn consume(region: &Region, shape: &Shape, all: u8) -> (u8, bool) {
    let mut consumer = Consumer::attach(region.shared(), shape).unwrap();
    let mut out = [0; 16];
    let mut taken = 0;
    while taken < all {
        if let Some(popped) = consumer.pop(&mut out).unwrap() {
            taken += 1;
            signal(&region.producer, popped.wake);
            continue;
        }
        let asked = consumer.ask().unwrap();
        signal(&region.producer, asked.wake);
        if asked.sleep {
            return (taken, true);
        }
    }
    (taken, false)
}

/// Runs a producer until it sleeps or has sent `all`.
fn produce(region: &Region, shape: &Shape, all: u8) -> (u8, bool) {
    let mut producer = Producer::attach(region.shared(), shape).unwrap();
    let mut sent = 0;
    while sent < all {
        match producer.push(&record(sent)) {
            Ok(wake) => {
                sent += 1;
                signal(&region.consumer, wake);
            }
            Err(error) => {
                assert_eq!(error, Error::Full);
                let asked = producer.ask().unwrap();
                signal(&region.consumer, asked.wake);
                if asked.sleep {
                    return (sent, true);
                }
            }
        }
    }
    (sent, false)
}

fn wakes(slots: u32, all: u8) {
    model(move || {
        let shape = shape(Kind::Ring, slots, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let peer = thread::spawn(move || produce(&other, &shape, all));
        let (taken, consumer_asleep) = consume(&region, &shape, all);
        let (sent, producer_asleep) = peer.join().unwrap();
        if consumer_asleep && taken < sent {
            assert!(
                region.consumer.load(Ordering::Acquire),
                "consumer sleeps on"
            );
        }
        if producer_asleep && u32::from(sent - taken) < slots {
            assert!(
                region.producer.load(Ordering::Acquire),
                "producer sleeps on"
            );
        }
        assert!(taken <= sent);
    });
}

#[test]
fn no_wake_up_of_the_consumer_is_lost() {
    wakes(2, 2);
}

#[test]
fn no_wake_up_of_either_side_of_a_full_ring_is_lost() {
    wakes(1, 2);
}

#[test]
fn a_request_gets_one_signal_and_no_request_none() {
    model(|| {
        let shape = shape(Kind::Ring, 2, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let mut producer = Producer::attach(region.shared(), &shape).unwrap();
        assert_eq!(producer.push(&record(0)), Ok(Wake::Quiet));
        let peer = thread::spawn(move || {
            let mut consumer = Consumer::attach(other.shared(), &shape).unwrap();
            let _ = consumer.pop(&mut [0; 16]).unwrap().unwrap();
            u8::from(consumer.ask().unwrap().sleep)
        });
        let mut signals = 0;
        let mut sent = 1;
        for _ in 0..2 {
            if let Ok(wake) = producer.push(&record(sent)) {
                sent += 1;
                signals += u8::from(wake == Wake::Signal);
            }
        }
        let slept = peer.join().unwrap();
        assert!(signals <= 1, "one request, {signals} signals");
        assert!(sent == 1 || signals >= slept);
    });
}

#[test]
fn a_restarted_consumer_is_woken() {
    model(|| {
        let shape = shape(Kind::Ring, 2, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let peer = thread::spawn(move || produce(&other, &shape, 2));
        let (first, _) = consume(&region, &shape, 1);
        // The first died; its request may have been answered, and the answer with it.
        region.consumer.swap(false, Ordering::AcqRel);
        let (second, asleep) = consume(&region, &shape, 2 - first);
        let (sent, _) = peer.join().unwrap();
        if asleep && first + second < sent {
            assert!(
                region.consumer.load(Ordering::Acquire),
                "consumer sleeps on"
            );
        }
    });
}

fn follow(region: &Region, shape: &Shape, calls: u32) -> u64 {
    let mut reader = BroadcastReader::attach(region.read_only(), shape, Start::Oldest).unwrap();
    let mut out = [0; 16];
    let mut next = None;
    let mut seen = 0;
    for _ in 0..calls {
        match reader.next(&mut out).unwrap() {
            Next::Empty => {}
            Next::Lost(count) => {
                seen += count;
                next = next.map(|next| next + count);
            }
            Next::Record { number, length } => {
                assert_eq!(length, 16);
                assert_eq!(out, record(number as u8), "torn or wrong");
                assert_eq!(next.unwrap_or(number), number, "a hole untold");
                next = Some(number + 1);
                seen += 1;
            }
        }
    }
    seen
}

fn broadcasts(slots: u32, records: u8, calls: u32) {
    model(move || {
        let shape = shape(Kind::Broadcast, slots, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let peer = thread::spawn(move || {
            let mut writer = BroadcastWriter::attach(other.shared(), &shape).unwrap();
            for number in 0..records {
                assert_eq!(writer.publish(&record(number)), Ok(u64::from(number)));
            }
        });
        let seen = follow(&region, &shape, calls);
        assert!(seen <= u64::from(records));
        peer.join().unwrap();
    });
}

#[test]
fn broadcast_of_one_slot_never_delivers_a_torn_record() {
    broadcasts(1, 2, 2);
}

#[test]
fn broadcast_of_two_slots_never_delivers_a_torn_record() {
    broadcasts(2, 3, 2);
}

#[test]
fn a_broadcast_created_anew_is_never_mixed_with_the_old() {
    model(|| {
        let shape = shape(Kind::Broadcast, 1, 1);
        let region = Region::new(&shape);
        let mut writer = BroadcastWriter::attach(region.shared(), &shape).unwrap();
        let _ = writer.publish(&record(0)).unwrap();
        let view = region.read_only();
        let mut reader = BroadcastReader::attach(view, &shape, Start::Oldest).unwrap();
        let other = region.clone();
        let peer = thread::spawn(move || {
            let anew = self::shape(Kind::Broadcast, 1, 2);
            create(other.shared(), &anew).unwrap();
            let mut writer = BroadcastWriter::attach(other.shared(), &anew).unwrap();
            let _ = writer.publish(&record(9)).unwrap();
        });
        let mut out = [0; 16];
        match reader.next(&mut out) {
            Ok(Next::Record { .. }) => assert_eq!(out, record(0), "a new record as an old one"),
            Ok(_) | Err(Error::Breach(Breach::Generation { .. })) => {}
            Err(error) => panic!("{error}"),
        }
        peer.join().unwrap();
    });
}

#[test]
fn a_writer_that_restarts_within_a_record_leaves_no_torn_one() {
    model(|| {
        let shape = shape(Kind::Broadcast, 1, 1);
        let region = Region::new(&shape);
        let other = region.clone();
        let peer = thread::spawn(move || follow(&other, &shape, 2));
        // Record 0, whole, but its writer dies before it publishes the head.
        let slot = &region.words[HEADER_WORDS..];
        slot[0].store(1, Ordering::Relaxed);
        loom::sync::atomic::fence(Ordering::Release);
        slot[1].store(16, Ordering::Relaxed);
        let word = u64::from_ne_bytes([1; 8]);
        slot[2].store(word, Ordering::Relaxed);
        slot[3].store(word, Ordering::Relaxed);
        slot[0].store(2, Ordering::Release);
        let mut writer = BroadcastWriter::attach(region.shared(), &shape).unwrap();
        assert_eq!(writer.publish(&record(1)), Ok(1), "number 0 is used up");
        assert!(peer.join().unwrap() <= 2);
    });
}

#[test]
fn snapshots_are_whole_and_never_go_back() {
    model(|| {
        let shape = shape(Kind::Snapshot, 2, 1);
        let region = Region::new(&shape);
        let mut writer = SnapshotWriter::attach(region.shared(), &shape).unwrap();
        let _ = writer.set(&record(0)).unwrap();
        let other = region.clone();
        let peer = thread::spawn(move || {
            let mut reader = SnapshotReader::attach(other.read_only(), &shape).unwrap();
            let mut last = 0;
            for _ in 0..2 {
                let mut out = [0; 16];
                match reader.get(&mut out) {
                    Ok(got) => {
                        let got = got.expect("one was set before");
                        assert_eq!(out, record(got.version as u8), "torn or wrong");
                        assert!(got.version >= last, "went back");
                        last = got.version;
                    }
                    Err(error) => assert_eq!(error, Error::Busy),
                }
            }
        });
        let _ = writer.set(&record(1)).unwrap();
        let _ = writer.set(&record(2)).unwrap();
        peer.join().unwrap();
    });
}
