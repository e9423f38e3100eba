// SPDX-License-Identifier: BSD-2-Clause

//! Further processors: started by PSCI CPU_ON, with the first one's tables, a stack
//! each, interrupts masked.
//!
//! A processor begins with its MMU off, so what it is told is cleaned out of the
//! caches before. It knows its number from TPIDR_EL1.

use super::BY_HVC;
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{
    MAIR_EL1, Readable, SCTLR_EL1, TCR_EL1, TPIDR_EL1, TTBR0_EL1, VBAR_EL1,
};
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicU64, Ordering};
use smccc::{Hvc, Smc, psci};

/// Most processors beside the first one.
const OTHERS: usize = 7;
/// Bytes of a stack.
const STACK: usize = 0x4000;

global_asm!(
    r#"
    .section .text.processor, "ax"
    .global processor_entry
processor_entry:                // x0: what it is told
    msr     daifset, #0xf
    ic      iallu
    tlbi    vmalle1
    ldp     x1, x2, [x0]
    msr     mair_el1, x1
    msr     tcr_el1, x2
    ldp     x1, x2, [x0, #16]
    msr     ttbr0_el1, x1
    msr     vbar_el1, x2
    ldp     x1, x2, [x0, #32]
    ldp     x3, x4, [x0, #48]
    dsb     nsh
    isb
    msr     sctlr_el1, x1
    isb
    mov     sp, x2
    msr     tpidr_el1, x3
    mov     x0, x3
    blr     x4
1:  wfi
    b       1b
"#
);

/// What a processor is told: MAIR, TCR, TTBR0, VBAR, SCTLR, stack, number, program.
#[repr(C, align(64))]
struct Told([AtomicU64; 8]);

static TOLD: [Told; OTHERS] = [const { Told([const { AtomicU64::new(0) }; 8]) }; OTHERS];

#[repr(C, align(16))]
struct Stacks([[u8; STACK]; OTHERS]);

static STACKS: Stacks = Stacks([[0; STACK]; OTHERS]);

/// Number of the processor that runs this; the first is 0.
pub fn number() -> u32 {
    // Lossless: below 8.
    TPIDR_EL1.get() as u32
}

/// Starts processor `number`, from 1, which runs `program`. Error: PSCI's, or there is
/// no such processor here.
pub fn start(number: u32, program: extern "C" fn(u64)) -> Result<(), i64> {
    let nth = (number as usize).wrapping_sub(1);
    let told = TOLD.get(nth).ok_or(i64::from(i32::MIN))?;
    let stack = (&raw const STACKS).addr() + (nth + 1) * STACK;
    let words = [
        MAIR_EL1.get(),
        TCR_EL1.get(),
        TTBR0_EL1.get(),
        VBAR_EL1.get(),
        SCTLR_EL1.get(),
        stack as u64,
        u64::from(number),
        program as usize as u64,
    ];
    for (to, word) in told.0.iter().zip(words) {
        to.store(word, Ordering::Relaxed);
    }
    let (told, entry) = ((&raw const *told).addr() as u64, entry());
    // SAFETY: cleaning a line of this program's changes nothing.
    unsafe { asm!("dc civac, {}", in(reg) told, options(nostack)) };
    barrier::dsb(barrier::SY);
    let target = u64::from(number);
    let on = if BY_HVC.load(Ordering::Relaxed) {
        psci::cpu_on::<Hvc>(target, entry, told)
    } else {
        psci::cpu_on::<Smc>(target, entry, told)
    };
    on.map_err(i64::from)
}

fn entry() -> u64 {
    let address: u64;
    // SAFETY: forms an address.
    unsafe {
        asm!("adrp {0}, processor_entry", "add {0}, {0}, :lo12:processor_entry",
            out(reg) address, options(nomem, nostack, preserves_flags));
    }
    address
}
