// SPDX-License-Identifier: BSD-2-Clause

//! Exceptions: reported and final, but for an access that is expected to abort.
//!
//! Interrupts stay masked: the programs wait with WFI and ask the GIC. One that wants
//! to be reset by an interrupt unmasks them (`Interrupts::end_at`).

use super::{off, stop};
use crate::say;
use core::arch::{asm, global_asm};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

global_asm!(
    r#"
    .section .text.vectors, "ax"
    .balign 2048
    .global vectors
vectors:
    .set    kind, 0
    .rept   16
    .balign 128
    sub     sp, sp, #272
    stp     x0, x1, [sp]
    mov     x1, #kind
    b       9f
    .set    kind, kind + 1
    .endr
    .balign 128
9:  stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    mrs     x2, elr_el1
    stp     x30, x2, [sp, #240]
    mrs     x2, spsr_el1
    str     x2, [sp, #256]
    mov     x0, sp
    bl      bare_exception
    ldr     x2, [sp, #256]
    msr     spsr_el1, x2
    ldp     x30, x2, [sp, #240]
    msr     elr_el1, x2
    ldp     x28, x29, [sp, #224]
    ldp     x26, x27, [sp, #208]
    ldp     x24, x25, [sp, #192]
    ldp     x22, x23, [sp, #176]
    ldp     x20, x21, [sp, #160]
    ldp     x18, x19, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp]
    add     sp, sp, #272
    eret
"#
);

/// Vector number of a synchronous exception from EL1 with its own stack.
const SYNCHRONOUS: u64 = 4;
/// Vector number of an interrupt from EL1 with its own stack.
const INTERRUPT: u64 = 5;
/// ESR_EL1.EC: data abort from the same level.
const DATA_ABORT: u64 = 0x25;
/// ESR_EL1.ISS.DFSC.
const STATUS: u64 = 0x3f;
/// ESR_EL1.ISS.FnV.
const FAR_NOT_VALID: u64 = 1 << 10;
/// DFSC: synchronous external abort, not on a table walk.
const EXTERNAL: u64 = 0x10;
/// DFSC: alignment fault.
const ALIGNMENT: u64 = 0x21;

/// Registers as the vectors save them.
#[repr(C)]
struct Frame {
    x: [u64; 31],
    elr: u64,
    spsr: u64,
}

/// An abort that [`probe`] took, at the very instruction that accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abort {
    /// ESR_EL1.
    pub esr: u64,
    /// FAR_EL1.
    pub far: u64,
}

impl Abort {
    /// Whether it is a synchronous external abort, not on a table walk.
    pub fn is_external(self) -> bool {
        self.esr & STATUS == EXTERNAL
    }

    /// Whether it is the alignment fault that the core itself takes.
    pub fn is_alignment(self) -> bool {
        self.esr & STATUS == ALIGNMENT
    }

    /// The address that it says it is about. A hypervisor that is told only the
    /// guest-physical address may leave it open (FnV).
    pub fn address(self) -> Option<u64> {
        (self.esr & FAR_NOT_VALID == 0).then_some(self.far)
    }
}

/// Where a guarded access puts its address before it accesses.
pub(super) fn expected() -> *mut u64 {
    EXPECTED.as_ptr()
}

/// The abort of the guarded access that was made last; `None`: there was none.
pub(super) fn taken() -> Option<Abort> {
    // The handler takes the mark away with the abort.
    let aborted = EXPECTED.swap(0, Ordering::SeqCst) == 0;
    aborted.then(|| Abort {
        esr: ESR.load(Ordering::SeqCst),
        far: FAR.load(Ordering::SeqCst),
    })
}

/// How [`probe`] accesses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// A load of 32 bits.
    Load,
    /// A store of 32 bits.
    Store,
}

/// Address of the instruction of which a data abort is expected; 0: none.
static EXPECTED: AtomicU64 = AtomicU64::new(0);
/// An exception is being reported: a further one ends everything at once.
static DYING: AtomicBool = AtomicBool::new(false);
static ESR: AtomicU64 = AtomicU64::new(0);
static FAR: AtomicU64 = AtomicU64::new(0);

/// Accesses an address where an abort is expected. `None`: there was none.
///
/// # Safety
///
/// The address holds nothing of this program's.
pub unsafe fn probe(address: u64, access: Access) -> Option<Abort> {
    match access {
        // SAFETY: a load changes nothing of this program's; the vectors take its abort.
        Access::Load => unsafe {
            asm!("adr {pc}, 2f", "str {pc}, [{expected}]", "dsb sy",
                "2: ldr {value:w}, [{address}]", "dsb sy", "isb",
                pc = out(reg) _, expected = in(reg) EXPECTED.as_ptr(),
                address = in(reg) address, value = out(reg) _);
        },
        // SAFETY: the caller promises that nothing of this program's is there.
        Access::Store => unsafe {
            asm!("adr {pc}, 2f", "str {pc}, [{expected}]", "dsb sy",
                "2: str wzr, [{address}]", "dsb sy", "isb",
                pc = out(reg) _, expected = in(reg) EXPECTED.as_ptr(),
                address = in(reg) address);
        },
    }
    taken()
}

#[unsafe(no_mangle)]
extern "C" fn bare_exception(frame: &mut Frame, kind: u64) {
    let (esr, far): (u64, u64);
    // SAFETY: reading the two registers has no effect.
    unsafe {
        asm!("mrs {}, esr_el1", "mrs {}, far_el1", out(reg) esr, out(reg) far,
            options(nomem, nostack, preserves_flags));
    }
    let data_abort = kind == SYNCHRONOUS && esr >> 26 & 0x3f == DATA_ABORT;
    if data_abort && EXPECTED.load(Ordering::SeqCst) == frame.elr {
        EXPECTED.store(0, Ordering::SeqCst);
        ESR.store(esr, Ordering::SeqCst);
        FAR.store(far, Ordering::SeqCst);
        frame.elr += 4;
        return;
    }
    if data_abort && super::copies::take(esr, frame.elr) {
        // The routine's return address.
        frame.elr = frame.x[30];
        return;
    }
    if kind == SYNCHRONOUS && super::debug::take(esr, frame.elr) {
        return;
    }
    if kind == INTERRUPT {
        super::interrupts::handle();
    }
    if DYING.swap(true, Ordering::Relaxed) {
        stop();
    }
    let Frame { x, elr, spsr } = frame;
    say!("exception {kind}: esr {esr:#x}, far {far:#x}, pc {elr:#x}, spsr {spsr:#x}");
    say!("  x0 {:#x}, x1 {:#x}, x30 {:#x}", x[0], x[1], x[30]);
    crate::run::fail(format_args!("exception at {elr:#x}, esr {esr:#x}"));
    off()
}
