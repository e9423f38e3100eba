// SPDX-License-Identifier: BSD-2-Clause

//! A peer that writes anything anywhere between any two steps, steered by coverage.
//!
//! Input: pairs of a byte that chooses and eight that are a value. See tests/liar.rs
//! for what must hold.

#![no_main]

use std::sync::atomic::Ordering;

use libfuzzer_sys::fuzz_target;
use shmem_rings::{
    BroadcastReader, BroadcastWriter, Consumer, Kind, Producer, ReadOnly, Shape, Shared,
    SnapshotReader, Start, Word, create, discover,
};

const LIMIT: usize = 13;

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else {
        return;
    };
    let kind = [Kind::Ring, Kind::Broadcast, Kind::Snapshot][usize::from(first) % 3];
    let shape = Shape::new(kind, 4, LIMIT as u32, 7, 1).unwrap();
    let words: Vec<Word> = (0..shape.words()).map(|_| Word::new(0)).collect();
    let (shared, view) = (Shared::new(&words), ReadOnly::new(&words));
    create(shared, &shape).unwrap();
    let mut producer = Producer::attach(shared, &shape).ok();
    let mut consumer = Consumer::attach(shared, &shape).ok();
    let mut writer = BroadcastWriter::attach(shared, &shape).ok();
    let mut reader = BroadcastReader::attach(view, &shape, Start::Oldest).ok();
    let mut snapshot = SnapshotReader::attach(view, &shape).ok();
    for step in rest.chunks_exact(9) {
        let (act, value) = (step[0], u64::from_le_bytes(step[1..].try_into().unwrap()));
        if act >= 16 {
            words[usize::from(act - 16) % words.len()].store(value, Ordering::Relaxed);
            continue;
        }
        let mut out = [0; LIMIT];
        if let (Some(producer), Some(consumer)) = (&mut producer, &mut consumer) {
            match act {
                0..3 => drop(producer.push(&out)),
                3 => drop(producer.ask()),
                4..7 => drop(consumer.pop(&mut out)),
                _ => drop(consumer.ask()),
            }
        }
        if let (Some(writer), 0..8) = (&mut writer, act) {
            let _ = writer.publish(&out);
        }
        if let Some(reader) = &mut reader {
            let _ = reader.next(&mut out);
        }
        if let Some(snapshot) = &mut snapshot {
            let _ = snapshot.get(&mut out);
        }
        let _ = discover(view);
    }
});
