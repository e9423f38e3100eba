// SPDX-License-Identifier: BSD-2-Clause

//! Words and limits of the system call interface.

/// A machine word: message register, badge, capability pointer.
pub type Word = u64;

/// Size of [`Word`] in bits.
pub const WORD_SIZE: usize = 64;

/// The word a receiver gets with a message or signal.
pub type Badge = Word;

/// A time in microseconds.
pub type Time = u64;

/// Message registers of a message, length field's maximum (manual, 4.1).
pub const NUM_MESSAGE_REGISTERS: usize = 120;

/// Message registers that travel in processor registers.
pub const NUM_FAST_MESSAGE_REGISTERS: usize = 4;

/// A small index as a word. Lossless: no supported target has a `usize` wider than a word.
pub(crate) const fn word(value: usize) -> Word {
    value as Word
}

/// A word known to fit as an index; `None` when it does not.
pub(crate) fn index(value: Word) -> Option<usize> {
    usize::try_from(value).ok()
}
