// SPDX-License-Identifier: BSD-2-Clause

//! A peer that writes anything anywhere between any two steps.
//!
//! What must hold whatever it does: no panic (these are debug builds: no overflow
//! either), every call returns, no byte beyond a record's limit or outside the
//! structure is touched, a broken handle stays broken with the same breach.

#![cfg(not(loom))]

use std::sync::atomic::{AtomicBool, Ordering};

use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, prop_oneof};
use proptest::proptest;
use proptest::strategy::Just;
use shmem_rings::{
    BroadcastReader, BroadcastWriter, Consumer, Error, Kind, Next, Producer, ReadOnly, Shape,
    Shared, SnapshotReader, SnapshotWriter, Start, Word, create, discover,
};

const LIMIT: u32 = 13;
const CANARY: u64 = 0x5afe_5afe_5afe_5afe;

/// Values near what would matter.
fn lie() -> impl Strategy<Value = u64> {
    prop_oneof![
        any::<u64>(),
        0u64..20,
        Just(u64::MAX),
        Just(u64::MAX / 2),
        Just(1 << 63),
        (0u64..20).prop_map(|below| u64::MAX - below),
    ]
}

#[derive(Clone, Debug)]
enum Step {
    Scribble(usize, u64),
    Nudge(usize, i8),
    Act(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (any::<usize>(), lie()).prop_map(|(at, value)| Step::Scribble(at, value)),
        1 => (any::<usize>(), any::<i8>()).prop_map(|(at, by)| Step::Nudge(at, by)),
        6 => any::<u8>().prop_map(Step::Act),
    ]
}

/// The structure's memory with a canary behind it.
struct Memory {
    words: Vec<Word>,
    inside: usize,
}

impl Memory {
    fn new(shape: &Shape) -> Self {
        let inside = shape.words();
        let words: Vec<Word> = (0..inside + 16).map(|_| Word::new(0)).collect();
        create(Shared::new(&words), shape).unwrap();
        for word in &words[inside..] {
            word.store(CANARY, Ordering::Relaxed);
        }
        Self { words, inside }
    }

    fn lie(&self, step: &Step) {
        match *step {
            Step::Scribble(at, value) => {
                self.words[at % self.inside].store(value, Ordering::Relaxed);
            }
            Step::Nudge(at, by) => {
                // Mostly the words that matter.
                let at = [8, 9, 16, 17, 5, 32, 33][at % 7];
                let word = &self.words[at];
                let value = word.load(Ordering::Relaxed);
                word.store(value.wrapping_add_signed(by.into()), Ordering::Relaxed);
            }
            Step::Act(_) => {}
        }
    }

    fn intact(&self) -> bool {
        let mut outside = self.words[self.inside..].iter();
        outside.all(|word| word.load(Ordering::Relaxed) == CANARY)
    }
}

