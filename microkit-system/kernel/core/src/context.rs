// SPDX-License-Identifier: BSD-2-Clause

//! A thread's registers, as the exception vectors save them.

/// Registers of a thread outside the kernel. The layout is the assembly's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(C)]
pub struct Context {
    /// x0–x30.
    pub x: [u64; 31],
    /// SP_EL0.
    pub sp: u64,
    /// ELR_EL2: where the thread continues.
    pub pc: u64,
    /// SPSR_EL2.
    pub spsr: u64,
    /// TPIDR_EL0.
    pub tpidr_el0: u64,
    /// TPIDRRO_EL0.
    pub tpidrro_el0: u64,
}

impl Context {
    /// All registers 0.
    pub const ZERO: Self = Self {
        x: [0; 31],
        sp: 0,
        pc: 0,
        spsr: 0,
        tpidr_el0: 0,
        tpidrro_el0: 0,
    };
}
