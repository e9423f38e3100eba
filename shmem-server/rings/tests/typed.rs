// SPDX-License-Identifier: BSD-2-Clause

//! Typed messages, shapes and discovery: what is refused, and how it says so.

#![cfg(not(loom))]

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};
use shmem_rings::{
    AttachError, Breach, BroadcastReader, BroadcastWriter, Consumer, Delivery, Error, Field, Kind,
    Producer, Publisher, ReadOnly, Receiver, Sender, Shape, ShapeError, Shared, SnapshotGetter,
    SnapshotReader, SnapshotSetter, SnapshotWriter, Start, Subscriber, TypedError, Wake, Word,
    create, discover,
};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Read { block: u64, count: u16 },
    Name([char; 3]),
}

const LIMIT: usize = 16;

fn shape(kind: Kind) -> Shape {
    Shape::new(kind, 4, LIMIT as u32, 7, 1).unwrap()
}

fn memory(shape: &Shape) -> Vec<Word> {
    let words: Vec<Word> = (0..shape.words()).map(|_| Word::new(0)).collect();
    create(Shared::new(&words), shape).unwrap();
    words
}

fn some() -> Message {
    Message::Read {
        block: 77,
        count: 8,
    }
}

#[test]
fn messages_arrive_and_nonsense_is_taken_and_told() {
    let shape = shape(Kind::Ring);
    let words = memory(&shape);
    let shared = Shared::new(&words);
    let consumer = Consumer::attach(shared, &shape).unwrap();
    let mut receiver = Receiver::<Message, LIMIT>::new(consumer).unwrap();
    let mut raw = Producer::attach(shared, &shape).unwrap();
    let mut trailing = postcard::to_vec(&some());
    trailing.push(0);
    for nonsense in [&[0xff; 5][..], &[], &trailing] {
        assert_eq!(raw.push(nonsense), Ok(Wake::Quiet));
        let wanted = TypedError::Decode {
            length: nonsense.len(),
            wake: Wake::Quiet,
        };
        assert_eq!(receiver.receive(), Err(wanted));
    }
    let mut sender = Sender::<Message, LIMIT>::new(raw).unwrap();
    for message in [some(), Message::Name(['m', 'o', 'o'])] {
        assert_eq!(sender.send(&message), Ok(Wake::Quiet));
        assert_eq!(receiver.receive(), Ok(Some((message, Wake::Quiet))));
    }
    assert!(receiver.ask().unwrap().sleep);
    assert_eq!(sender.send(&some()), Ok(Wake::Signal));
}

mod postcard {
    //! The encoding, for bytes with something behind.
    pub fn to_vec(message: &super::Message) -> Vec<u8> {
        let mut buffer = [0; 64];
        ::postcard::to_slice(message, &mut buffer).unwrap().to_vec()
    }
}

#[test]
fn what_does_not_fit_is_not_sent() {
    let shape = shape(Kind::Ring);
    let words = memory(&shape);
    let producer = Producer::attach(Shared::new(&words), &shape).unwrap();
    let mut sender = Sender::<[u64; 4], LIMIT>::new(producer).unwrap();
    let wanted = TypedError::Encode { limit: LIMIT };
    assert_eq!(sender.send(&[u64::MAX; 4]), Err(wanted));
    assert_eq!(sender.send(&[1; 4]), Ok(Wake::Quiet));
    let producer = Producer::attach(Shared::new(&words), &shape).unwrap();
    assert!(matches!(
        Sender::<u8, 8>::new(producer),
        Err(AttachError::Differs {
            field: Field::RecordBytes,
            found: 16,
            expected: 8
        })
    ));
}

#[test]
fn typed_broadcasts_and_snapshots_arrive() {
    let broadcast = shape(Kind::Broadcast);
    let words = memory(&broadcast);
    let writer = BroadcastWriter::attach(Shared::new(&words), &broadcast).unwrap();
    let mut publisher = Publisher::<Message, LIMIT>::new(writer).unwrap();
    let view = ReadOnly::new(&words);
    let reader = BroadcastReader::attach(view, &broadcast, Start::Now).unwrap();
    let mut subscriber = Subscriber::<Message, LIMIT>::new(reader).unwrap();
    assert_eq!(subscriber.receive(), Ok(Delivery::Empty));
    for number in 0..6 {
        assert_eq!(publisher.publish(&some()), Ok(number));
    }
    assert_eq!(subscriber.receive(), Ok(Delivery::Lost(4)));
    assert_eq!(subscriber.receive(), Ok(Delivery::Message(4, some())));

    let snapshot = shape(Kind::Snapshot);
    let words = memory(&snapshot);
    let writer = SnapshotWriter::attach(Shared::new(&words), &snapshot).unwrap();
    let mut setter = SnapshotSetter::<Message, LIMIT>::new(writer).unwrap();
    let reader = SnapshotReader::attach(ReadOnly::new(&words), &snapshot).unwrap();
    let mut getter = SnapshotGetter::<Message, LIMIT>::new(reader).unwrap();
    assert_eq!(getter.get(), Ok(None));
    assert_eq!(setter.set(&some()), Ok(0));
    assert_eq!(getter.get(), Ok(Some((0, some()))));
}

