// SPDX-License-Identifier: BSD-2-Clause

//! The Image header and the first instructions.
//!
//! At entry (Linux, Documentation/arch/arm64/booting.rst): MMU off, x0 = device
//! tree. Everything here is written with the MMU off, past the caches, so the
//! image's lines are cleaned out before and thrown away after.

use core::arch::global_asm;

global_asm!(
    r#"
    .section .head, "ax"
    .global image_head
image_head:
    b       3f
    .long   0
    .quad   0                   // text_offset
    .quad   image_size
    .quad   0xa                 // little-endian, 4 KiB pages, anywhere
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

3:  msr     daifset, #0xf
    mov     x19, x0
    adrp    x20, image_start
    add     x20, x20, :lo12:image_start
    adrp    x21, image_end
    add     x21, x21, :lo12:image_end

    mrs     x1, ctr_el0         // DminLine: log2 of words in the smallest line
    ubfx    x1, x1, #16, #4
    mov     x22, #4
    lsl     x22, x22, x1
    mov     x0, x20
1:  dc      civac, x0
    add     x0, x0, x22
    cmp     x0, x21
    b.lo    1b
    dsb     sy

    adrp    x0, bss_start
    add     x0, x0, :lo12:bss_start
    adrp    x1, bss_end
    add     x1, x1, :lo12:bss_end
2:  cmp     x0, x1
    b.hs    4f
    stp     xzr, xzr, [x0], #16
    b       2b

4:  adrp    x0, rela_start      // R_AARCH64_RELATIVE (1027): base + addend
    add     x0, x0, :lo12:rela_start
    adrp    x1, rela_end
    add     x1, x1, :lo12:rela_end
5:  cmp     x0, x1
    b.hs    7f
    ldp     x2, x3, [x0]
    ldr     x4, [x0, #16]
    add     x0, x0, #24
    cmp     w3, #1027
    b.ne    5b
    add     x4, x4, x20
    str     x4, [x20, x2]
    b       5b

7:  dsb     sy
    mov     x0, x20
8:  dc      ivac, x0
    add     x0, x0, x22
    cmp     x0, x21
    b.lo    8b
    dsb     sy
    ic      iallu
    dsb     sy
    isb

    adrp    x0, stack_top
    add     x0, x0, :lo12:stack_top
    mov     sp, x0
    adrp    x0, vectors
    add     x0, x0, :lo12:vectors
    msr     vbar_el1, x0
    isb
    mov     x0, x19
    bl      bare_main
6:  wfi
    b       6b
"#
);
