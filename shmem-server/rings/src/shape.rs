// SPDX-License-Identifier: BSD-2-Clause

//! Shape and header: what a structure is, where its words lie, and discovery.
//!
//! Why: two programs built at different times agree on a layout only if each
//! checks. The creator writes the header, magic last; who attaches compares every
//! word with what it expects and then keeps its own [`Shape`]: the header is never
//! read again to find a word, only the generation to see that it has not changed.
//!
//! Header, 32 words in 4 cache lines of 64 bytes (`repr(C)` of the C header):
//!
//! | word | field | writer |
//! |---|---|---|
//! | 0 | magic | creator, last |
//! | 1 | kind 15:0, version 31:16, rest 0 | creator |
//! | 2 | slots | creator |
//! | 3 | record bytes | creator |
//! | 4 | schema | creator |
//! | 5 | generation | creator, first |
//! | 6, 7 | 0 | creator |
//! | 8 | head: records published so far | writer |
//! | 9 | ring: the producer asks for room | producer |
//! | 16 | ring: tail, records taken so far | consumer |
//! | 17 | ring: the consumer asks for records | consumer |
//! | others | 0 | |

use crate::error::{AttachError, Breach, Field, ShapeError};
use crate::word::{Ordering, ReadOnly, Shared, WORD_BYTES, fence};

/// `TOMBRING` in memory order on a little-endian machine.
pub const MAGIC: u64 = u64::from_le_bytes(*b"TOMBRING");
/// The layout's version.
pub const VERSION: u16 = 1;
/// Words before the first slot.
pub const HEADER_WORDS: usize = 32;
/// Most slots.
pub const MAX_SLOTS: u32 = 1 << 20;
/// Most bytes of a record.
pub const MAX_RECORD_BYTES: u32 = 1 << 16;

const WORD_MAGIC: usize = 0;
const WORD_KIND: usize = 1;
const WORD_SLOTS: usize = 2;
const WORD_RECORD_BYTES: usize = 3;
const WORD_SCHEMA: usize = 4;
const WORD_GENERATION: usize = 5;
const WORD_RESERVED: usize = 6;
pub(crate) const WORD_HEAD: usize = 8;
pub(crate) const WORD_ASK_ROOM: usize = 9;
pub(crate) const WORD_TAIL: usize = 16;
pub(crate) const WORD_ASK_RECORDS: usize = 17;

/// Which structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One producer, one consumer.
    Ring = 1,
    /// One writer, many readers, every record.
    Broadcast = 2,
    /// One writer, many readers, the newest record.
    Snapshot = 3,
}

impl Kind {
    /// Words of a slot before its bytes: the length, and before it the sequence
    /// where readers cannot hold the writer back.
    const fn slot_header(self) -> usize {
        match self {
            Self::Ring => 1,
            Self::Broadcast | Self::Snapshot => 2,
        }
    }

    const fn fewest_slots(self) -> u32 {
        match self {
            Self::Ring | Self::Broadcast => 1,
            // One to read while the other is written.
            Self::Snapshot => 2,
        }
    }
}

/// What both sides agree on. Holding one proves that its numbers are within the
/// limits and that its size can be addressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    kind: Kind,
    slots: u32,
    record_bytes: u32,
    schema: u64,
    generation: u64,
}

impl Shape {
    /// `slots` records, a power of two, of at most `record_bytes` bytes each.
    /// `schema` is the users' number for what the records are; `generation` tells
    /// one life from the next (the region's generation will do).
    ///
    /// # Errors
    ///
    /// [`ShapeError`] if a number is out of its limits.
    pub const fn new(
        kind: Kind,
        slots: u32,
        record_bytes: u32,
        schema: u64,
        generation: u64,
    ) -> Result<Self, ShapeError> {
        if !slots.is_power_of_two() || slots > MAX_SLOTS || slots < kind.fewest_slots() {
            return Err(ShapeError::Slots(slots as u64));
        }
        if record_bytes == 0 || record_bytes > MAX_RECORD_BYTES {
            return Err(ShapeError::RecordBytes(record_bytes as u64));
        }
        let shape = Self {
            kind,
            slots,
            record_bytes,
            schema,
            generation,
        };
        match (slots as usize).checked_mul(shape.stride()) {
            // Half the address space leaves room for the header.
            Some(words) if words < usize::MAX / 2 / WORD_BYTES => Ok(shape),
            _ => Err(ShapeError::Size),
        }
    }

    /// Which structure.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Number of slots.
    pub const fn slots(&self) -> u32 {
        self.slots
    }

    /// Most bytes of a record.
    pub const fn record_bytes(&self) -> u32 {
        self.record_bytes
    }

    /// What the records are: the users' number.
    pub const fn schema(&self) -> u64 {
        self.schema
    }

    /// Which life of the structure.
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Words from one slot to the next.
    #[inline]
    const fn stride(&self) -> usize {
        self.kind.slot_header() + self.limit().div_ceil(WORD_BYTES)
    }

    /// Words of the whole structure; times 8 for bytes.
    pub const fn words(&self) -> usize {
        // Cannot overflow: checked by `new`.
        HEADER_WORDS + self.slots as usize * self.stride()
    }

    #[inline]
    pub(crate) const fn limit(&self) -> usize {
        // Lossless: at most 2^16.
        self.record_bytes as usize
    }

    #[inline]
    pub(crate) const fn capacity(&self) -> u64 {
        self.slots as u64
    }

