// SPDX-License-Identifier: BSD-2-Clause

//! Zeroing and cache maintenance by address, from EL0.
//!
//! DC CIVAC is allowed at EL0 on seL4; DC ZVA is not, hence stores of pairs. All of
//! it is assembly: the memory is shared with guests that may write to it at any
//! moment, so no Rust reference to it may exist.
//!
//! Source: Arm ARM (DDI 0487), D7.5 "Cache support", C6.2 "STP".

use core::arch::asm;
use tombolo_config::Mapping;
use tombolo_pages::scrub::SlotMemory;

/// One slot, as it is mapped here: whole pages, cached, for writing.
pub struct MappedSlot {
    address: usize,
    size: usize,
    line: usize,
}

impl MappedSlot {
    /// `None`: not whole pages in this address space, so the configuration is wrong.
    ///
    /// # Safety
    /// `mapping` is mapped cached and writable for ever and holds no Rust object.
    pub unsafe fn new(mapping: &Mapping) -> Option<Self> {
        let address = usize::try_from(mapping.address).ok()?;
        let size = usize::try_from(mapping.size).ok()?;
        let whole = address.is_multiple_of(0x1000) && size.is_multiple_of(0x1000);
        let fits = address != 0 && address.checked_add(size).is_some();
        (whole && fits).then(|| Self {
            address,
            size,
            line: smallest_line(),
        })
    }
}

impl SlotMemory for MappedSlot {
    fn size(&self) -> usize {
        self.size
    }

    fn line(&self) -> usize {
        self.line
    }

    fn zero(&mut self, offset: usize, length: usize) {
        let end = offset.saturating_add(length).min(self.size);
        let start = offset.min(end);
        // SAFETY: within the slot by the two `min`, which `new`'s caller vouches for;
        // both ends are multiples of 64 as chunks and pages are (a partial block
        // would end the loop past `end` only if they were not).
        unsafe {
            asm!(
                "2:",
                "cmp {at}, {end}",
                "b.hs 3f",
                "stp xzr, xzr, [{at}]",
                "stp xzr, xzr, [{at}, #16]",
                "stp xzr, xzr, [{at}, #32]",
                "stp xzr, xzr, [{at}, #48]",
                "add {at}, {at}, #64",
                "b 2b",
                "3:",
                at = inout(reg) self.address + start / 64 * 64 => _,
                end = in(reg) self.address + end / 64 * 64,
                options(nostack),
            );
        }
    }

    fn clean_and_invalidate(&mut self, offset: usize) {
        let at = self.address + offset.min(self.size - 1);
        // SAFETY: an address within the slot; the operation changes no content.
        unsafe { asm!("dc civac, {at}", at = in(reg) at, options(nostack, preserves_flags)) }
    }

    fn barrier(&mut self) {
        // SAFETY: a barrier. Full system: guests may access without caches.
        unsafe { asm!("dsb sy", options(nostack, preserves_flags)) }
    }
}

/// CTR_EL0.DminLine (bits 19:16): log2 of the words in the smallest line of all
/// data caches (Arm ARM D24.2.34).
fn smallest_line() -> usize {
    let ctr: u64;
    // SAFETY: reads an identification register that EL0 may read.
    unsafe { asm!("mrs {ctr}, ctr_el0", ctr = out(reg) ctr, options(nomem, nostack)) }
    4 << (ctr >> 16 & 0xf)
}
