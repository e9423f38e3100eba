// SPDX-License-Identifier: BSD-2-Clause

//! Random histories against simple models, with restarts of either side.

#![cfg(not(loom))]

use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::{proptest, strategy::Just};
use shmem_rings::{
    BroadcastReader, BroadcastWriter, Consumer, Error, Kind, Next, Producer, ReadOnly, Shape,
    Shared, SnapshotReader, SnapshotWriter, Start, Wake, Word, create,
};

const LIMIT: u32 = 21;

fn memory(shape: &Shape) -> Vec<Word> {
    let words: Vec<Word> = (0..shape.words()).map(|_| Word::new(0)).collect();
    create(Shared::new(&words), shape).unwrap();
    words
}

#[derive(Clone, Debug)]
enum Step {
    Push(Vec<u8>),
    Stage(Vec<u8>),
    Publish,
    Pop,
    Read,
    Release,
    ProducerAsks,
    ConsumerAsks,
    ProducerRestarts,
    ConsumerRestarts,
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..LIMIT as usize + 2)
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => bytes().prop_map(Step::Push),
        3 => bytes().prop_map(Step::Stage),
        2 => Just(Step::Publish),
        8 => Just(Step::Pop),
        3 => Just(Step::Read),
        2 => Just(Step::Release),
        1 => Just(Step::ProducerAsks),
        1 => Just(Step::ConsumerAsks),
        1 => Just(Step::ProducerRestarts),
        1 => Just(Step::ConsumerRestarts),
    ]
}

/// What the ring ought to be.
#[derive(Default)]
struct Model {
    staged: Vec<Vec<u8>>,
    published: VecDeque<Vec<u8>>,
    /// Read, not released: a consumer that restarts gets them again.
    held: Vec<Vec<u8>>,
    consumer_asks: bool,
    producer_asks: bool,
}

impl Model {
    fn used(&self) -> usize {
        self.staged.len() + self.published.len() + self.held.len()
    }

    fn publish(&mut self) -> Wake {
        let wake = !self.staged.is_empty() && self.consumer_asks;
        self.published.extend(self.staged.drain(..));
        self.consumer_asks &= !wake;
        if wake { Wake::Signal } else { Wake::Quiet }
    }

    fn release(&mut self) -> Wake {
        let wake = !self.held.is_empty() && self.producer_asks;
        self.held.clear();
        self.producer_asks &= !wake;
        if wake { Wake::Signal } else { Wake::Quiet }
    }
}

