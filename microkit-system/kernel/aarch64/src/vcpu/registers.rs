// SPDX-License-Identifier: BSD-2-Clause

//! VCPU registers in the hardware (sel4-microkit-abi, 3.4).
//!
//! Numbers are those of the ABI. 0, 1 and 20–23 are switched whenever a vCPU starts
//! or stops to run, 2–19 only when another vCPU takes the core: native threads run
//! at EL0 without stage 1 and reach none of them.

use core::ops::RangeInclusive;

use aarch64_cpu::registers::{
    ACTLR_EL1, AFSR0_EL1, AFSR1_EL1, AMAIR_EL1, CNTKCTL_EL1, CNTV_CTL_EL0, CNTV_CVAL_EL0,
    CNTVOFF_EL2, CONTEXTIDR_EL1, CPACR_EL1, ELR_EL1, ESR_EL1, FAR_EL1, MAIR_EL1, PAR_EL1, Readable,
    SCTLR_EL1, SP_EL1, SPSR_EL1, TCR_EL1, TPIDR_EL1, TTBR0_EL1, TTBR1_EL1, VBAR_EL1, VMPIDR_EL2,
    Writeable,
};

/// Number of VCPU registers.
pub const COUNT: usize = 24;
/// SCTLR_EL1.
pub const SCTLR: usize = 0;
/// VMPIDR_EL2. Written only, since the hardware's has a bit more.
pub const VMPIDR: usize = 16;
/// CNTV_CTL_EL0.
pub const CNTV_CTL: usize = 20;
/// Switched whenever the vCPU starts or stops to run. CNTV_CTL comes after what it
/// acts upon.
pub const EAGER: [usize; 6] = [SCTLR, 1, 23, 22, 21, CNTV_CTL];
/// Switched when another vCPU takes the core.
pub const LAZY: RangeInclusive<usize> = 2..=19;

/// SCTLR_EL1 at start.
pub const SCTLR_START: u64 = 0x34d5_8820;
/// MPIDR_EL1's bit that is RES1.
const MPIDR_RES1: u64 = 1 << 31;

macro_rules! registers {
    ($($number:literal => $register:ident),* $(,)?) => {
        /// The hardware's register `number`; 0 if there is none to read.
        pub fn read(number: usize) -> u64 {
            match number {
                $($number => $register.get(),)*
                _ => 0,
            }
        }

        /// Writes the hardware's register `number`; ignored if there is none.
        pub fn write(number: usize, value: u64) {
            match number {
                $($number => $register.set(value),)*
                VMPIDR => VMPIDR_EL2.set(value | MPIDR_RES1),
                _ => {}
            }
        }
    };
}

registers! {
    0 => SCTLR_EL1,
    1 => CPACR_EL1,
    2 => TTBR0_EL1,
    3 => TTBR1_EL1,
    4 => TCR_EL1,
    5 => MAIR_EL1,
    6 => AMAIR_EL1,
    7 => CONTEXTIDR_EL1,
    8 => ACTLR_EL1,
    9 => AFSR0_EL1,
    10 => AFSR1_EL1,
    11 => ESR_EL1,
    12 => FAR_EL1,
    13 => PAR_EL1,
    14 => VBAR_EL1,
    15 => TPIDR_EL1,
    17 => SP_EL1,
    18 => ELR_EL1,
    19 => SPSR_EL1,
    20 => CNTV_CTL_EL0,
    21 => CNTV_CVAL_EL0,
    22 => CNTVOFF_EL2,
    23 => CNTKCTL_EL1,
}
