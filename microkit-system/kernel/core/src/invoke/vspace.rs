// SPDX-License-Identifier: BSD-2-Clause

//! Cache operations on an address space (sel4-microkit-abi, 3.2).
//!
//! The stage-2 tables have a granule of 4 KiB and 40-bit addresses: two
//! concatenated tables at level 1, leaves of 2 MiB at level 2 and of 4 KiB at
//! level 3 (Arm ARM, D8.2 and D8.3). An operation stays within one leaf, which
//! bounds it.

use crate::hardware::{CacheOp, Hardware, PhysAddr};
use crate::ids::VSpaceId;
use crate::invoke::InvocationError;
use crate::invoke::decode::Decoder;
use crate::invoke::method::Method;

/// Last address of a protection domain.
const USER_TOP: u64 = 0xff_ffff_ffff;
/// Output address of a descriptor.
const ADDRESS: u64 = 0x0000_ffff_ffff_f000;
/// Bits of a level-2 leaf and of a level-3 leaf.
const BLOCK_BITS: u32 = 21;
const PAGE_BITS: u32 = 12;
/// Bits of an address above the level-1 index, and of an index below.
const LEVEL1_SHIFT: u32 = 30;
const INDEX: u64 = 0x1ff;

/// A cache operation on `[start, start + size)`; nothing if `size` is 0.
pub struct CacheInvocation {
    pub op: CacheOp,
    pub start: PhysAddr,
    pub size: u64,
}

/// What kind of descriptor (bits 1:0).
enum Descriptor {
    Invalid,
    /// A block, at level 2.
    Block(u64),
    /// A table, or a page at level 3.
    Table(u64),
}

impl Descriptor {
    fn decode(entry: u64) -> Self {
        match entry & 3 {
            1 => Self::Block(entry & ADDRESS),
            3 => Self::Table(entry & ADDRESS),
            _ => Self::Invalid,
        }
    }
}

impl<H: Hardware> Decoder<'_, H> {
    pub(super) fn vspace(
        &self,
        vspace: VSpaceId,
        method: Method,
    ) -> Result<CacheInvocation, InvocationError> {
        let op = match method {
            Method::VSpaceClean => CacheOp::Clean,
            Method::VSpaceInvalidate => CacheOp::Invalidate,
            Method::VSpaceCleanInvalidate => CacheOp::CleanInvalidate,
            Method::VSpaceUnify => CacheOp::UnifyInstruction,
            _ => return Err(InvocationError::IllegalOperation),
        };
        self.need(2)?;
        let (start, end) = (self.word(0), self.word(1));
        if end <= start {
            return Err(InvocationError::InvalidArgument { index: 1 });
        }
        if end > USER_TOP {
            return Err(InvocationError::IllegalOperation);
        }
        let Some((base, bits)) = self.leaf(self.kernel.vspaces[vspace].root, start) else {
            let (start, size) = (PhysAddr(0), 0);
            return Ok(CacheInvocation { op, start, size });
        };
        let mask = (1 << bits) - 1;
        if start & !mask != (end - 1) & !mask {
            let max = start | mask;
            return Err(InvocationError::RangeError { min: start, max });
        }
        Ok(CacheInvocation {
            op,
            start: PhysAddr(base + (start & mask)),
            size: end - start,
        })
    }

    /// Physical base and size in bits of the leaf that maps `address`.
    fn leaf(&self, root: PhysAddr, address: u64) -> Option<(u64, u32)> {
        let level1 = self.entry(root.0, address >> LEVEL1_SHIFT);
        let Descriptor::Table(level2) = level1 else {
            return None;
        };
        match self.entry(level2, address >> BLOCK_BITS & INDEX) {
            Descriptor::Invalid => None,
            Descriptor::Block(base) => Some((base & !((1 << BLOCK_BITS) - 1), BLOCK_BITS)),
            Descriptor::Table(level3) => match self.entry(level3, address >> PAGE_BITS & INDEX) {
                Descriptor::Table(page) => Some((page, PAGE_BITS)),
                Descriptor::Invalid | Descriptor::Block(_) => None,
            },
        }
    }

    fn entry(&self, table: u64, index: u64) -> Descriptor {
        Descriptor::decode(self.hw.table_entry(PhysAddr(table + index * 8)))
    }
}
