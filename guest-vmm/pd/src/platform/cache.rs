// SPDX-License-Identifier: BSD-2-Clause

//! Cache maintenance by address, which seL4 allows at EL0.

use core::arch::asm;

/// Line sizes in bytes: data, instruction (CTR_EL0 19:16 and 3:0, log2 of words).
fn lines() -> (usize, usize) {
    let ctr: u64;
    // SAFETY: reads a register that has no effects.
    unsafe {
        asm!("mrs {}, CTR_EL0", out(reg) ctr, options(nomem, nostack, preserves_flags));
    }
    (4 << (ctr >> 16 & 0xf), 4 << (ctr & 0xf))
}

/// Cleans and invalidates `bytes` from `address` to the point of coherency.
pub fn clean_and_invalidate(address: usize, bytes: usize) {
    let (line, _) = lines();
    let mut at = address & !(line - 1);
    while at < address.saturating_add(bytes) {
        // SAFETY: maintenance to the point of coherency changes no data.
        unsafe { asm!("dc civac, {}", in(reg) at, options(nostack, preserves_flags)) };
        at += line;
    }
    barrier();
}

/// Makes instruction fetches see the content of `bytes` from `address`, which is
/// clean already.
pub fn unify(address: usize, bytes: usize) {
    let (_, line) = lines();
    let mut at = address & !(line - 1);
    while at < address.saturating_add(bytes) {
        // SAFETY: invalidating instruction caches changes no data.
        unsafe { asm!("ic ivau, {}", in(reg) at, options(nostack, preserves_flags)) };
        at += line;
    }
    barrier();
}

fn barrier() {
    // SAFETY: barriers have no effect but order.
    unsafe { asm!("dsb sy", "isb", options(nostack, preserves_flags)) };
}
