// SPDX-License-Identifier: BSD-2-Clause

//! A fault on purpose.

/// Stores where nothing is mapped.
pub fn fault() {
    // SAFETY: it is not: that is the point. The store is this program's last act;
    // nothing after it relies on it.
    unsafe { core::arch::asm!("str xzr, [{}]", in(reg) 0x1000_u64) };
}
