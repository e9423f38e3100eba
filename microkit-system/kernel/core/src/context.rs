// SPDX-License-Identifier: BSD-2-Clause

//! A thread's registers, as the exception vectors save them.

/// Words of seL4_UserContext (sel4-microkit-abi, 3.3).
pub const USER_CONTEXT_WORDS: usize = 36;

/// Condition flags of SPSR.
const FLAGS: u64 = 0xf000_0000;
/// Mode bits of SPSR with AArch32 and reserved bits: M[4:0].
const MODE: u64 = 0x1f;
/// EL0t, EL1t, EL1h: what a vCPU may run in.
const GUEST_MODES: [u64; 3] = [0, 4, 5];

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

    /// Register `index` of seL4_UserContext but `pc`, which is not the
    /// context's alone: `sp, spsr, x0–x8, x16–x18, x29, x30, x9–x15, x19–x28,
    /// tpidr_el0, tpidrro_el0` are 1..36.
    pub(crate) fn user_register(&self, index: usize) -> Option<u64> {
        match index {
            1 => Some(self.sp),
            2 => Some(self.spsr),
            34 => Some(self.tpidr_el0),
            35 => Some(self.tpidrro_el0),
            _ => self.x.get(general_register(index)?).copied(),
        }
    }

    /// The same register, to be written.
    pub(crate) fn user_register_mut(&mut self, index: usize) -> Option<&mut u64> {
        match index {
            1 => Some(&mut self.sp),
            2 => Some(&mut self.spsr),
            34 => Some(&mut self.tpidr_el0),
            35 => Some(&mut self.tpidrro_el0),
            _ => self.x.get_mut(general_register(index)?),
        }
    }
}

/// Number of the general-purpose register that is `index` of seL4_UserContext.
fn general_register(index: usize) -> Option<usize> {
    match index {
        3..=11 => Some(index - 3),
        12..=14 => Some(index + 4),
        15..=16 => Some(index + 14),
        17..=23 => Some(index - 8),
        24..=33 => Some(index - 5),
        _ => None,
    }
}

/// SPSR as a thread may have it: without a vCPU always EL0 with FIQ (and SError
/// in release) masked; a vCPU's is taken as is if its mode is EL0t, EL1t or EL1h.
pub(crate) fn sanitise_spsr(value: u64, is_vcpu: bool, debug: bool) -> u64 {
    if is_vcpu && GUEST_MODES.contains(&(value & MODE)) {
        return value;
    }
    (value & FLAGS) | if debug { 0x40 } else { 0x140 }
}
