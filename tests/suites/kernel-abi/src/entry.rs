// SPDX-License-Identifier: BSD-2-Clause

//! A child whose first instruction faults, so that its parent sees the state
//! it was started in.
//!
//! Why: a run-time would have changed every register before anybody could look.
//! The load's address tells the parent that this instruction, the ELF file's
//! entry, was the first.

#![no_std]
#![no_main]

use core::panic::PanicInfo;

core::arch::global_asm!(
    ".section .text._start, \"ax\", @progbits",
    ".global _start",
    "_start:",
    "ldr x1, [x0, #0x7f8]",
    "b _start",
);

/// The symbols the `microkit` tool patches; nobody reads them here.
macro_rules! patched {
    ($($symbol:ident: $ty:ty = $value:expr;)+) => {
        $(
            #[used]
            #[unsafe(no_mangle)]
            #[unsafe(link_section = ".data")]
            #[allow(non_upper_case_globals)]
            static $symbol: $ty = $value;
        )+
    };
}

patched! {
    microkit_name: [u8; 64] = [0; 64];
    microkit_passive: u8 = 0;
    microkit_irqs: u64 = 0;
    microkit_notifications: u64 = 0;
    microkit_pps: u64 = 0;
    microkit_ioports: u64 = 0;
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // No code of this program can panic; the language wants a handler.
    loop {
        core::hint::spin_loop();
    }
}
