// SPDX-License-Identifier: BSD-2-Clause

//! A peer that writes anything anywhere between any two steps.
//!
//! What must hold: no panic, every call returns, nothing outside the structure is
//! touched, a record is no longer than its limit, and a broken handle stays broken with
//! the same breach. As in `shmem-server/rings/tests/liar.rs`, but free to find its way.

use arbitrary::{Arbitrary, Unstructured};
use core::sync::atomic::Ordering;
use shmem_rings::{
    BroadcastReader, BroadcastWriter, Consumer, Error, Kind, Next, Producer, ReadOnly, Shape,
    Shared, SnapshotReader, SnapshotWriter, Start, Word, create, discover,
};

const LIMIT: usize = 13;
/// More than a record may have, so that one that is too long is seen.
const ROOM: usize = 256;
const SLOTS: u32 = 4;
const CANARY: u64 = 0x5afe_5afe_5afe_5afe;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Step {
    /// The peer stores a value to a word.
    Lie {
        at: u8,
        value: u64,
    },
    /// The peer stores a value that is plausible.
    Nudge {
        at: u8,
        by: i8,
    },
    Push(u8),
    Stage(u8),
    Publish,
    Pop,
    Read,
    Release,
    ProducerAsks,
    ConsumerAsks,
    Write(u8),
    Follow,
    Set(u8),
    Get,
    Restart,
    Discover,
}

/// The target.
pub fn rings(bytes: &[u8]) {
    let mut input = Unstructured::new(bytes);
    let Ok(kind) = input.choose(&[Kind::Ring, Kind::Broadcast, Kind::Snapshot]) else {
        return;
    };
    let shape = Shape::new(*kind, SLOTS, LIMIT as u32, 7, 1).expect("a legal shape");
    let inside = shape.words();
    let mut words: Vec<Word> = (0..inside).map(|_| Word::new(0)).collect();
    words.extend((0..8).map(|_| Word::new(CANARY)));
    create(Shared::new(&words), &shape).expect("it fits");
    let mut ends = Ends::attach(&words, &shape);
    while let Ok(step) = Step::arbitrary(&mut input) {
        match step {
            Step::Lie { at, value } => {
                words[usize::from(at) % inside].store(value, Ordering::Relaxed);
            }
            Step::Nudge { at, by } => {
                let word = &words[usize::from(at) % inside];
                let value = word.load(Ordering::Relaxed);
                word.store(value.wrapping_add_signed(by.into()), Ordering::Relaxed);
            }
            Step::Restart => ends = Ends::attach(&words, &shape),
            Step::Discover => drop(discover(ReadOnly::new(&words))),
            _ => ends.act(step),
        }
        let canary = |word: &Word| word.load(Ordering::Relaxed) == CANARY;
        assert!(words[inside..].iter().all(canary), "beyond the structure");
        if input.is_empty() {
            return;
        }
    }
}

/// An end, and the breach that it died of.
struct End<T> {
    handle: T,
    broken: Option<Error>,
}

impl<T> End<T> {
    /// Uses the handle. Once broken, it says so for ever.
    fn use_it<R>(&mut self, call: impl FnOnce(&mut T) -> Result<R, Error>) -> Option<R> {
        let result = call(&mut self.handle);
        let breach = match &result {
            Err(error @ Error::Breach(_)) => Some(*error),
            _ => None,
        };
        if self.broken.is_some() {
            assert_eq!(self.broken, breach, "a broken handle stays broken");
        }
        self.broken = breach;
        result.ok()
    }
}

/// Whatever could be attached.
struct Ends<'a> {
    producer: Option<End<Producer<'a>>>,
    consumer: Option<End<Consumer<'a>>>,
    writer: Option<BroadcastWriter<'a>>,
    reader: Option<End<BroadcastReader<'a>>>,
    setter: Option<SnapshotWriter<'a>>,
    getter: Option<End<SnapshotReader<'a>>>,
}

impl<'a> Ends<'a> {
    fn attach(words: &'a [Word], shape: &Shape) -> Self {
        let inside = &words[..shape.words()];
        let (shared, view) = (Shared::new(inside), ReadOnly::new(inside));
        Self {
            producer: end(Producer::attach(shared, shape)),
            consumer: end(Consumer::attach(shared, shape)),
            writer: BroadcastWriter::attach(shared, shape).ok(),
            reader: end(BroadcastReader::attach(view, shape, Start::Oldest)),
            setter: SnapshotWriter::attach(shared, shape).ok(),
            getter: end(SnapshotReader::attach(view, shape)),
        }
    }

    fn act(&mut self, step: Step) {
        match step {
            Step::Push(_) | Step::Stage(_) | Step::Publish | Step::ProducerAsks => {
                self.produce(step);
            }
            Step::Pop | Step::Read | Step::Release | Step::ConsumerAsks => self.consume(step),
            _ => self.follow(step),
        }
    }

    fn produce(&mut self, step: Step) {
        let Some(end) = &mut self.producer else {
            return;
        };
        match step {
            Step::Push(length) => drop(end.use_it(|p| p.push(&record(length)))),
            Step::Stage(length) => drop(end.use_it(|p| p.stage(&record(length)))),
            Step::ProducerAsks => drop(end.use_it(Producer::ask)),
            _ => drop(end.handle.publish()),
        }
        if let Some(room) = end.use_it(|p| p.room()) {
            assert!(room <= u64::from(SLOTS), "room for {room}");
        }
    }

    fn consume(&mut self, step: Step) {
        let Some(end) = &mut self.consumer else {
            return;
        };
        let mut out = [0; ROOM];
        let length = match step {
            Step::Pop => end
                .use_it(|c| c.pop(&mut out))
                .flatten()
                .map(|it| it.length),
            Step::Read => end.use_it(|c| c.read(&mut out)).flatten(),
            Step::ConsumerAsks => {
                let _ = end.use_it(Consumer::ask);
                None
            }
            _ => {
                let _ = end.handle.release();
                None
            }
        };
        assert!(length.is_none_or(|length| length <= LIMIT), "{length:?}");
    }

    fn follow(&mut self, step: Step) {
        let mut out = [0; ROOM];
        match (step, self) {
            (
                Step::Write(length),
                Self {
                    writer: Some(w), ..
                },
            ) => {
                let _ = w.publish(&record(length));
            }
            (
                Step::Set(length),
                Self {
                    setter: Some(s), ..
                },
            ) => drop(s.set(&record(length))),
            (
                Step::Follow,
                Self {
                    reader: Some(r), ..
                },
            ) => {
                if let Some(Next::Record { length, .. }) = r.use_it(|r| r.next(&mut out)) {
                    assert!(length <= LIMIT);
                }
            }
            (
                Step::Get,
                Self {
                    getter: Some(g), ..
                },
            ) => drop(g.use_it(|g| g.get(&mut out))),
            _ => {}
        }
    }
}

fn end<T, E>(attached: Result<T, E>) -> Option<End<T>> {
    let handle = attached.ok()?;
    Some(End {
        handle,
        broken: None,
    })
}

/// Up to one byte more than a record may have.
fn record(length: u8) -> Vec<u8> {
    vec![length; usize::from(length) % (LIMIT + 2)]
}
