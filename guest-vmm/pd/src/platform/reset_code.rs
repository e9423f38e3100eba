// SPDX-License-Identifier: BSD-2-Clause

//! The reset code: what runs in the vCPU between two lives of its guest.
//!
//! It clears what no invocation of seL4 reaches. In: x0 the CPU interface (GICC,
//! Arm IHI 0048, 4.4), x1 how many INTIDs there are. Position-independent, MMU off, no
//! stack. Ends in SMC with `guest_vmm::machine::RESET_DONE`.

use core::arch::global_asm;
use core::slice;
use guest_vmm::machine::RESET_DONE;

global_asm!(
        ".pushsection .rodata.reset_code, \"a\"",
        ".balign 8",
        ".global reset_code_start",
        ".global reset_code_end",
        "reset_code_start:",
        "msr daifset, #0xf",
        "isb",
        "tlbi vmalle1",
        "ic iallu",
        "dsb sy",
        "isb",
        // No active priority hides anything; all priorities; EOI drops, DIR ends.
        "str wzr, [x0, #0xd0]",
        "mov w18, #0xff",
        "str w18, [x0, #4]",
        "mov w18, #0x201",
        "str w18, [x0]",
        "add x19, x0, #0x1000",
        "dsb sy",
        // Take and end what is pending.
        "2: ldr w20, [x0, #0xc]",
        "and w21, w20, #0x3ff",
        "cmp w21, #1020",
        "b.hs 3f",
        "str w20, [x0, #0x10]",
        "str w20, [x19]",
        "dsb sy",
        "b 2b",
        // End whatever is active, number by number.
        "3: cbz x1, 4f",
        "sub x1, x1, #1",
        "str w1, [x19]",
        "b 3b",
        "4: str wzr, [x0, #0xd0]",
        "str wzr, [x0, #4]",
        "str wzr, [x0, #8]",
        "str wzr, [x0]",
        "dsb sy",
        // Floating point.
        "mov x18, #0x300000",
        "msr cpacr_el1, x18",
        "isb",
        "movi v0.2d, #0",
        "movi v1.2d, #0",
        "movi v2.2d, #0",
        "movi v3.2d, #0",
        "movi v4.2d, #0",
        "movi v5.2d, #0",
        "movi v6.2d, #0",
        "movi v7.2d, #0",
        "movi v8.2d, #0",
        "movi v9.2d, #0",
        "movi v10.2d, #0",
        "movi v11.2d, #0",
        "movi v12.2d, #0",
        "movi v13.2d, #0",
        "movi v14.2d, #0",
        "movi v15.2d, #0",
        "movi v16.2d, #0",
        "movi v17.2d, #0",
        "movi v18.2d, #0",
        "movi v19.2d, #0",
        "movi v20.2d, #0",
        "movi v21.2d, #0",
        "movi v22.2d, #0",
        "movi v23.2d, #0",
        "movi v24.2d, #0",
        "movi v25.2d, #0",
        "movi v26.2d, #0",
        "movi v27.2d, #0",
        "movi v28.2d, #0",
        "movi v29.2d, #0",
        "movi v30.2d, #0",
        "movi v31.2d, #0",
        "msr fpcr, xzr",
        "msr fpsr, xzr",
        "msr cpacr_el1, xzr",
        // EL1's own.
        "msr ttbr0_el1, xzr",
        "msr ttbr1_el1, xzr",
        "msr tcr_el1, xzr",
        "msr mair_el1, xzr",
        "msr amair_el1, xzr",
        "msr contextidr_el1, xzr",
        "msr tpidr_el1, xzr",
        "msr vbar_el1, xzr",
        "msr esr_el1, xzr",
        "msr far_el1, xzr",
        "msr afsr0_el1, xzr",
        "msr afsr1_el1, xzr",
        "msr elr_el1, xzr",
        "msr spsr_el1, xzr",
        "msr par_el1, xzr",
        "msr cntkctl_el1, xzr",
        "msr mdscr_el1, xzr",
        "mov sp, x1",
        "isb",
        "tlbi vmalle1",
        "ic iallu",
        "dsb sy",
        "isb",
        "movz w0, #{low}",
        "movk w0, #{high}, lsl #16",
        "5: smc #0",
        "b 5b",
        "reset_code_end:",
        ".popsection",
        low = const RESET_DONE & 0xffff,
        high = const RESET_DONE >> 16,
);

unsafe extern "C" {
    static reset_code_start: u8;
    static reset_code_end: u8;
}

/// Its bytes.
pub fn bytes() -> &'static [u8] {
    let (start, end) = (&raw const reset_code_start, &raw const reset_code_end);
    let length = end.addr() - start.addr();
    // SAFETY: both symbols are of one read-only section of this program, the end
    // behind the start.
    unsafe { slice::from_raw_parts(start, length) }
}