/// A handle that is broken says so for ever, with the same breach.
fn stays_broken<T>(broken: &mut Option<Error>, result: Result<T, Error>) -> bool {
    match (&broken, result) {
        (Some(first), Err(error)) => *first == error,
        (Some(_), Ok(_)) => false,
        (None, Err(error @ Error::Breach(_))) => {
            *broken = Some(error);
            true
        }
        (None, _) => true,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn a_ring_survives_any_peer(order in 0u32..3, steps in vec(step(), 0..200)) {
        let shape = Shape::new(Kind::Ring, 1 << order, LIMIT, 7, 1).unwrap();
        let memory = Memory::new(&shape);
        let shared = Shared::new(&memory.words);
        let mut producer = Producer::attach(shared, &shape).unwrap();
        let mut consumer = Consumer::attach(shared, &shape).unwrap();
        let (mut producer_broken, mut consumer_broken) = (None, None);
        for step in steps {
            memory.lie(&step);
            let Step::Act(act) = step else { continue };
            // Room for one byte more than a record may have.
            let mut out = [0xee; LIMIT as usize + 1];
            let produced = match act % 8 {
                0 => producer.push(&[act; LIMIT as usize]).map(|_| ()),
                1 => producer.stage(&[act; 3]),
                2 => { let _ = producer.publish(); continue }
                3 => producer.ask().map(|_| ()),
                4 => consumer.pop(&mut out).map(|_| ()),
                5 => consumer.read(&mut out).map(|_| ()),
                6 => consumer.ask().map(|_| ()),
                _ => {
                    if let Ok(new) = Producer::attach(shared, &shape) {
                        (producer, producer_broken) = (new, None);
                    }
                    if let Ok(new) = Consumer::attach(shared, &shape) {
                        (consumer, consumer_broken) = (new, None);
                    }
                    let _ = discover(ReadOnly::new(&memory.words));
                    continue;
                }
            };
            let broken = if act % 8 < 4 { &mut producer_broken } else { &mut consumer_broken };
            prop_assert!(stays_broken(broken, produced));
            prop_assert_eq!(out[LIMIT as usize], 0xee);
            prop_assert!(memory.intact());
            if let Ok(room) = producer.room() {
                prop_assert!(room <= 1 << order);
            } else if producer_broken.is_none() {
                producer_broken = producer.room().err();
            }
        }
    }

    #[test]
    fn readers_survive_any_writer(
        order in 1u32..4,
        steps in vec(step(), 0..200),
        snapshot in any::<bool>(),
    ) {
        let kind = if snapshot { Kind::Snapshot } else { Kind::Broadcast };
        let shape = Shape::new(kind, 1 << order, LIMIT, 7, 1).unwrap();
        let memory = Memory::new(&shape);
        let (shared, view) = (Shared::new(&memory.words), ReadOnly::new(&memory.words));
        let mut broken = None;
        let mut broadcast = BroadcastReader::attach(view, &shape, Start::Oldest).ok();
        let mut snapshot = SnapshotReader::attach(view, &shape).ok();
        for step in steps {
            memory.lie(&step);
            let Step::Act(act) = step else { continue };
            let mut out = [0xee; LIMIT as usize + 1];
            match (act % 4, &mut broadcast, &mut snapshot) {
                // A writer that restarts where others scribble.
                (0, Some(_), _) => if let Ok(mut writer) = BroadcastWriter::attach(shared, &shape) {
                    let _ = writer.publish(&[act; LIMIT as usize]);
                },
                (0, _, _) => if let Ok(mut writer) = SnapshotWriter::attach(shared, &shape) {
                    let _ = writer.set(&[act; LIMIT as usize]);
                },
                (1, Some(reader), _) => {
                    if let Ok(new) = BroadcastReader::attach(view, &shape, Start::Oldest) {
                        (*reader, broken) = (new, None);
                    }
                }
                (_, Some(reader), _) => {
                    let result = reader.next(&mut out);
                    if let Ok(Next::Record { length, .. }) = result {
                        prop_assert!(length <= LIMIT as usize);
                    }
                    prop_assert!(stays_broken(&mut broken, result));
                }
                (_, _, Some(reader)) => {
                    let result = reader.get(&mut out);
                    prop_assert!(stays_broken(&mut broken, result));
                }
                _ => unreachable!("one of them attached"),
            }
            prop_assert_eq!(out[LIMIT as usize], 0xee);
            prop_assert!(memory.intact());
        }
    }

    #[test]
    fn discovery_believes_nothing(header in vec(lie(), 0..40)) {
        let words: Vec<Word> = header.into_iter().map(Word::new).collect();
        if let Some(magic) = words.first() {
            magic.store(shmem_rings::MAGIC, Ordering::Relaxed);
        }
        if let Ok(shape) = discover(ReadOnly::new(&words)) {
            prop_assert!(shape.words() <= words.len());
        }
    }
}

/// The same while the peer scribbles at the same time, not only between calls.
#[test]
fn a_ring_survives_a_peer_that_scribbles_concurrently() {
    let shape = Shape::new(Kind::Ring, 4, LIMIT, 7, 1).unwrap();
    let memory = Memory::new(&shape);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut state = 1u64;
            while !stop.load(Ordering::Relaxed) {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let random = state >> 33;
                // Often plausible, so that handles get beyond their first check.
                let value = if random & 1 == 0 { random >> 26 } else { state };
                let at = [8, 16, 9, 17, 32, 35, 38, 41][(random >> 3) as usize % 8];
                memory.words[at].store(value, Ordering::Relaxed);
            }
        });
        let shared = Shared::new(&memory.words);
        let (mut attached, mut refused, mut breaches) = (0, 0, 0);
        for _ in 0..20_000 {
            let mut out = [0; LIMIT as usize];
            match (
                Producer::attach(shared, &shape),
                Consumer::attach(shared, &shape),
            ) {
                (Ok(mut producer), Ok(mut consumer)) => {
                    attached += 1;
                    for _ in 0..4 {
                        let pushed = producer.push(&[1; LIMIT as usize]).map(|_| ());
                        let popped = consumer.pop(&mut out).map(|_| ());
                        for result in [pushed, popped] {
                            breaches += u32::from(matches!(result, Err(Error::Breach(_))));
                        }
                    }
                }
                _ => refused += 1,
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(
            attached > 0 && refused + breaches > 0,
            "the test must meet both"
        );
    });
    assert!(memory.intact());
}
