// SPDX-License-Identifier: BSD-2-Clause

//! What can go wrong, and who is to blame.
//!
//! | type | when | blame | then |
//! |---|---|---|---|
//! | [`ShapeError`] | before anything is touched | the caller | choose another shape |
//! | [`AttachError`] | making a handle | the peer, or versions differ | wait, or refuse the peer |
//! | [`Error::Breach`] | any call | the peer | the handle stays broken; make the channel anew |
//! | other [`Error`] | one call | as said at each | the handle goes on working |

/// A shape that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShapeError {
    /// Not a power of two within the limits of the kind.
    #[error("{0} slots: give a power of two from 1 (snapshot: 2) to 1048576")]
    Slots(u64),
    /// Not 1 to 65536.
    #[error("records of {0} bytes: give 1 to 65536")]
    RecordBytes(u64),
    /// No structure of this version.
    #[error("kind {0} is none of this version: 1 ring, 2 broadcast, 3 snapshot")]
    Kind(u64),
    /// More than this machine can address.
    #[error("this many slots of this size exceed the address space")]
    Size,
}

/// A word of the header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// [`crate::MAGIC`].
    Magic,
    /// Kind and layout version.
    KindAndVersion,
    /// Number of slots.
    Slots,
    /// Most bytes of one record.
    RecordBytes,
    /// What the records are: the users' number.
    Schema,
    /// Which life of the structure this is.
    Generation,
    /// Words that version 1 keeps zero.
    Reserved,
}

/// Why a handle could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachError {
    /// The shape asked for cannot be.
    #[error(transparent)]
    Shape(#[from] ShapeError),
    /// The shape is one of another structure.
    #[error("this handle is not for a {0:?}")]
    Kind(crate::Kind),
    /// The view is too small for the shape.
    #[error("{needed} words are needed, the view has {given}: attach a larger region")]
    Memory {
        /// Words of the structure.
        needed: usize,
        /// Words of the view.
        given: usize,
    },
    /// Nobody has created it yet, or somebody is about to: try again later.
    #[error("not created yet: wait for the peer's signal, then try again")]
    NotReady,
    /// The header alleges something else.
    #[error("{field:?} is {found:#x}, expected {expected:#x}: both sides need the same")]
    Differs {
        /// Which word.
        field: Field,
        /// What it holds.
        found: u64,
        /// What was asked for.
        expected: u64,
    },
    /// A structure of that generation is there already: resume it, or create one
    /// of another generation.
    #[error("generation {0} is in use: resume it, or create another generation")]
    GenerationInUse(u64),
    /// The two indices cannot both be true.
    #[error("{0}: create the ring anew")]
    Breach(#[from] Breach),
}

/// What a peer did that no honest peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Its index lies outside what is possible, or went back.
    #[error("the peer's index is {found:#x}, possible are {from:#x} and {most} after it")]
    Index {
        /// What the peer wrote.
        found: u64,
        /// The least possible.
        from: u64,
        /// How many more are possible.
        most: u64,
    },
    /// A record longer than a slot.
    #[error("a record alleges {found} bytes, a slot holds {limit}")]
    Length {
        /// What the peer wrote.
        found: u64,
        /// Most bytes of a record.
        limit: u64,
    },
    /// The structure was created anew: attach to the new one.
    #[error("generation {found} replaced {expected}: attach again")]
    Generation {
        /// What the header holds.
        found: u64,
        /// The handle's.
        expected: u64,
    },
}

/// Why a call did not do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The peer broke the protocol. Every later call says the same.
    #[error("channel broken: {0}")]
    Breach(#[from] Breach),
    /// Ring: no free slot. Ask to be woken, then try again.
    #[error("the ring is full")]
    Full,
    /// The caller's record is longer than a slot.
    #[error("{length} bytes do not fit a record of {limit}")]
    TooLong {
        /// Bytes given.
        length: usize,
        /// Most bytes of a record.
        limit: usize,
    },
    /// The caller's buffer is too short; the record stays where it is.
    #[error("the record has {needed} bytes, the buffer {given}")]
    Buffer {
        /// Bytes of the record.
        needed: usize,
        /// Bytes of the buffer.
        given: usize,
    },
    /// Snapshot: overwritten at each of [`crate::TRIES`] tries. Try later.
    #[error("the writer was faster at every try: try later")]
    Busy,
}
