// SPDX-License-Identifier: BSD-2-Clause

//! The entry of this program, at the first start and at each restart.
//!
//! A VMM that faulted is begun anew by its parent, which can write its registers and
//! nothing else. What the first life changed has to be as it was: the writable
//! segments, in which are the symbols that Microkit's tool patched. So the entry saves
//! their initial bytes before anything runs, and when it is entered again it puts them
//! back, zeroes the rest of these segments, sets the stack pointer and goes the
//! ordinary way, through `_start`. Nothing of the first life is left but the buffer
//! with these bytes, what lies in shared pages, and guest RAM.
//!
//! The segments are found by the program headers, which lie behind the ELF header in
//! the first segment. If their bytes do not fit the buffer, this VMM has no restart
//! entry. Only `_start` is assumed of the crates that make a protection domain.

use core::arch::global_asm;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// Bytes of writable segments that can be saved; there are a few hundred.
const CAPACITY: usize = 0x4000;

/// What is kept. In `.bss`; the entry alone writes it, and leaves it alone when it
/// zeroes the rest.
#[repr(C, align(16))]
struct Saved {
    /// 0 before the first start, 1 when everything is saved.
    complete: AtomicU64,
    /// The stack pointer that the kernel gave.
    stack_pointer: AtomicU64,
    bytes: [AtomicU8; CAPACITY],
}

static SAVED: Saved = Saved {
    complete: AtomicU64::new(0),
    stack_pointer: AtomicU64::new(0),
    bytes: [const { AtomicU8::new(0) }; CAPACITY],
};

unsafe extern "C" {
    fn tombolo_entry();
}

/// Where this VMM may be begun anew. `None`: its segments did not fit.
pub fn restart_entry() -> Option<u64> {
    let complete = SAVED.complete.load(Ordering::Relaxed) != 0;
    // The entry's address; it is not called.
    complete.then_some(tombolo_entry as *const () as u64)
}

// ELF-64 object file format: e_phoff at 32, e_phentsize at 54, e_phnum at 56; in a
// program header p_type at 0 (PT_LOAD 1), p_flags at 4 (PF_W bit 1), p_vaddr at 16,
// p_filesz at 32, p_memsz at 40.
//
// x4 buffer, x5 where its next byte goes, x6 its end, x7 whether this is a restart,
// x0 ELF header, x1 program header, w2 how many are left, x3 size of one.
global_asm!(
    ".pushsection .text.tombolo_entry, \"ax\", @progbits",
    ".global tombolo_entry",
    ".type tombolo_entry, @function",
    "tombolo_entry:",
    "adrp x4, {saved}",
    "add x4, x4, :lo12:{saved}",
    "add x5, x4, #16",
    "ldr x6, ={size}",
    "add x6, x6, x4",
    "ldr x7, [x4]",
    "cbnz x7, 1f",
    "mov x8, sp",
    "str x8, [x4, #8]",
    "1: adrp x0, __ehdr_start",
    "add x0, x0, :lo12:__ehdr_start",
    "ldr x1, [x0, #32]",
    "add x1, x1, x0",
    "ldrh w2, [x0, #56]",
    "ldrh w3, [x0, #54]",
    // Each writable PT_LOAD.
    "2: cbz w2, 8f",
    "sub w2, w2, #1",
    "ldp w8, w9, [x1]",
    "cmp w8, #1",
    "b.ne 7f",
    "tbz w9, #1, 7f",
    "ldr x10, [x1, #16]",
    "ldp x11, x12, [x1, #32]",
    "add x11, x11, x10",
    "add x12, x12, x10",
    // Its bytes from the file: into the buffer, or back.
    "3: cmp x10, x11",
    "b.eq 5f",
    "cmp x5, x6",
    "b.eq 9f",
    "cbnz x7, 4f",
    "ldrb w8, [x10], #1",
    "strb w8, [x5], #1",
    "b 3b",
    "4: ldrb w8, [x5], #1",
    "strb w8, [x10], #1",
    "b 3b",
    // The rest of it is zeroes, but the buffer. At the first start it is already.
    "5: cbz x7, 7f",
    "6: cmp x10, x12",
    "b.hs 7f",
    "cmp x10, x4",
    "csel x10, x6, x10, eq",
    "b.eq 6b",
    "strb wzr, [x10], #1",
    "b 6b",
    "7: add x1, x1, x3",
    "b 2b",
    // Done: everything is saved, or as it was.
    "8: mov x8, #1",
    "str x8, [x4]",
    "9: ldr x8, [x4, #8]",
    "mov sp, x8",
    "msr tpidr_el0, xzr",
    "msr fpcr, xzr",
    "msr fpsr, xzr",
    ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30",
    "mov x\\n, xzr",
    ".endr",
    "b _start",
    ".ltorg",
    ".size tombolo_entry, . - tombolo_entry",
    ".popsection",
    saved = sym SAVED,
    size = const size_of::<Saved>(),
);
