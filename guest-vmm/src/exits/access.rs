// SPDX-License-Identifier: BSD-2-Clause

//! One load or store of the guest, and what came of it.

use core::fmt;

/// Bytes of one access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Width {
    /// 8 bits.
    Byte = 1,
    /// 16 bits.
    Half = 2,
    /// 32 bits.
    Word = 4,
    /// 64 bits.
    Double = 8,
}

impl Width {
    /// From log2 of the bytes (ESR's SAS, an instruction's size field).
    pub fn from_log2(log2: u32) -> Self {
        match log2 & 3 {
            0 => Self::Byte,
            1 => Self::Half,
            2 => Self::Word,
            _ => Self::Double,
        }
    }

    /// Number of bytes.
    pub fn bytes(self) -> u64 {
        self as u64
    }

    /// All ones in as many bits.
    pub fn mask(self) -> u64 {
        u64::MAX >> (64 - 8 * self.bytes())
    }
}

/// A load or store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// Guest-physical address.
    pub address: u64,
    /// Bytes.
    pub width: Width,
    /// The value stored, or `None` for a load.
    pub store: Option<u64>,
}

impl Access {
    /// Whether the address is a multiple of the width.
    pub fn is_aligned(&self) -> bool {
        self.address.is_multiple_of(self.width.bytes())
    }
}

/// How a device took an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Served {
    /// A load gave this value (not wider than the access); a store is done.
    Done(u64),
    /// Not yet: the guest is to repeat the instruction after something happens.
    Wait,
    /// As [`Served::Wait`], at this counter value at the latest.
    Later(u64),
    /// The guest gets an external abort.
    Refused(Refusal),
}

/// Why an access ends in an external abort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No device and no memory at that address.
    NothingThere,
    /// The control page of a slot in which this guest has no connection.
    NotAttached {
        /// Slot number.
        slot: u16,
    },
    /// A store to memory that this guest may only read.
    ReadOnly,
    /// The processor gave no syndrome, and the instruction is not emulated.
    Instruction {
        /// Its encoding.
        word: u32,
        /// What kind it is.
        kind: &'static str,
    },
    /// The processor gave no syndrome, and the instruction could not be read.
    Unreadable,
    /// The guest's own translation tables lie where nothing is.
    TableWalk,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NothingThere => f.write_str("nothing there"),
            Self::NotAttached { slot } => {
                write!(
                    f,
                    "control page of slot {slot}, which this guest has not attached"
                )
            }
            Self::ReadOnly => f.write_str("this guest may only read here"),
            Self::Instruction { word, kind } => {
                write!(
                    f,
                    "{kind} (instruction {word:#010x}) cannot access a device"
                )
            }
            Self::Unreadable => f.write_str("the instruction could not be read"),
            Self::TableWalk => f.write_str("translation tables outside memory"),
        }
    }
}

/// A loaded value as it goes into the register.
pub fn extend(value: u64, width: Width, signed: bool, to_64: bool) -> u64 {
    let value = value & width.mask();
    if !signed {
        return value;
    }
    let shift = 64 - 8 * width.bytes();
    // Arithmetic shift: the sign is copied down from the top.
    let extended = (value << shift).cast_signed() >> shift;
    let mask = if to_64 { u64::MAX } else { u64::from(u32::MAX) };
    extended.cast_unsigned() & mask
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loads_extend_as_the_instruction_says() {
        assert_eq!(extend(0xfff, Width::Byte, false, true), 0xff);
        assert_eq!(extend(0x80, Width::Byte, true, true), 0xffff_ffff_ffff_ff80);
        assert_eq!(extend(0x80, Width::Byte, true, false), 0xffff_ff80);
        assert_eq!(extend(0x7fff_ffff, Width::Word, true, true), 0x7fff_ffff);
        assert_eq!(extend(u64::MAX, Width::Double, true, true), u64::MAX);
    }
}
