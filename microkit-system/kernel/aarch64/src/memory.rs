// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's access to memory that is not its own: words at physical
//! addresses, and zeroing before the start.

use core::arch::asm;
use core::slice;

use aarch64_cpu::asm::barrier::{SY, dsb};
use tombolo_kernel_spec::Range;

use crate::{board, cache};

unsafe extern "C" {
    safe static __bss_end: u8;
}

/// First address behind the kernel.
fn kernel_end() -> u64 {
    (&raw const __bss_end).addr() as u64
}

/// RAM that the kernel may touch at `start`: not its own image.
fn accessible(start: u64, size: u64) -> bool {
    let Some(end) = start.checked_add(size) else {
        return false;
    };
    let in_ram = start >= board::RAM_START && end <= board::RAM_END;
    in_ram && (end <= board::LOAD_ADDRESS || start >= kernel_end())
}

/// The aligned word at `at`, or 0 outside of accessible RAM.
pub fn read(at: u64) -> u64 {
    if !at.is_multiple_of(8) || !accessible(at, 8) {
        return 0;
    }
    // SAFETY: mapped RAM, aligned, none of Rust's objects.
    unsafe { (at as *const u64).read_volatile() }
}

/// Writes the aligned word at `at`; ignored outside of accessible RAM.
pub fn write(at: u64, value: u64) {
    if !at.is_multiple_of(8) || !accessible(at, 8) {
        return;
    }
    // SAFETY: mapped RAM, aligned, none of Rust's objects; the image's own tables
    // hold no words that a thread has as its IPC buffer.
    unsafe { (at as *mut u64).write_volatile(value) }
}

/// The image behind the kernel: from `start` to the end of RAM.
///
/// `None` if that is no place for it.
pub fn image_tail(start: u64) -> Option<&'static [u8]> {
    if !start.is_multiple_of(8) || !accessible(start, 8) {
        return None;
    }
    let size = usize::try_from(board::RAM_END - start).ok()?;
    // SAFETY: mapped RAM behind the kernel. The borrow is over before any thread
    // runs or memory is zeroed (`boot`), so nobody writes it meanwhile.
    Some(unsafe { slice::from_raw_parts(start as *const u8, size) })
}

/// Zeroes `range` and brings it to the point of coherency. `false` if the range is
/// no accessible RAM, or not of whole pages: nothing is written then.
#[must_use]
pub fn zero(range: &Range) -> bool {
    let whole = range.start.is_multiple_of(4096) && range.size.is_multiple_of(4096);
    if !whole || !accessible(range.start, range.size) {
        return false;
    }
    let block = zero_block_size();
    let mut at = range.start;
    while at < range.start + range.size {
        // SAFETY: mapped normal memory inside the range, a block divides a page.
        unsafe { asm!("dc zva, {}", in(reg) at, options(nostack)) };
        at += block;
    }
    dsb(SY);
    cache::flush(range.start, range.size);
    true
}

/// Bytes that DC ZVA zeroes: DCZID_EL0.BS is log2 of the words. At most 2 KiB.
fn zero_block_size() -> u64 {
    let dczid: u64;
    // SAFETY: reads an identification register.
    unsafe { asm!("mrs {}, dczid_el0", out(reg) dczid, options(nomem, nostack)) };
    4 << (dczid & 0xf)
}