    /// Word of the slot for record `number`: within the structure for any number.
    #[inline]
    pub(crate) const fn slot(&self, number: u64) -> usize {
        // Lossless: the mask leaves at most 20 bits.
        let index = (number & (self.capacity() - 1)) as usize;
        HEADER_WORDS + index * self.stride()
    }

    fn identity(&self) -> [(usize, Field, u64); 7] {
        let kind = self.kind as u64 | u64::from(VERSION) << 16;
        [
            (WORD_KIND, Field::KindAndVersion, kind),
            (WORD_SLOTS, Field::Slots, self.capacity()),
            (
                WORD_RECORD_BYTES,
                Field::RecordBytes,
                u64::from(self.record_bytes),
            ),
            (WORD_SCHEMA, Field::Schema, self.schema),
            (WORD_GENERATION, Field::Generation, self.generation),
            (WORD_RESERVED, Field::Reserved, 0),
            (WORD_RESERVED + 1, Field::Reserved, 0),
        ]
    }

    fn fits(&self, given: usize) -> Result<(), AttachError> {
        let needed = self.words();
        if needed > given {
            return Err(AttachError::Memory { needed, given });
        }
        Ok(())
    }

    /// Compares the header with this shape.
    pub(crate) fn check(&self, kind: Kind, memory: ReadOnly<'_>) -> Result<(), AttachError> {
        if self.kind != kind {
            return Err(AttachError::Kind(self.kind));
        }
        self.fits(memory.words())?;
        check_magic(memory)?;
        for (at, field, expected) in self.identity() {
            let found = memory.load(at);
            if found != expected {
                return Err(AttachError::Differs {
                    field,
                    found,
                    expected,
                });
            }
        }
        Ok(())
    }

    /// Whether the structure has not been created anew. After a copy, with an
    /// Acquire fence between: pairs with the Release fence of [`create`].
    pub(crate) fn check_generation(&self, memory: ReadOnly<'_>) -> Result<(), Breach> {
        let found = memory.load(WORD_GENERATION);
        if found != self.generation {
            return Err(Breach::Generation {
                found,
                expected: self.generation,
            });
        }
        Ok(())
    }
}

fn check_magic(memory: ReadOnly<'_>) -> Result<(), AttachError> {
    let found = memory.load(WORD_MAGIC);
    // Pairs with the Release store of the magic in `create`: who sees the magic
    // sees the whole header.
    fence(Ordering::Acquire);
    match found {
        MAGIC => Ok(()),
        0 => Err(AttachError::NotReady),
        found => Err(AttachError::Differs {
            field: Field::Magic,
            found,
            expected: MAGIC,
        }),
    }
}

/// Makes the structure `shape` in `memory`, empty. Not while a peer works with an
/// older one there: its late stores would break the new one (that one only).
///
/// # Errors
///
/// [`AttachError::Memory`] if the view is too small; [`AttachError::GenerationInUse`]
/// if a structure of that generation is there: a reader of it could not tell the
/// two apart.
pub fn create(memory: Shared<'_>, shape: &Shape) -> Result<(), AttachError> {
    shape.fits(memory.words())?;
    if memory.load_own(WORD_MAGIC) == MAGIC && memory.load_own(WORD_GENERATION) == shape.generation
    {
        return Err(AttachError::GenerationInUse(shape.generation));
    }
    memory.store(WORD_MAGIC, 0, Ordering::Relaxed);
    memory.store(WORD_GENERATION, shape.generation, Ordering::Relaxed);
    // Pairs with the Acquire fence before `check_generation`: a reader that saw one
    // of the stores below sees the new generation.
    fence(Ordering::Release);
    for at in WORD_HEAD..HEADER_WORDS {
        memory.store(at, 0, Ordering::Relaxed);
    }
    for number in 0..shape.capacity() {
        memory.store(shape.slot(number), 0, Ordering::Relaxed);
    }
    for (at, _, value) in shape.identity() {
        memory.store(at, value, Ordering::Relaxed);
    }
    // Pairs with the Acquire fence of `check_magic`.
    memory.store(WORD_MAGIC, MAGIC, Ordering::Release);
    Ok(())
}

/// What the header in `memory` alleges, if it can be true: for tools that list, and
/// for who takes whatever shape the peer chose.
///
/// # Errors
///
/// [`AttachError`]: not created, of another version, out of limits, or too large
/// for the view.
pub fn discover(memory: ReadOnly<'_>) -> Result<Shape, AttachError> {
    if memory.words() < HEADER_WORDS {
        return Err(AttachError::Memory {
            needed: HEADER_WORDS,
            given: memory.words(),
        });
    }
    check_magic(memory)?;
    let word = memory.load(WORD_KIND);
    let kind = match word & 0xffff {
        1 => Kind::Ring,
        2 => Kind::Broadcast,
        3 => Kind::Snapshot,
        other => return Err(ShapeError::Kind(other).into()),
    };
    let (slots, record_bytes) = (memory.load(WORD_SLOTS), memory.load(WORD_RECORD_BYTES));
    let shape = Shape::new(
        kind,
        u32::try_from(slots).map_err(|_| ShapeError::Slots(slots))?,
        u32::try_from(record_bytes).map_err(|_| ShapeError::RecordBytes(record_bytes))?,
        memory.load(WORD_SCHEMA),
        memory.load(WORD_GENERATION),
    )?;
    // Version and reserved words, and that nobody changed it meanwhile.
    shape.check(kind, memory)?;
    Ok(shape)
}
