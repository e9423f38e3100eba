// SPDX-License-Identifier: BSD-2-Clause

//! A page of registers, accessed in every way that the processor knows.
//!
//! Why not `safe-mmio`: here the odd accesses are the point, and each may end in
//! an abort, which is an answer too.

use super::exceptions::{Abort, expected, taken};
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{CPACR_EL1, ReadWriteable};
use core::arch::asm;

/// Bytes of a page.
const PAGE: u64 = 4096;

/// Bytes of one access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Byte, Self::Half, Self::Word, Self::Double];

    /// From log2 of the bytes; more than 3 is 3.
    pub fn from_log2(log2: u8) -> Self {
        Self::ALL[usize::from(log2.min(3))]
    }

    /// All ones in as many bits.
    pub fn mask(self) -> u64 {
        u64::MAX >> (64 - 8 * self as u64)
    }
}

/// Accesses that a hypervisor is not told about in full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Odd {
    /// Load of a 128-bit SIMD register.
    LoadSimd,
    /// Store of one.
    StoreSimd,
    /// Load-exclusive.
    LoadExclusive,
    /// Load-acquire: the one that is described in full.
    LoadAcquire,
}

/// One access that may abort; the address of the instruction is noted before, so
/// that the vectors know it.
macro_rules! guarded {
    ($instruction:literal, $($operands:tt)*) => {
        asm!("adr {pc}, 2f", "str {pc}, [{expected}]", "dsb sy",
            concat!("2: ", $instruction), "dsb sy", "isb",
            pc = out(reg) _, expected = in(reg) expected(), $($operands)*)
    };
}

/// A page of registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page(u64);

impl Page {
    /// The page at `address`.
    ///
    /// # Safety
    ///
    /// The page is mapped, and nothing of this program's is there or behind it.
    pub unsafe fn new(address: u64) -> Self {
        Self(address)
    }

    /// Address of a register; an offset behind the page is brought back into it.
    fn at(self, offset: u64) -> u64 {
        self.0 + offset % PAGE
    }

    /// Loads.
    pub fn load(self, offset: u64, width: Width) -> Result<u64, Abort> {
        let address = self.at(offset);
        let value: u64;
        // SAFETY: `new`'s caller promised that nothing of this program's is there;
        // the vectors take an abort.
        unsafe {
            match width {
                Width::Byte => guarded!("ldrb {value:w}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
                Width::Half => guarded!("ldrh {value:w}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
                Width::Word => guarded!("ldr {value:w}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
                Width::Double => guarded!("ldr {value:x}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
            }
        }
        taken().map_or(Ok(value), Err)
    }

    /// Stores.
    pub fn store(self, offset: u64, width: Width, value: u64) -> Result<(), Abort> {
        let address = self.at(offset);
        // SAFETY: as in `load`.
        unsafe {
            match width {
                Width::Byte => guarded!("strb {value:w}, [{address}]",
                    address = in(reg) address, value = in(reg) value),
                Width::Half => guarded!("strh {value:w}, [{address}]",
                    address = in(reg) address, value = in(reg) value),
                Width::Word => guarded!("str {value:w}, [{address}]",
                    address = in(reg) address, value = in(reg) value),
                Width::Double => guarded!("str {value:x}, [{address}]",
                    address = in(reg) address, value = in(reg) value),
            }
        }
        taken().map_or(Ok(()), Err)
    }

    /// Loads two words, or two doubles.
    pub fn load_pair(self, offset: u64, doubles: bool) -> Result<(u64, u64), Abort> {
        let address = self.at(offset);
        let (first, second): (u64, u64);
        // SAFETY: as in `load`.
        unsafe {
            if doubles {
                guarded!("ldp {first:x}, {second:x}, [{address}]", address = in(reg) address,
                    first = out(reg) first, second = out(reg) second);
            } else {
                guarded!("ldp {first:w}, {second:w}, [{address}]", address = in(reg) address,
                    first = out(reg) first, second = out(reg) second);
            }
        }
        taken().map_or(Ok((first, second)), Err)
    }

    /// Stores two doubles.
    pub fn store_pair(self, offset: u64, first: u64, second: u64) -> Result<(), Abort> {
        let address = self.at(offset);
        // SAFETY: as in `load`.
        unsafe {
            guarded!("stp {first:x}, {second:x}, [{address}]", address = in(reg) address,
                first = in(reg) first, second = in(reg) second);
        }
        taken().map_or(Ok(()), Err)
    }

    /// Loads a word and adds 4 to the base, in one instruction; returns what was
    /// loaded and by how much the base grew.
    pub fn load_and_advance(self, offset: u64) -> Result<(u64, u64), Abort> {
        let start = self.at(offset);
        let mut address = start;
        let value: u64;
        // SAFETY: as in `load`.
        unsafe {
            guarded!("ldr {value:w}, [{address}], #4",
                address = inout(reg) address, value = out(reg) value);
        }
        taken().map_or(Ok((value, address.wrapping_sub(start))), Err)
    }

    /// An access of another kind; returns what a load gave (0: a SIMD register is
    /// out of reach here).
    pub fn odd(self, offset: u64, kind: Odd) -> Result<u64, Abort> {
        CPACR_EL1.modify(CPACR_EL1::FPEN::TrapNothing);
        barrier::isb(barrier::SY);
        let address = self.at(offset);
        let mut value = 0;
        // SAFETY: as in `load`. Code for this target does not use SIMD registers;
        // the assembler does not know them either: `ldr q0, [x0]`, `str q0, [x0]`.
        unsafe {
            match kind {
                Odd::LoadSimd => guarded!(".inst 0x3dc00000", in("x0") address),
                Odd::StoreSimd => guarded!(".inst 0x3d800000", in("x0") address),
                Odd::LoadExclusive => guarded!("ldxr {value:w}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
                Odd::LoadAcquire => guarded!("ldar {value:w}, [{address}]",
                    address = in(reg) address, value = out(reg) value),
            }
        }
        taken().map_or(Ok(value), Err)
    }
}
