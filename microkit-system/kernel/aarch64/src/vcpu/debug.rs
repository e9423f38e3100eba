// SPDX-License-Identifier: BSD-2-Clause

//! A guest's debug registers, kept from its neighbours.
//!
//! On seL4 16 a guest can plant a breakpoint that faults another protection domain.
//! Here MDCR_EL2 traps all accesses to EL1's debug registers. The guest reads
//! back what it wrote; the hardware has the values only while this vCPU runs and
//! only if it enabled breakpoints or single step. Breakpoint exceptions then go to
//! the guest's own EL1. For everyone else hardware breakpoints are off.

use core::arch::asm;

use aarch64_cpu::registers::{ID_AA64DFR0_EL1, MDSCR_EL1, Readable, Writeable};

use crate::syndrome::SystemRegister;

/// Most breakpoints, and most watchpoints, there may be.
const PAIRS: usize = 16;
/// MDSCR_EL1.SS, TDCC, KDE, MDE: what reaches the hardware.
const MDSCR_HARDWARE: u64 = 1 | 1 << 12 | 1 << 13 | 1 << 15;
/// MDSCR_EL1.SS and MDE: debug exceptions are on.
const MDSCR_ACTIVE: u64 = 1 | 1 << 15;
/// OSLSR_EL1: the OS lock is implemented; OSLK.
const OSLSR: u64 = 1 << 3;
const OSLK: u64 = 1 << 1;

/// A breakpoint or watchpoint: value and control.
#[derive(Clone, Copy)]
struct Pair {
    value: u64,
    control: u64,
}

const OFF: Pair = Pair {
    value: 0,
    control: 0,
};

/// Debug registers of a vCPU.
pub struct Debug {
    mdscr: u64,
    os_locked: bool,
    breakpoints: [Pair; PAIRS],
    watchpoints: [Pair; PAIRS],
}

impl Debug {
    /// All zeros.
    pub const ZERO: Self = Self {
        mdscr: 0,
        os_locked: false,
        breakpoints: [OFF; PAIRS],
        watchpoints: [OFF; PAIRS],
    };

    /// The start state: OS lock set, as after a cold reset.
    pub fn reset(&mut self) {
        self.os_locked = true;
    }

    /// Single step is on: emulating an instruction completes a step.
    pub fn steps(&self) -> bool {
        self.is_active() && self.mdscr & 1 != 0
    }

    fn is_active(&self) -> bool {
        !self.os_locked && self.mdscr & MDSCR_ACTIVE != 0
    }

    /// The vCPU starts to run.
    pub fn load(&self) {
        if !self.is_active() {
            return;
        }
        for number in 0..PAIRS {
            write_breakpoint(number, self.breakpoints[number]);
            write_watchpoint(number, self.watchpoints[number]);
        }
        MDSCR_EL1.set(self.mdscr & MDSCR_HARDWARE);
    }

    /// The vCPU stops to run.
    pub fn unload(&self) {
        if self.is_active() {
            disable();
        }
    }

    /// The guest writes `register`. The hardware is brought up to date.
    pub fn write(&mut self, register: SystemRegister, value: u64) {
        self.unload();
        match register {
            SystemRegister(2, 0, 0, 2, 2) => self.mdscr = value,
            SystemRegister(2, 0, 1, 0, 4) => self.os_locked = value & 1 != 0,
            SystemRegister(2, 0, 0, number, operation @ 4..=7) => {
                if let Some(word) = self.pair_word(number, operation) {
                    *word = value;
                }
            }
            _ => {}
        }
        self.load();
    }

    /// The guest reads `register`: 0 where nothing is kept.
    pub fn read(&mut self, register: SystemRegister) -> u64 {
        match register {
            SystemRegister(2, 0, 0, 2, 2) => self.mdscr,
            SystemRegister(2, 0, 1, 1, 4) => OSLSR | if self.os_locked { OSLK } else { 0 },
            SystemRegister(2, 0, 0, number, operation @ 4..=7) => {
                self.pair_word(number, operation).map_or(0, |word| *word)
            }
            _ => 0,
        }
    }

    /// DBGBVR, DBGBCR, DBGWVR, DBGWCR: op2 4, 5, 6, 7. Only those that exist.
    fn pair_word(&mut self, number: u8, operation: u8) -> Option<&mut u64> {
        let number = usize::from(number);
        let (pair, count) = if operation < 6 {
            (self.breakpoints.get_mut(number)?, breakpoint_count())
        } else {
            (self.watchpoints.get_mut(number)?, watchpoint_count())
        };
        let word = if operation.is_multiple_of(2) {
            &mut pair.value
        } else {
            &mut pair.control
        };
        (number < count).then_some(word)
    }
}

/// No debug exceptions for whoever runs next. Also at start, when the controls'
/// values are unknown.
pub fn disable() {
    MDSCR_EL1.set(0);
    for number in 0..PAIRS {
        write_breakpoint(number, OFF);
        write_watchpoint(number, OFF);
    }
}

/// Unlocks the hardware's OS lock for good: MDSCR_EL1 decides.
pub fn unlock() {
    // SAFETY: with MDSCR_EL1 0 this enables nothing.
    unsafe { asm!("msr oslar_el1, xzr", options(nomem, nostack)) };
}

fn breakpoint_count() -> usize {
    (ID_AA64DFR0_EL1.get() >> 12 & 0xf) as usize + 1
}

fn watchpoint_count() -> usize {
    (ID_AA64DFR0_EL1.get() >> 20 & 0xf) as usize + 1
}

macro_rules! pair_writer {
    ($name:ident, $count:ident, $value:literal, $control:literal, [$($number:literal)*]) => {
        fn $name(number: usize, pair: Pair) {
            if number >= $count() {
                return;
            }
            match number {
                $($number => {
                    // SAFETY: the register exists; its exceptions go to EL1, whose
                    // the values are, and are off while anybody else runs.
                    unsafe {
                        asm!(
                            concat!("msr ", $value, $number, "_el1, {value}"),
                            concat!("msr ", $control, $number, "_el1, {control}"),
                            value = in(reg) pair.value,
                            control = in(reg) pair.control,
                            options(nomem, nostack),
                        );
                    }
                })*
                _ => {}
            }
        }
    };
}

pair_writer!(write_breakpoint, breakpoint_count, "dbgbvr", "dbgbcr",
    [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]);
pair_writer!(write_watchpoint, watchpoint_count, "dbgwvr", "dbgwcr",
    [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15]);