/// A restarted side may signal once too often, never too seldom.
fn at_least(got: Wake, wanted: Wake, restarted: bool) -> bool {
    got == wanted || restarted && got == Wake::Signal
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_ring_is_a_bounded_queue(
        order in 0u32..4,
        start in any::<u64>(),
        steps in vec(step(), 0..300),
    ) {
        let shape = Shape::new(Kind::Ring, 1 << order, LIMIT, 7, 1).unwrap();
        let words = memory(&shape);
        // Any start: indices wrap somewhere.
        for at in [8, 16] {
            words[at].store(start, std::sync::atomic::Ordering::Relaxed);
        }
        let shared = Shared::new(&words);
        let mut producer = Producer::attach(shared, &shape).unwrap();
        let mut consumer = Consumer::attach(shared, &shape).unwrap();
        let mut model = Model::default();
        let (mut producer_new, mut consumer_new) = (false, false);
        let capacity = 1usize << order;
        let mut out = [0; LIMIT as usize];
        for step in steps {
            match step {
                Step::Push(bytes) | Step::Stage(bytes) if bytes.len() > LIMIT as usize => {
                    prop_assert_eq!(
                        producer.push(&bytes),
                        Err(Error::TooLong { length: bytes.len(), limit: LIMIT as usize })
                    );
                }
                Step::Stage(bytes) => {
                    let full = model.used() == capacity;
                    let wanted = if full { Err(Error::Full) } else { Ok(()) };
                    prop_assert_eq!(producer.stage(&bytes), wanted);
                    if !full {
                        model.staged.push(bytes);
                    }
                }
                Step::Push(bytes) => {
                    if model.used() == capacity {
                        prop_assert_eq!(producer.push(&bytes), Err(Error::Full));
                    } else {
                        model.staged.push(bytes.clone());
                        let got = producer.push(&bytes).unwrap();
                        prop_assert!(at_least(got, model.publish(), producer_new));
                    }
                }
                Step::Publish => {
                    let got = producer.publish();
                    prop_assert!(at_least(got, model.publish(), producer_new));
                }
                Step::Pop | Step::Read => {
                    let length = consumer.read(&mut out).unwrap();
                    let wanted = model.published.pop_front();
                    prop_assert_eq!(length.map(|length| out[..length].to_vec()), wanted.clone());
                    model.held.extend(wanted);
                    if matches!(step, Step::Pop) {
                        let got = consumer.release();
                        prop_assert!(at_least(got, model.release(), consumer_new));
                    }
                }
                Step::Release => {
                    let got = consumer.release();
                    prop_assert!(at_least(got, model.release(), consumer_new));
                }
                Step::ProducerAsks => {
                    let asked = producer.ask().unwrap();
                    prop_assert!(at_least(asked.wake, model.publish(), producer_new));
                    prop_assert_eq!(asked.sleep, model.used() == capacity);
                    model.producer_asks = asked.sleep;
                }
                Step::ConsumerAsks => {
                    let asked = consumer.ask().unwrap();
                    prop_assert!(at_least(asked.wake, model.release(), consumer_new));
                    prop_assert_eq!(asked.sleep, model.published.is_empty());
                    model.consumer_asks = asked.sleep;
                }
                Step::ProducerRestarts => {
                    producer = Producer::attach(shared, &shape).unwrap();
                    model.staged.clear();
                    producer_new = true;
                }
                Step::ConsumerRestarts => {
                    consumer = Consumer::attach(shared, &shape).unwrap();
                    while let Some(again) = model.held.pop() {
                        model.published.push_front(again);
                    }
                    consumer_new = true;
                }
            }
        }
    }

    #[test]
    fn a_broadcast_loses_only_what_it_says(
        order in 0u32..4,
        steps in vec((0u8..8, 0usize..4), 0..300),
    ) {
        let shape = Shape::new(Kind::Broadcast, 1 << order, 8, 7, 1).unwrap();
        let words = memory(&shape);
        let mut writer = BroadcastWriter::attach(Shared::new(&words), &shape).unwrap();
        let view = ReadOnly::new(&words);
        let reader = BroadcastReader::attach(view, &shape, Start::Oldest).unwrap();
        let mut readers = [(); 4].map(|()| (reader.clone(), 0u64));
        let mut written = 0u64;
        for (step, which) in steps {
            match step {
                0..4 => {
                    prop_assert_eq!(writer.publish(&written.to_le_bytes()), Ok(written));
                    written += 1;
                }
                4 => writer = BroadcastWriter::attach(Shared::new(&words), &shape).unwrap(),
                _ => {
                    let (reader, place) = &mut readers[which];
                    let mut out = [0; 8];
                    let behind = written - *place;
                    match reader.next(&mut out).unwrap() {
                        Next::Empty => prop_assert_eq!(behind, 0),
                        Next::Record { number, length } => {
                            prop_assert_eq!((number, length), (*place, 8));
                            prop_assert_eq!(u64::from_le_bytes(out), *place);
                            *place += 1;
                        }
                        Next::Lost(count) => {
                            prop_assert!(behind > 1 << order, "lost without need");
                            prop_assert!(count >= behind - (1 << order) && count < behind);
                            *place += count;
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn a_snapshot_is_the_last_record_set(
        slots in 1u32..4,
        steps in vec(proptest::option::of(vec(any::<u8>(), 0..20)), 0..100),
    ) {
        let shape = Shape::new(Kind::Snapshot, 1 << slots, 20, 7, 1).unwrap();
        let words = memory(&shape);
        let mut writer = SnapshotWriter::attach(Shared::new(&words), &shape).unwrap();
        let mut reader = SnapshotReader::attach(ReadOnly::new(&words), &shape).unwrap();
        let mut last: Option<(u64, Vec<u8>)> = None;
        for step in steps {
            match step {
                Some(bytes) => last = Some((writer.set(&bytes).unwrap(), bytes)),
                None => writer = SnapshotWriter::attach(Shared::new(&words), &shape).unwrap(),
            }
            let mut out = [0; 20];
            let got = reader.get(&mut out).unwrap();
            let got = got.map(|got| (got.version, out[..got.length].to_vec()));
            prop_assert_eq!(&got, &last);
        }
    }
}
