// SPDX-License-Identifier: BSD-2-Clause

//! The two ends of a trace ring.

use crate::{Event, Record, WORDS};
use shmem_rings::{
    AttachError, BroadcastReader, BroadcastWriter, Kind, Next, ReadOnly, Shape, Shared, Start,
    create,
};

/// Records of a ring.
pub const RECORDS: u32 = 4096;
/// Bytes of the memory region that holds one.
pub const REGION_BYTES: u64 = 0x2_9000;
/// `TRACE`, and the version of the records.
const SCHEMA: u64 = u64::from_le_bytes(*b"TRACE\0\0\x01");

const SHAPE: Shape = match Shape::new(Kind::Broadcast, RECORDS, WORDS as u32 * 8, SCHEMA, 1) {
    Ok(shape) => shape,
    Err(_) => panic!("constants within the limits of a shape"),
};
const _: () = assert!(SHAPE.words() as u64 * 8 <= REGION_BYTES);

/// Why there is no ring.
pub type TraceError = AttachError;

/// The writing end, of one protection domain; or none, which records nothing.
#[derive(Debug, Default)]
pub struct Tracer<'a>(Option<BroadcastWriter<'a>>);

impl<'a> Tracer<'a> {
    /// Takes the writing end in zeroed memory, or goes on where an earlier life of
    /// this protection domain stopped.
    ///
    /// # Errors
    ///
    /// The memory is too small, or holds something else.
    pub fn new(memory: Shared<'a>) -> Result<Self, TraceError> {
        match create(memory, &SHAPE) {
            Ok(()) | Err(AttachError::GenerationInUse(_)) => {}
            Err(error) => return Err(error),
        }
        BroadcastWriter::attach(memory, &SHAPE).map(|writer| Self(Some(writer)))
    }

    /// Records nothing.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether anything is recorded: who must look something up first asks.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Records `event` at counter value `time`, over the oldest record.
    #[inline]
    pub fn record(&mut self, time: u64, event: Event) {
        if let Some(writer) = &mut self.0 {
            // It fits: the shape's records are as long as a record.
            let _ = writer.publish_words(&Record { time, event }.words());
        }
    }
}

/// What a reader finds next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing more.
    End,
    /// Words of a record, which another version may have written.
    Words([u64; WORDS]),
    /// So many records were overwritten.
    Lost(u64),
}

/// A reading end. It ends where the ring ended when it was made: whoever shows a ring
/// more slowly than it is written comes to an end too.
#[derive(Debug)]
pub struct Reader<'a> {
    ring: BroadcastReader<'a>,
    /// Records up to that end.
    left: u64,
}

/// Reads a ring from its oldest record to its newest one.
///
/// # Errors
///
/// No ring is there (yet), or another.
pub fn reader(memory: ReadOnly<'_>) -> Result<Reader<'_>, TraceError> {
    let ring = BroadcastReader::attach(memory, &SHAPE, Start::Oldest)?;
    let left = ring.waiting();
    Ok(Reader { ring, left })
}

impl Reader<'_> {
    /// Leaves out all but the last `count` records.
    pub fn keep(&mut self, count: u64) {
        self.ring.skip_to_last(count);
        self.left = self.left.min(count);
    }

    /// What comes next; a ring that breaks its own rules is at its end.
    pub fn take(&mut self) -> Found {
        if self.left == 0 {
            return Found::End;
        }
        let mut bytes = [0; WORDS * 8];
        let (count, found) = match self.ring.next(&mut bytes) {
            Ok(Next::Record { length, .. }) => match Record::from_bytes(&bytes[..length]) {
                Some(words) => (1, Found::Words(words)),
                None => (1, Found::Lost(1)),
            },
            // Of those that were overwritten, some may lie behind the end.
            Ok(Next::Lost(count)) => (count, Found::Lost(count.min(self.left))),
            Ok(Next::Empty) | Err(_) => (self.left, Found::End),
        };
        self.left = self.left.saturating_sub(count);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shmem_rings::Word;

    fn memory() -> Vec<Word> {
        let words = usize::try_from(REGION_BYTES / 8).expect("small");
        (0..words).map(|_| Word::new(0)).collect()
    }

    fn all(memory: &[Word]) -> (Vec<Event>, u64) {
        let mut reader = reader(ReadOnly::new(memory)).expect("there is one");
        let (mut events, mut lost) = (Vec::new(), 0);
        loop {
            match reader.take() {
                Found::End => return (events, lost),
                Found::Lost(count) => lost += count,
                Found::Words(words) => {
                    events.push(Record::from_words(words).expect("of this version").event);
                }
            }
        }
    }

    #[test]
    fn the_last_half_ring_can_always_be_read() {
        let memory = memory();
        let mut tracer = Tracer::new(Shared::new(&memory)).expect("zeroed");
        for n in 0..9000 {
            tracer.record(u64::from(n), Event::Life { state: n });
        }
        let (events, lost) = all(&memory);
        assert_eq!((events.len(), lost), (RECORDS as usize / 2, 0));
        assert_eq!(events.last(), Some(&Event::Life { state: 8999 }));
    }

    #[test]
    fn a_restarted_writer_goes_on() {
        let memory = memory();
        for state in [1, 2] {
            let mut tracer = Tracer::new(Shared::new(&memory)).expect("zeroed or ours");
            tracer.record(0, Event::Life { state });
        }
        let (events, _) = all(&memory);
        assert_eq!(events, [1, 2].map(|state| Event::Life { state }));
    }

    #[test]
    fn a_reader_ends_where_the_ring_ended_though_the_writer_is_faster() {
        let memory = memory();
        let mut tracer = Tracer::new(Shared::new(&memory)).expect("zeroed");
        let mut publish = |count: u32| {
            for state in 0..count {
                tracer.record(0, Event::Life { state });
            }
        };
        for (kept, faster) in [(3, 2), (100, 1), (2000, 3), (2000, 5000)] {
            publish(2000);
            let mut reader = reader(ReadOnly::new(&memory)).expect("there is one");
            reader.keep(kept);
            let mut seen = 0;
            loop {
                publish(faster);
                match reader.take() {
                    Found::End => break,
                    Found::Words(_) => seen += 1,
                    Found::Lost(count) => seen += count,
                }
            }
            assert_eq!(seen, kept, "overwritten ones count");
        }
    }

    #[test]
    fn no_ring_is_an_error_and_no_tracer_records_nothing() {
        assert!(reader(ReadOnly::new(&memory())).is_err());
        let mut none = Tracer::none();
        none.record(0, Event::Notified);
        assert!(!none.is_on());
    }

    #[test]
    fn a_writer_that_scribbles_ends_the_reading() {
        let memory = memory();
        let mut tracer = Tracer::new(Shared::new(&memory)).expect("zeroed");
        tracer.record(0, Event::Notified);
        let mut reader = reader(ReadOnly::new(&memory)).expect("there is one");
        for word in &memory {
            word.store(u64::MAX, core::sync::atomic::Ordering::Relaxed);
        }
        assert_eq!(reader.take(), Found::End);
    }
}
