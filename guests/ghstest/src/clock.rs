// SPDX-License-Identifier: BSD-2-Clause

//! A clock that one sets and any number read: a snapshot of `shmem-rings` in a region.
//!
//! The layout is that of `guests/linux/guest-shm/examples/clock.rs`: four slots of a
//! number of milliseconds, and the region's generation tells one life of the structure
//! from the next. Readers map the region for reading only. The writer signals nobody:
//! who wants to know looks.

use shmem_rings::{
    AttachError, Error, Kind, ReadOnly, Shape, Shared, SnapshotReader, SnapshotWriter, create,
};

/// Name of the region.
pub const REGION: &str = "clock";
/// Pages that it is created with.
pub const PAGES: u32 = 1;
/// What the records are.
const SCHEMA: u64 = u64::from_le_bytes(*b"clock-ms");
/// Bytes of a record.
const RECORD: usize = 8;

fn shape(generation: u32) -> Result<Shape, AttachError> {
    // Lossless: 8.
    let record = RECORD as u32;
    let shape = Shape::new(Kind::Snapshot, 4, record, SCHEMA, generation.into())?;
    Ok(shape)
}

/// Who sets it; one for a region.
#[derive(Debug)]
pub struct Setter<'m>(SnapshotWriter<'m>);

impl<'m> Setter<'m> {
    /// Makes the clock in a region of that generation, or goes on with the one that
    /// an earlier life of this program made there.
    ///
    /// Errors: the region is too small, or holds something else of that generation.
    pub fn new(memory: Shared<'m>, generation: u32) -> Result<Self, AttachError> {
        let shape = shape(generation)?;
        if SnapshotReader::attach(memory.read_only(), &shape).is_err() {
            create(memory, &shape)?;
        }
        SnapshotWriter::attach(memory, &shape).map(Self)
    }

    /// Sets it to so many milliseconds.
    ///
    /// Errors: none that can happen: a record is as long as a number.
    pub fn set(&mut self, ms: u64) -> Result<(), Error> {
        self.0.set(&ms.to_le_bytes()).map(|_| ())
    }
}

/// Who reads it.
#[derive(Clone, Debug)]
pub struct Reader<'m>(SnapshotReader<'m>);

impl<'m> Reader<'m> {
    /// A reader of the clock in a region of that generation.
    ///
    /// Errors: [`AttachError::NotReady`] until somebody has made it; others: it is no
    /// clock.
    pub fn new(memory: ReadOnly<'m>, generation: u32) -> Result<Self, AttachError> {
        SnapshotReader::attach(memory, &shape(generation)?).map(Self)
    }

    /// Milliseconds; `None`: it was not set yet.
    ///
    /// Errors: those of [`SnapshotReader::get`].
    pub fn get(&mut self) -> Result<Option<u64>, Error> {
        let mut bytes = [0; RECORD];
        let found = self.0.get(&mut bytes)?;
        Ok(found.map(|_| u64::from_le_bytes(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::{PAGES, Reader, Setter};
    use core::sync::atomic::{AtomicU64, Ordering};
    use shmem_rings::{AttachError, ReadOnly, Shared};

    fn memory() -> Vec<AtomicU64> {
        (0..PAGES * 512).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn a_reader_sees_what_was_set_last() {
        let memory = memory();
        let view = ReadOnly::new(&memory);
        assert!(matches!(Reader::new(view, 3), Err(AttachError::NotReady)));
        let mut setter = Setter::new(Shared::new(&memory), 3).unwrap();
        let mut reader = Reader::new(view, 3).unwrap();
        assert_eq!(reader.get(), Ok(None));
        for ms in [1, 100, u64::MAX] {
            setter.set(ms).unwrap();
            assert_eq!(reader.get(), Ok(Some(ms)));
        }
        // Begun anew in the same region.
        let mut setter = Setter::new(Shared::new(&memory), 3).unwrap();
        assert_eq!(reader.get(), Ok(Some(u64::MAX)));
        setter.set(7).unwrap();
        assert_eq!(reader.get(), Ok(Some(7)));
    }

    #[test]
    fn another_generation_and_scribbled_memory_are_no_clock() {
        let memory = memory();
        let view = ReadOnly::new(&memory);
        let _setter = Setter::new(Shared::new(&memory), 3).unwrap();
        assert!(Reader::new(view, 4).is_err());
        let mut reader = Reader::new(view, 3).unwrap();
        for word in &memory {
            word.store(u64::MAX, Ordering::Relaxed);
        }
        assert!(reader.get().is_err());
        assert!(Setter::new(Shared::new(&memory[..8]), 3).is_err());
    }
}
