// SPDX-License-Identifier: BSD-2-Clause

//! Into a thread and back: the exception vectors of EL2.
//!
//! [`enter`] is the kernel's only way out. It keeps Rust's callee-saved registers
//! on the kernel stack, loads the thread's [`Context`] and executes ERET; a vector
//! stores the context and returns from that same call. TPIDR_EL2 holds the
//! address of the running thread's context meanwhile. Vectors of EL2 itself lead
//! to a report, on a stack of their own since the fault may be the stack's.

use core::arch::global_asm;
use core::mem::offset_of;

use tombolo_kernel_core::Context;

/// Why a thread was left: the group of vectors that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Synchronous: ESR_EL2 says why.
    Synchronous,
    /// IRQ or FIQ: the interrupt controller says why.
    Interrupt,
    /// SError.
    SystemError,
}

unsafe extern "C" {
    fn enter_thread(context: *mut Context) -> u64;
    /// Base of the vectors, for VBAR_EL2.
    safe static vectors: [u32; 512];
}

/// Runs the thread of `context` until it traps.
pub fn enter(context: &mut Context) -> Exit {
    // SAFETY: the assembly reads and writes this context only, which is borrowed
    // for the whole call, and keeps Rust's registers. The thread runs behind
    // stage 2 at EL0 or EL1: SPSR is sanitised by the core.
    match unsafe { enter_thread(context) } {
        0 => Exit::Synchronous,
        3 => Exit::SystemError,
        _ => Exit::Interrupt,
    }
}

/// Address for VBAR_EL2.
pub fn base() -> u64 {
    (&raw const vectors).addr() as u64
}

global_asm!(
    ".section .text.vectors, \"ax\"",
    // A vector of a lower exception level: \kind goes to enter's caller.
    ".macro lower kind",
    ".balign 128",
    "stp x0, x1, [sp, #-16]!",
    "mov x1, #\\kind",
    "b leave_thread",
    ".endm",
    // A vector of EL2: never meant to be taken.
    ".macro current number",
    ".balign 128",
    "mov x0, #\\number",
    "b kernel_vector",
    ".endm",
    ".balign 2048",
    ".global vectors",
    "vectors:",
    "current 0", "current 1", "current 2", "current 3",
    "current 4", "current 5", "current 6", "current 7",
    "lower 0", "lower 1", "lower 2", "lower 3",
    "lower 0", "lower 1", "lower 2", "lower 3",
    "",
    "kernel_vector:",
    "mrs x1, esr_el2",
    "mrs x2, elr_el2",
    "mrs x3, far_el2",
    "mov x4, sp",
    "mov x5, x30",
    "adrp x9, __emergency_stack_top",
    "add x9, x9, :lo12:__emergency_stack_top",
    "mov sp, x9",
    "b kernel_exception",
    "",
    ".global enter_thread",
    "enter_thread:",
    "stp x19, x20, [sp, #-96]!",
    "stp x21, x22, [sp, #16]",
    "stp x23, x24, [sp, #32]",
    "stp x25, x26, [sp, #48]",
    "stp x27, x28, [sp, #64]",
    "stp x29, x30, [sp, #80]",
    "msr tpidr_el2, x0",
    "ldp x1, x2, [x0, #{sp}]",
    "ldp x3, x4, [x0, #{spsr}]",
    "ldr x5, [x0, #{tpidrro}]",
    "msr sp_el0, x1",
    "msr elr_el2, x2",
    "msr spsr_el2, x3",
    "msr tpidr_el0, x4",
    "msr tpidrro_el0, x5",
    "ldp x2, x3, [x0, #16]",
    "ldp x4, x5, [x0, #32]",
    "ldp x6, x7, [x0, #48]",
    "ldp x8, x9, [x0, #64]",
    "ldp x10, x11, [x0, #80]",
    "ldp x12, x13, [x0, #96]",
    "ldp x14, x15, [x0, #112]",
    "ldp x16, x17, [x0, #128]",
    "ldp x18, x19, [x0, #144]",
    "ldp x20, x21, [x0, #160]",
    "ldp x22, x23, [x0, #176]",
    "ldp x24, x25, [x0, #192]",
    "ldp x26, x27, [x0, #208]",
    "ldp x28, x29, [x0, #224]",
    "ldr x30, [x0, #240]",
    "ldp x0, x1, [x0]",
    "eret",
    // No speculation past ERET.
    "dsb nsh",
    "isb",
    "",
    "leave_thread:",
    "mrs x0, tpidr_el2",
    "stp x2, x3, [x0, #16]",
    "stp x4, x5, [x0, #32]",
    "stp x6, x7, [x0, #48]",
    "stp x8, x9, [x0, #64]",
    "stp x10, x11, [x0, #80]",
    "stp x12, x13, [x0, #96]",
    "stp x14, x15, [x0, #112]",
    "stp x16, x17, [x0, #128]",
    "stp x18, x19, [x0, #144]",
    "stp x20, x21, [x0, #160]",
    "stp x22, x23, [x0, #176]",
    "stp x24, x25, [x0, #192]",
    "stp x26, x27, [x0, #208]",
    "stp x28, x29, [x0, #224]",
    "str x30, [x0, #240]",
    "ldp x2, x3, [sp], #16",
    "stp x2, x3, [x0]",
    "mrs x2, sp_el0",
    "mrs x3, elr_el2",
    "mrs x4, spsr_el2",
    "mrs x5, tpidr_el0",
    "mrs x6, tpidrro_el0",
    "stp x2, x3, [x0, #{sp}]",
    "stp x4, x5, [x0, #{spsr}]",
    "str x6, [x0, #{tpidrro}]",
    "mov x0, x1",
    "ldp x21, x22, [sp, #16]",
    "ldp x23, x24, [sp, #32]",
    "ldp x25, x26, [sp, #48]",
    "ldp x27, x28, [sp, #64]",
    "ldp x29, x30, [sp, #80]",
    "ldp x19, x20, [sp], #96",
    "ret",
    sp = const offset_of!(Context, sp),
    spsr = const offset_of!(Context, spsr),
    tpidrro = const offset_of!(Context, tpidrro_el0),
);

// The assembly's pairs of loads rest on this layout.
const _: () = {
    assert!(offset_of!(Context, x) == 0 && offset_of!(Context, sp) == 248);
    assert!(offset_of!(Context, pc) == 256 && offset_of!(Context, spsr) == 264);
    assert!(offset_of!(Context, tpidr_el0) == 272 && offset_of!(Context, tpidrro_el0) == 280);
};
