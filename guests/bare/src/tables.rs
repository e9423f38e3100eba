// SPDX-License-Identifier: BSD-2-Clause

//! Identity-mapped translation tables from a fixed pool.
//!
//! Why: exclusives and unaligned accesses need normal memory, and so the MMU.
//! Stage 1, 4 KiB granule, 39-bit addresses: level 1 is the root (Arm ARM, D8.3).
//! Mappings are only ever added, so no invalidation is needed.

use core::sync::atomic::{AtomicU64, Ordering};

/// Tables in the pool.
const TABLES: usize = 80;
/// Entries of a table.
const ENTRIES: usize = 512;
/// First address that does not fit.
const LIMIT: u64 = 1 << 39;

/// Bits of the address below a leaf at levels 1, 2 and 3.
const SHIFTS: [u32; 3] = [30, 21, 12];

const VALID: u64 = 1;
/// Table at levels 1 and 2, page at level 3.
const TABLE_OR_PAGE: u64 = 1 << 1;
const ACCESSED: u64 = 1 << 10;
const INNER_SHAREABLE: u64 = 3 << 8;
/// UXN and PXN.
const EXECUTE_NEVER: u64 = 3 << 53;
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;

/// MAIR_EL1 for [`Memory`]: attribute 0 device nGnRE, 1 normal write-back.
pub const MAIR: u64 = 0xff04;
/// TCR_EL1: 39-bit addresses in TTBR0, 4 KiB granule, walks write-back and inner
/// shareable, 40-bit output, TTBR1 off.
pub const TCR: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32;

/// Kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// Registers.
    Device,
    /// Code and data of this program.
    Program,
    /// Data of others: not executable.
    Data,
}

impl Memory {
    fn bits(self) -> u64 {
        match self {
            Self::Device => EXECUTE_NEVER,
            Self::Program => 1 << 2 | INNER_SHAREABLE,
            Self::Data => 1 << 2 | INNER_SHAREABLE | EXECUTE_NEVER,
        }
    }
}

/// Why something cannot be mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapError {
    /// Not page-aligned, empty, or beyond 39 bits.
    Range,
    /// Mapped already, as another kind.
    Conflict,
    /// The pool is empty.
    Full,
}

/// A table.
#[derive(Debug)]
#[repr(C, align(4096))]
struct Table([AtomicU64; ENTRIES]);

/// The pool; its first table is the root.
#[derive(Debug)]
#[repr(C, align(4096))]
pub struct Pool([Table; TABLES]);

impl Pool {
    /// An empty pool.
    pub const fn new() -> Self {
        Self([const { Table([const { AtomicU64::new(0) }; ENTRIES]) }; TABLES])
    }
}

impl Default for Pool {
    fn default() -> Self {
        Self::new()
    }
}

/// Adds mappings to a pool.
#[derive(Debug)]
pub struct Mapper<'a> {
    pool: &'a Pool,
    /// Physical address of the pool.
    base: u64,
    used: usize,
}

impl<'a> Mapper<'a> {
    /// A mapper of an empty pool that lies at physical address `base`.
    pub fn new(pool: &'a Pool, base: u64) -> Self {
        Self {
            pool,
            base,
            used: 1,
        }
    }

    /// Maps `size` bytes at `start` to the same physical address.
    pub fn map(&mut self, start: u64, size: u64, memory: Memory) -> Result<(), MapError> {
        let end = start.checked_add(size).ok_or(MapError::Range)?;
        if (start | size) & 0xfff != 0 || size == 0 || end > LIMIT {
            return Err(MapError::Range);
        }
        let mut at = start;
        while at < end {
            at += self.map_one(at, end - at, memory)?;
        }
        Ok(())
    }

    /// Maps the largest leaf that fits; returns its size.
    fn map_one(&mut self, at: u64, left: u64, memory: Memory) -> Result<u64, MapError> {
        let mut table = 0;
        for (level, shift) in SHIFTS.into_iter().enumerate() {
            let size = 1 << shift;
            let entry = &self.pool.0[table].0[index(at, shift)];
            let old = entry.load(Ordering::Relaxed);
            let is_table = level < 2 && old & 3 == VALID | TABLE_OR_PAGE;
            if !is_table && old & VALID != 0 {
                return same_kind(old, at, size, memory);
            }
            let fits = at.is_multiple_of(size) && left >= size;
            if fits && !is_table {
                let page = if level == 2 { TABLE_OR_PAGE } else { 0 };
                let leaf = at | memory.bits() | ACCESSED | page | VALID;
                entry.store(leaf, Ordering::Release);
                return Ok(size);
            }
            table = if is_table {
                self.number(old)
            } else {
                self.add_table(entry)?
            };
        }
        Err(MapError::Range)
    }

