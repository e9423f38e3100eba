// SPDX-License-Identifier: BSD-2-Clause

//! A loop of known instructions at a known address: for measuring, and for others
//! to plant breakpoints on.

use core::arch::{asm, global_asm};

global_asm!(
    r#"
    .section .text.spin, "ax"
    .global spin_loop
spin_loop:
    subs    x0, x0, #1
    b.ne    spin_loop
    ret
"#
);

unsafe extern "C" {
    safe fn spin_loop(iterations: u64);
}

/// Goes round so many times; at least once.
pub fn spin(iterations: u64) {
    spin_loop(iterations.max(1));
}

/// Where the loop's first instruction is.
pub fn spin_address() -> u64 {
    let address: u64;
    // SAFETY: forms an address.
    unsafe {
        asm!("adrp {0}, spin_loop", "add {0}, {0}, :lo12:spin_loop", out(reg) address,
            options(nomem, nostack, preserves_flags));
    }
    address
}
