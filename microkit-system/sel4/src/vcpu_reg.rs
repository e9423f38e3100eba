// SPDX-License-Identifier: BSD-2-Clause

//! System registers of a virtual processor.

use crate::Word;

/// A register the kernel keeps for a virtual processor (libsel4 `seL4_VCPUReg`).
/// PAR_EL1 (13), VMPIDR_EL2 (16) and CNTKCTL_EL1 (23) are not offered by
/// rust-sel4 on one core.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u64)]
#[allow(non_camel_case_types, clippy::upper_case_acronyms)]
pub enum VCpuReg {
    /// SCTLR_EL1.
    SCTLR = 0,
    /// CPACR_EL1.
    CPACR = 1,
    /// TTBR0_EL1.
    TTBR0 = 2,
    /// TTBR1_EL1.
    TTBR1 = 3,
    /// TCR_EL1.
    TCR = 4,
    /// MAIR_EL1.
    MAIR = 5,
    /// AMAIR_EL1.
    AMAIR = 6,
    /// CONTEXTIDR_EL1.
    CIDR = 7,
    /// ACTLR_EL1.
    ACTLR = 8,
    /// AFSR0_EL1.
    AFSR0 = 9,
    /// AFSR1_EL1.
    AFSR1 = 10,
    /// ESR_EL1.
    ESR = 11,
    /// FAR_EL1.
    FAR = 12,
    /// VBAR_EL1.
    VBAR = 14,
    /// TPIDR_EL1.
    TPIDR_EL1 = 15,
    /// SP_EL1.
    SP_EL1 = 17,
    /// ELR_EL1.
    ELR_EL1 = 18,
    /// SPSR_EL1.
    SPSR_EL1 = 19,
    /// CNTV_CTL_EL0.
    CNTV_CTL = 20,
    /// CNTV_CVAL_EL0.
    CNTV_CVAL = 21,
    /// CNTVOFF_EL2.
    CNTVOFF = 22,
}

impl VCpuReg {
    /// The kernel's number.
    pub const fn into_sys(self) -> Word {
        self as Word
    }
}
