// SPDX-License-Identifier: BSD-2-Clause

//! EL2's own address space: identity, built once.
//!
//! Below RAM: device memory. RAM: normal write-back, read-write, not executable,
//! but the kernel's text (read, execute), its read-only data (read) and the
//! page below its stack (nothing). 32 bits of address: level 1 with four 1 GiB
//! entries, one level-2 table for the GiB of the kernel, one level-3 table for its
//! first 2 MiB. Descriptors: Arm ARM, D8.3.

use core::cell::UnsafeCell;

use aarch64_cpu::asm::barrier::{ISH, SY, dsb, isb};
use aarch64_cpu::registers::{MAIR_EL2, SCTLR_EL2, TCR_EL2, TTBR0_EL2, Writeable};

use crate::{board, cache};

const GIB: u64 = 1 << 30;
const LARGE: u64 = 1 << 21;
const PAGE: u64 = 1 << 12;

/// Attribute 0: device-nGnRnE. Attribute 1: normal, write-back.
const MAIR: u64 = 0xff00;
/// RES1 bits, 40-bit physical addresses, inner shareable write-back walks, 4 KiB
/// granule, 32 bits of address.
const TCR: u64 = (1 << 31) | (1 << 23) | (2 << 16) | (3 << 12) | (1 << 10) | (1 << 8) | 32;
/// RES1 bits, WXN, I, SA, C, M.
const SCTLR: u64 = 0x30c5_0830 | (1 << 19) | (1 << 12) | (1 << 3) | (1 << 2) | 1;

const VALID: u64 = 1;
const TABLE_OR_PAGE: u64 = 2;
const NORMAL: u64 = 1 << 2;
/// AP[1] is RES1 at EL2.
const EL2: u64 = 1 << 6;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const EXECUTE_NEVER: u64 = 1 << 54;

const DEVICE_RW: u64 = VALID | EL2 | ACCESSED | EXECUTE_NEVER;
const MEMORY_RX: u64 = VALID | NORMAL | EL2 | INNER_SHAREABLE | ACCESSED | READ_ONLY;
const MEMORY_RO: u64 = MEMORY_RX | EXECUTE_NEVER;
const MEMORY_RW: u64 = MEMORY_RO & !READ_ONLY;

#[repr(C, align(4096))]
struct Table([u64; 512]);

#[repr(C)]
struct Tables {
    level1: Table,
    level2: Table,
    level3: Table,
}

struct Shared(UnsafeCell<Tables>);

// SAFETY: written by `enable` alone, before the table walker uses it.
unsafe impl Sync for Shared {}

static TABLES: Shared = Shared(UnsafeCell::new(Tables {
    level1: Table([0; 512]),
    level2: Table([0; 512]),
    level3: Table([0; 512]),
}));

unsafe extern "C" {
    safe static __text_end: u8;
    safe static __rodata_end: u8;
    safe static __stack_guard: u8;
}

fn address<T>(symbol: *const T) -> u64 {
    symbol.addr() as u64
}

/// Descriptor of the page at `page`, in the kernel's first 2 MiB.
fn kernel_page(page: u64) -> u64 {
    let attributes = if page < address(&raw const __text_end) {
        MEMORY_RX
    } else if page < address(&raw const __rodata_end) {
        MEMORY_RO
    } else if page == address(&raw const __stack_guard) {
        return 0;
    } else {
        MEMORY_RW
    };
    page | attributes | TABLE_OR_PAGE
}

fn fill(tables: &mut Tables) {
    let kernel_gib = board::LOAD_ADDRESS / GIB * GIB;
    let level2 = address(&raw const tables.level2);
    let level3 = address(&raw const tables.level3);
    for (start, entry) in (0..).step_by(GIB as usize).zip(&mut tables.level1.0[..4]) {
        *entry = match start {
            _ if start == kernel_gib => level2 | VALID | TABLE_OR_PAGE,
            _ if start < board::RAM_START => start | DEVICE_RW,
            _ if start < board::RAM_END => start | MEMORY_RW,
            _ => 0,
        };
    }
    for (start, entry) in (kernel_gib..)
        .step_by(LARGE as usize)
        .zip(&mut tables.level2.0)
    {
        *entry = if start == board::LOAD_ADDRESS {
            level3 | VALID | TABLE_OR_PAGE
        } else {
            start | MEMORY_RW
        };
    }
    for (page, entry) in (board::LOAD_ADDRESS..)
        .step_by(PAGE as usize)
        .zip(&mut tables.level3.0)
    {
        *entry = kernel_page(page);
    }
}

/// Builds the tables and turns MMU and caches on. Once, at start, with the MMU
/// off.
pub fn enable() {
    // SAFETY: called once, before anything else could look at the tables.
    let tables = unsafe { &mut *TABLES.0.get() };
    fill(tables);
    // Written with caches off: no stale line may hide them from the walker.
    cache::discard(address(tables), size_of::<Tables>() as u64);
    cache::forget_translations();
    MAIR_EL2.set(MAIR);
    TCR_EL2.set(TCR);
    TTBR0_EL2.set(address(&raw const tables.level1));
    dsb(SY);
    isb(SY);
    SCTLR_EL2.set(SCTLR);
    isb(SY);
    dsb(ISH);
}