#[test]
fn a_header_that_differs_in_any_word_is_refused_by_name() {
    let shape = shape(Kind::Ring);
    let words = memory(&shape);
    let fields = [
        Field::Magic,
        Field::KindAndVersion,
        Field::Slots,
        Field::RecordBytes,
        Field::Schema,
        Field::Generation,
        Field::Reserved,
        Field::Reserved,
    ];
    for (at, wanted) in fields.into_iter().enumerate() {
        let right = words[at].fetch_xor(1 << 17, Ordering::Relaxed);
        let refused = Consumer::attach(Shared::new(&words), &shape).map(|_| ());
        assert_eq!(
            refused,
            Err(AttachError::Differs {
                field: wanted,
                found: right ^ 1 << 17,
                expected: right
            })
        );
        words[at].store(right, Ordering::Relaxed);
    }
    assert!(Consumer::attach(Shared::new(&words), &shape).is_ok());
}

#[test]
fn discovery_tells_the_shape_or_why_not() {
    let shape = shape(Kind::Snapshot);
    let words = memory(&shape);
    assert_eq!(discover(ReadOnly::new(&words)), Ok(shape));
    let short = &words[..words.len() - 1];
    assert_eq!(
        discover(ReadOnly::new(short)),
        Err(AttachError::Memory {
            needed: words.len(),
            given: short.len()
        })
    );
    words[2].store(3, Ordering::Relaxed);
    let refused = Err(AttachError::Shape(ShapeError::Slots(3)));
    assert_eq!(discover(ReadOnly::new(&words)), refused);
    words[0].store(0, Ordering::Relaxed);
    assert_eq!(discover(ReadOnly::new(&words)), Err(AttachError::NotReady));
    let reader = BroadcastReader::attach(ReadOnly::new(&words), &shape, Start::Now);
    assert_eq!(reader.err(), Some(AttachError::Kind(Kind::Snapshot)));
}

#[test]
fn a_life_ends_with_its_generation() {
    let old = shape(Kind::Ring);
    let words = memory(&old);
    let shared = Shared::new(&words);
    assert_eq!(
        create(shared, &old),
        Err(AttachError::GenerationInUse(1)),
        "an old reader could not tell"
    );
    let mut consumer = Consumer::attach(shared, &old).unwrap();
    let new = Shape::new(Kind::Ring, 4, LIMIT as u32, 7, 2).unwrap();
    create(shared, &new).unwrap();
    let breach = Breach::Generation {
        found: 2,
        expected: 1,
    };
    for _ in 0..2 {
        assert_eq!(consumer.pop(&mut [0; 16]), Err(Error::Breach(breach)));
    }
}

#[test]
fn a_buffer_too_short_leaves_the_record() {
    let shape = shape(Kind::Ring);
    let words = memory(&shape);
    let mut producer = Producer::attach(Shared::new(&words), &shape).unwrap();
    let mut consumer = Consumer::attach(Shared::new(&words), &shape).unwrap();
    let _ = producer.push(b"twelve bytes").unwrap();
    let wanted = Error::Buffer {
        needed: 12,
        given: 4,
    };
    assert_eq!(consumer.pop(&mut [0; 4]), Err(wanted));
    assert_eq!(consumer.pop(&mut [0; 12]).unwrap().unwrap().length, 12);
}

/// So they can hold nobody up, and may map the memory read-only.
#[test]
fn readers_write_nothing() {
    for kind in [Kind::Broadcast, Kind::Snapshot] {
        let shape = shape(kind);
        let words = memory(&shape);
        let (shared, view) = (Shared::new(&words), ReadOnly::new(&words));
        match kind {
            Kind::Broadcast => {
                let mut writer = BroadcastWriter::attach(shared, &shape).unwrap();
                (0..9).for_each(|n| assert_eq!(writer.publish(&[1; 5]), Ok(n)));
            }
            _ => {
                let mut writer = SnapshotWriter::attach(shared, &shape).unwrap();
                assert!(writer.set(&[2; 5]).is_ok());
            }
        }
        let content = || -> Vec<u64> {
            let words = words.iter();
            words.map(|word| word.load(Ordering::Relaxed)).collect()
        };
        let (before, mut out) = (content(), [0; LIMIT]);
        let _ = discover(view).unwrap();
        if let Ok(mut reader) = BroadcastReader::attach(view, &shape, Start::Oldest) {
            (0..9).for_each(|_| assert!(reader.next(&mut out).is_ok()));
        }
        if let Ok(mut reader) = SnapshotReader::attach(view, &shape) {
            assert!(reader.get(&mut out).unwrap().is_some());
        }
        assert_eq!(content(), before, "{kind:?}");
    }
}
