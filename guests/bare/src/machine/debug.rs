// SPDX-License-Identifier: BSD-2-Clause

//! The processor's breakpoints and watchpoints (Arm ARM, D2 "AArch64 Self-hosted
//! Debug").
//!
//! An own one is expected only between [`expect`] and [`expected`]; any other
//! debug exception ends the program like every unknown exception.

use super::spin;
use aarch64_cpu::asm::barrier;
use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Breakpoint or watchpoint control: enabled, at EL1 and EL0 (PAC/PMC).
const ENABLED: u64 = 1 | 3 << 1;
/// DBGBCR: all four bytes of the instruction.
const INSTRUCTION: u64 = 0xf << 5;
/// DBGWCR: loads and stores, all eight bytes, the low 31 bits of the address ignored.
const LOW_2_GIB: u64 = 3 << 3 | 0xff << 5 | 31 << 24;
/// MDSCR_EL1: MDE (breakpoints and watchpoints) and KDE (at EL1 too).
const MDSCR: u64 = 1 << 15 | 1 << 13;
/// ESR.EC of a breakpoint and of a watchpoint, from the same level.
const BREAKPOINT: u64 = 0x31;
const WATCHPOINT: u64 = 0x35;

static EXPECTING: AtomicBool = AtomicBool::new(false);
/// ESR.EC of what came; 0: nothing.
static CLASS: AtomicU64 = AtomicU64::new(0);
static AT: AtomicU64 = AtomicU64::new(0);

/// What a debug exception was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// It was a watchpoint; else a breakpoint.
    pub watchpoint: bool,
    /// The instruction.
    pub pc: u64,
}

/// What was planted, as it reads back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planted {
    breakpoint: (u64, u64),
    watchpoint: (u64, u64),
    mdscr: u64,
}

impl Planted {
    /// Nothing.
    pub fn nothing() -> Self {
        Self {
            breakpoint: (0, 0),
            watchpoint: (0, 0),
            mdscr: 0,
        }
    }

    /// A breakpoint at an instruction.
    pub fn breakpoint(at: u64) -> Self {
        Self {
            breakpoint: (at, ENABLED | INSTRUCTION),
            watchpoint: (0, 0),
            mdscr: MDSCR,
        }
    }

    /// A watchpoint on the low 2 GiB: all that guests and protection domains have.
    pub fn watchpoint() -> Self {
        Self {
            breakpoint: (0, 0),
            watchpoint: (0, ENABLED | LOW_2_GIB),
            mdscr: MDSCR,
        }
    }

    /// Both.
    pub fn both(at: u64) -> Self {
        Self {
            breakpoint: Self::breakpoint(at).breakpoint,
            ..Self::watchpoint()
        }
    }
}

/// Plants on this guest itself, with the loop of [`super::spin()`] and a load run into
/// it: what came of that.
pub fn provoke(planted: &Planted) -> Option<Hit> {
    expect();
    plant(planted);
    unmask();
    spin(1);
    touch();
    mask();
    expected()
}

/// Unlocks the debug registers and plants, for EL1 and EL0.
pub fn plant(what: &Planted) {
    let (breakpoint, watchpoint) = (what.breakpoint, what.watchpoint);
    // SAFETY: these registers raise exceptions; PSTATE.D keeps them from EL1 until
    // it is cleared, and EL0 is not used here.
    unsafe {
        asm!("msr oslar_el1, xzr", "isb",
            "msr dbgbvr0_el1, {}", "msr dbgbcr0_el1, {}",
            "msr dbgwvr0_el1, {}", "msr dbgwcr0_el1, {}",
            "msr mdscr_el1, {}", "isb",
            in(reg) breakpoint.0, in(reg) breakpoint.1,
            in(reg) watchpoint.0, in(reg) watchpoint.1, in(reg) what.mdscr);
    }
}

/// Breakpoints that [`plant_also`] plants.
pub const ALSO: usize = 4;

/// Plants breakpoints on instructions of others beside what is planted; 0: none. The
/// processor must have 5 (a Cortex-A53 has 6).
pub fn plant_also(at: [u64; ALSO]) {
    let control = at.map(|at| if at == 0 { 0 } else { ENABLED | INSTRUCTION });
    // SAFETY: as for `plant`.
    unsafe {
        asm!("msr dbgbvr1_el1, {}", "msr dbgbcr1_el1, {}",
            "msr dbgbvr2_el1, {}", "msr dbgbcr2_el1, {}",
            "msr dbgbvr3_el1, {}", "msr dbgbcr3_el1, {}",
            "msr dbgbvr4_el1, {}", "msr dbgbcr4_el1, {}", "isb",
            in(reg) at[0], in(reg) control[0], in(reg) at[1], in(reg) control[1],
            in(reg) at[2], in(reg) control[2], in(reg) at[3], in(reg) control[3]);
    }
}

/// What the registers hold.
pub fn planted() -> Planted {
    let mut values = [0_u64; 5];
    let [a, b, c, d, mdscr] = &mut values;
    // SAFETY: reading them has no effect.
    unsafe {
        asm!(
            "mrs {}, dbgbvr0_el1",
            "mrs {}, dbgbcr0_el1",
            "mrs {}, dbgwvr0_el1",
            "mrs {}, dbgwcr0_el1",
            "mrs {}, mdscr_el1",
            out(reg) * a,
            out(reg) * b,
            out(reg) * c,
            out(reg) * d,
            out(reg) * mdscr,
            options(nomem, nostack)
        );
    }
    let [a, b, c, d, mdscr] = values;
    Planted {
        breakpoint: (a, b),
        watchpoint: (c, d),
        mdscr: mdscr & MDSCR,
    }
}

/// Lets debug exceptions through to this level, as a program under a debugger does.
pub fn unmask() {
    // SAFETY: the vectors take them.
    unsafe { asm!("msr daifclr, #8", "isb", options(nostack)) };
}

/// Loads something of this program's.
pub fn touch() {
    let value: u64;
    // SAFETY: loads a static; it is assembly so that it is not left out.
    unsafe {
        asm!("ldr {}, [{}]", out(reg) value, in(reg) AT.as_ptr(),
            options(nostack, preserves_flags));
    }
    let _ = value;
}

/// Keeps them away.
pub fn mask() {
    // SAFETY: only masks.
    unsafe { asm!("msr daifset, #8", "isb", options(nostack)) };
}

/// From here on one debug exception is expected; it ends MDSCR_EL1's enables.
pub fn expect() {
    CLASS.store(0, Ordering::SeqCst);
    EXPECTING.store(true, Ordering::SeqCst);
}

/// What has come since.
pub fn expected() -> Option<Hit> {
    EXPECTING.store(false, Ordering::SeqCst);
    let class = CLASS.swap(0, Ordering::SeqCst);
    (class != 0).then(|| Hit {
        watchpoint: class == WATCHPOINT,
        pc: AT.load(Ordering::SeqCst),
    })
}

/// Takes an exception if it is the expected one.
pub(super) fn take(esr: u64, pc: u64) -> bool {
    let class = esr >> 26 & 0x3f;
    if !matches!(class, BREAKPOINT | WATCHPOINT) || !EXPECTING.swap(false, Ordering::SeqCst) {
        return false;
    }
    CLASS.store(class, Ordering::SeqCst);
    AT.store(pc, Ordering::SeqCst);
    // SAFETY: disables; the instruction is repeated without.
    unsafe { asm!("msr mdscr_el1, xzr", "isb", options(nomem, nostack)) };
    barrier::isb(barrier::SY);
    true
}
