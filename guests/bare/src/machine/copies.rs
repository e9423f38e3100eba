// SPDX-License-Identifier: BSD-2-Clause

//! Ways to copy up to 32 bytes, by the loads and stores that libraries use.
//!
//! Which instructions those are was seen by disassembly: Debian 12's Linux 6.1 and
//! glibc 2.36, musl as Rust ships it, GCC 12. Each routine is a leaf that calls
//! nobody and keeps to x0 to x17, so that the vectors can end it at a load or store
//! that aborts.

use super::exceptions::Abort;
use aarch64_cpu::asm::barrier;
use aarch64_cpu::registers::{CPACR_EL1, ReadWriteable};
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

global_asm!(
    r#"
    .section .text.copies, "ax"
    .global copies_start
copies_start:

    // x0 to, x1 from, x2 bytes.
    .global copy_bytes
copy_bytes:
    cbz     x2, 9f
1:  ldrb    w3, [x1], #1
    strb    w3, [x0], #1
    subs    x2, x2, #1
    b.ne    1b
9:  ret

    .global copy_words
copy_words:
    tst     x2, #3
    b.ne    copy_bytes
1:  ldr     w3, [x1], #4
    str     w3, [x0], #4
    subs    x2, x2, #4
    b.ne    1b
    ret

    // Bytes until one side is aligned, doubles, bytes.
    .global copy_toio
copy_toio:
    mov     x4, x0
    b       1f
    .global copy_fromio
copy_fromio:
    mov     x4, x1
1:  cbz     x2, 9f
    tst     x4, #7
    b.eq    2f
    ldrb    w3, [x1]
    strb    w3, [x0]
    add     x0, x0, #1
    add     x1, x1, #1
    add     x4, x4, #1
    sub     x2, x2, #1
    b       1b
2:  cmp     x2, #8
    b.lo    3f
    ldr     x3, [x1]
    str     x3, [x0]
    add     x0, x0, #8
    add     x1, x1, #8
    sub     x2, x2, #8
    b       2b
3:  cbz     x2, 9f
    ldrb    w3, [x1]
    strb    w3, [x0]
    add     x0, x0, #1
    add     x1, x1, #1
    sub     x2, x2, #1
    b       3b
9:  ret

    // Start and end, which overlap.
    .global copy_overlap
copy_overlap:
    add     x4, x1, x2
    add     x5, x0, x2
    cmp     x2, #16
    b.lo    1f
    ldp     x6, x7, [x1]
    ldp     x12, x13, [x4, #-16]
    stp     x6, x7, [x0]
    stp     x12, x13, [x5, #-16]
    ret
1:  tbz     w2, #3, 2f
    ldr     x6, [x1]
    ldur    x7, [x4, #-8]
    str     x6, [x0]
    stur    x7, [x5, #-8]
    ret
2:  tbz     w2, #2, 3f
    ldr     w6, [x1]
    ldur    w7, [x4, #-4]
    str     w6, [x0]
    stur    w7, [x5, #-4]
    ret
3:  cbz     x2, 9f
    lsr     x3, x2, #1
    ldrb    w6, [x1]
    ldurb   w7, [x4, #-1]
    ldrb    w8, [x1, x3]
    strb    w6, [x0]
    strb    w8, [x0, x3]
    sturb   w7, [x5, #-1]
9:  ret

    // A power of two at a time, each with write-back.
    .global copy_post_index
copy_post_index:
    tbz     w2, #0, 1f
    ldrb    w3, [x1], #1
    strb    w3, [x0], #1
1:  tbz     w2, #1, 2f
    ldrh    w3, [x1], #2
    strh    w3, [x0], #2
2:  tbz     w2, #2, 3f
    ldr     w3, [x1], #4
    str     w3, [x0], #4
3:  tbz     w2, #3, 4f
    ldr     x3, [x1], #8
    str     x3, [x0], #8
4:  ands    x2, x2, #0x30
    b.eq    9f
5:  ldp     x3, x4, [x1], #16
    stp     x3, x4, [x0], #16
    subs    x2, x2, #16
    b.ne    5b
9:  ret

    // 32 bytes.
    .global copy_structure
copy_structure:
    ldp     x2, x3, [x1]
    stp     x2, x3, [x0]
    ldp     x2, x3, [x1, #16]
    stp     x2, x3, [x0, #16]
    ret

    .global clear_structure
clear_structure:
    stp     xzr, xzr, [x0]
    stp     xzr, xzr, [x0, #16]
    ret

    .arch_extension simd
    // ldp q0, q1 and stp q0, q1.
    .global copy_structure_simd
copy_structure_simd:
    ldp     q0, q1, [x1]
    stp     q0, q1, [x0]
    ret

    // As copy_overlap, but for 16 bytes and more.
    .global copy_simd
copy_simd:
    cmp     x2, #16
    b.lo    copy_overlap
    add     x4, x1, x2
    add     x5, x0, x2
    ldr     q0, [x1]
    ldur    q1, [x4, #-16]
    str     q0, [x0]
    stur    q1, [x5, #-16]
    ret

    .global clear_simd
clear_simd:
    movi    v0.16b, #0
    str     q0, [x0]
    str     q0, [x0, #16]
    ret
    .arch_extension nosimd

    .global copies_end
copies_end:
"#
);

/// A routine: to, from, bytes.
pub type Copy = unsafe extern "C" fn(u64, u64, u64);

unsafe extern "C" {
    static copies_start: u8;
    static copies_end: u8;
    pub fn copy_bytes(to: u64, from: u64, bytes: u64);
    pub fn copy_words(to: u64, from: u64, bytes: u64);
    pub fn copy_toio(to: u64, from: u64, bytes: u64);
    pub fn copy_fromio(to: u64, from: u64, bytes: u64);
    pub fn copy_overlap(to: u64, from: u64, bytes: u64);
    pub fn copy_post_index(to: u64, from: u64, bytes: u64);
    pub fn copy_structure(to: u64, from: u64, bytes: u64);
    pub fn clear_structure(to: u64, from: u64, bytes: u64);
    pub fn copy_structure_simd(to: u64, from: u64, bytes: u64);
    pub fn copy_simd(to: u64, from: u64, bytes: u64);
    pub fn clear_simd(to: u64, from: u64, bytes: u64);
}

/// A routine runs that may abort.
static RUNNING: AtomicBool = AtomicBool::new(false);
static ESR: AtomicU64 = AtomicU64::new(0);
/// The instruction's encoding.
static WORD: AtomicU64 = AtomicU64::new(0);

/// A load or store of a routine that aborted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// The abort; its address is not kept.
    pub abort: Abort,
    /// The instruction's encoding.
    pub word: u32,
}

/// A data abort at `pc`: whether it is a routine's, which then is to return.
pub(super) fn take(esr: u64, pc: u64) -> bool {
    let (start, end) = (&raw const copies_start, &raw const copies_end);
    let inside = (start.addr()..end.addr()).contains(&(pc as usize));
    if !inside || !RUNNING.swap(false, Ordering::SeqCst) {
        return false;
    }
    let word = core::ptr::with_exposed_provenance::<u32>(pc as usize);
    // SAFETY: an instruction of this program.
    let word = unsafe { word.read() };
    ESR.store(esr, Ordering::SeqCst);
    WORD.store(word.into(), Ordering::SeqCst);
    true
}

/// Runs a routine.
///
/// # Safety
///
/// `to` may be written and `from` read: `bytes` of this program's that nothing else
/// refers to meanwhile, or registers.
pub unsafe fn run(copy: Copy, to: u64, from: u64, bytes: u64) -> Result<(), Aborted> {
    CPACR_EL1.modify(CPACR_EL1::FPEN::TrapNothing);
    barrier::isb(barrier::SY);
    RUNNING.store(true, Ordering::SeqCst);
    // SAFETY: the caller promises the memory; the routines change no other register.
    unsafe {
        asm!("blr {copy}", copy = in(reg) copy, in("x0") to, in("x1") from, in("x2") bytes,
            clobber_abi("C"));
    }
    if RUNNING.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    Err(Aborted {
        abort: Abort {
            esr: ESR.load(Ordering::SeqCst),
            far: 0,
        },
        // Lossless: an instruction.
        word: WORD.load(Ordering::SeqCst) as u32,
    })
}
