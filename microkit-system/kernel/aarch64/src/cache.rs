// SPDX-License-Identifier: BSD-2-Clause

//! Cache and TLB maintenance.
//!
//! All by address in the identity map, so virtual is physical. Operations on
//! device memory or unmapped holes are the caller's to avoid.

use core::arch::asm;

use aarch64_cpu::asm::barrier::{ISH, SY, dsb, isb};
use tombolo_kernel_core::hardware::CacheOp;

/// Bytes of the smallest data cache line: CTR_EL0.DminLine is log2 of its words.
fn line_size() -> u64 {
    let ctr: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, ctr_el0", out(reg) ctr, options(nomem, nostack)) };
    4 << ((ctr >> 16) & 0xf)
}

macro_rules! by_line {
    ($(#[$doc:meta])* $name:ident, $instruction:literal) => {
        $(#[$doc])*
        fn $name(start: u64, size: u64) {
            let line = line_size();
            let mut at = start & !(line - 1);
            while at < start.saturating_add(size) {
                // SAFETY: cleaning or dropping a clean line changes no value that
                // this core sees; callers of IVAC say why there is no dirty one.
                unsafe { asm!(concat!($instruction, ", {}"), in(reg) at, options(nostack)) };
                at += line;
            }
            dsb(SY);
        }
    };
}

by_line!(clean, "dc cvac");
by_line!(clean_invalidate, "dc civac");
by_line!(clean_to_unification, "dc cvau");
by_line!(invalidate, "dc ivac");

/// Drops lines of memory that was written with caches off.
pub fn discard(start: u64, size: u64) {
    dsb(SY);
    invalidate(start, size);
}

/// Clean and invalidate to the point of coherency.
pub fn flush(start: u64, size: u64) {
    clean_invalidate(start, size);
}

/// Instructions may have changed anywhere. All of it, since the kernel's
/// addresses are not those the code runs at.
pub fn forget_instructions() {
    // SAFETY: instructions are fetched again; nothing else changes.
    unsafe { asm!("ic iallu", options(nostack)) };
    dsb(ISH);
    isb(SY);
}

/// Empties the TLB: EL2's entries, and all of stages 1 and 2 for EL1 and EL0.
pub fn forget_translations() {
    dsb(ISH);
    // SAFETY: translations are walked again; tables are complete.
    unsafe { asm!("tlbi alle2", "tlbi alle1", options(nostack)) };
    dsb(ISH);
    isb(SY);
}

/// Empties the TLB of stage-1 entries of the current VMID: another vCPU of the
/// same machine had the core, and its address-space ids need not mean the same.
pub fn forget_guest_translations() {
    isb(SY);
    // SAFETY: as above.
    unsafe { asm!("tlbi vmalle1", options(nostack)) };
    dsb(ISH);
    isb(SY);
}

/// A VSpace cache operation. Invalidation cleans as well: dropping dirty lines
/// would let their old content show, which may be another's.
pub fn operate(op: CacheOp, start: u64, size: u64) {
    match op {
        CacheOp::Clean => clean(start, size),
        CacheOp::Invalidate | CacheOp::CleanInvalidate => clean_invalidate(start, size),
        CacheOp::UnifyInstruction => {
            clean_to_unification(start, size);
            forget_instructions();
        }
    }
}