    fn add_table(&mut self, entry: &AtomicU64) -> Result<usize, MapError> {
        let number = self.used;
        if number >= TABLES {
            return Err(MapError::Full);
        }
        self.used += 1;
        let address = self.base + number as u64 * 4096;
        entry.store(address | TABLE_OR_PAGE | VALID, Ordering::Release);
        Ok(number)
    }

    /// The number of the table that an entry names; it is in the pool, as this
    /// is the only writer.
    fn number(&self, entry: u64) -> usize {
        ((entry & ADDRESS).wrapping_sub(self.base) / 4096) as usize % TABLES
    }
}

/// An existing leaf serves if it is of the same kind; returns what is left of it.
fn same_kind(leaf: u64, at: u64, size: u64, memory: Memory) -> Result<u64, MapError> {
    let kind = INNER_SHAREABLE | EXECUTE_NEVER | 7 << 2;
    if leaf & kind == memory.bits() {
        Ok(size - at % size)
    } else {
        Err(MapError::Conflict)
    }
}

fn index(address: u64, shift: u32) -> usize {
    // Lossless: 9 bits.
    (address >> shift) as usize % ENTRIES
}

#[cfg(test)]
mod tests {
    use super::{
        ADDRESS, MapError, Mapper, Memory, Ordering, Pool, SHIFTS, TABLE_OR_PAGE, VALID, index,
    };

    const GIB: u64 = 1 << 30;

    /// What the MMU makes of an address: its leaf's bits and size.
    fn walk(mapper: &Mapper<'_>, address: u64) -> Option<(u64, u64)> {
        let mut table = 0;
        for (level, shift) in SHIFTS.into_iter().enumerate() {
            let entry = mapper.pool.0[table].0[index(address, shift)].load(Ordering::Relaxed);
            if entry & VALID == 0 {
                return None;
            }
            let table_or_page = entry & TABLE_OR_PAGE != 0;
            if (level == 2) == table_or_page {
                assert_eq!(entry & ADDRESS, address >> shift << shift, "identity");
                return Some((entry & !ADDRESS, 1 << shift));
            }
            table = mapper.number(entry);
        }
        None
    }

    #[test]
    fn leaves_are_as_large_as_they_can_be() {
        let pool = Pool::new();
        let mut mapper = Mapper::new(&pool, 0x4010_0000);
        mapper.map(0, GIB, Memory::Device).unwrap();
        mapper.map(GIB, GIB, Memory::Program).unwrap();
        // A slot: control page, then 2 MiB-aligned data.
        let data = 0x1_0020_0000;
        mapper.map(data - 0x1000, 0x1000, Memory::Device).unwrap();
        mapper.map(data, 128 << 20, Memory::Data).unwrap();
        assert_eq!(walk(&mapper, 0x900_0000).unwrap().1, GIB);
        assert_eq!(walk(&mapper, data - 1).unwrap().1, 0x1000);
        assert_eq!(walk(&mapper, data).unwrap().1, 0x20_0000);
        assert_eq!(walk(&mapper, data + (128 << 20) - 1).unwrap().1, 0x20_0000);
        assert_eq!(walk(&mapper, data + (128 << 20)), None);
        assert_eq!(walk(&mapper, data - 0x1001), None);
        let (device, _) = walk(&mapper, data - 1).unwrap();
        let (normal, _) = walk(&mapper, data).unwrap();
        assert_eq!((device >> 2 & 7, normal >> 2 & 7), (0, 1));
        assert_eq!(normal >> 53 & 3, 3, "data is not executable");
    }

    #[test]
    fn what_is_mapped_may_be_mapped_again_but_not_as_something_else() {
        let pool = Pool::new();
        let mut mapper = Mapper::new(&pool, 0);
        mapper.map(GIB, GIB, Memory::Program).unwrap();
        assert_eq!(mapper.map(GIB + 0x5000, 0x3000, Memory::Program), Ok(()));
        assert_eq!(
            mapper.map(GIB + 0x5000, 0x1000, Memory::Device),
            Err(MapError::Conflict)
        );
    }

    #[test]
    fn nonsense_is_refused() {
        let pool = Pool::new();
        let mut mapper = Mapper::new(&pool, 0);
        for (start, size) in [
            (1, 0x1000),
            (0, 0),
            (0, 0x10),
            (!0xfff, 0x1000),
            (1 << 39, 0x1000),
        ] {
            assert_eq!(
                mapper.map(start, size, Memory::Data),
                Err(MapError::Range),
                "{start:#x} {size:#x}"
            );
        }
        let many = (0..40).map(|n| mapper.map(n * GIB + 0x1000, 0x1000, Memory::Data));
        assert!(many.into_iter().any(|result| result == Err(MapError::Full)));
    }
}
