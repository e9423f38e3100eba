// SPDX-License-Identifier: BSD-2-Clause

//! Names for the registers that seL4 lets a VMM read and write.

/// SPSR a vCPU starts with: EL1h, SError, IRQ and FIQ masked (arm64 boot protocol
/// wants all of DAIF; D is reset to masked by the architecture).
pub const START_SPSR: u64 = 0x1c5;

/// SCTLR_EL1 with everything off: the bits that are 1 in Armv8.0.
pub const SCTLR_OFF: u64 = 0x30d0_0800;

/// SPSR mode field: EL0t.
const MODE_EL0T: u64 = 0b0000;
/// SPSR mode field: EL1h.
const MODE_EL1H: u64 = 0b0101;
/// SPSR bit: AArch32 state.
const AARCH32: u64 = 1 << 4;

/// A vCPU's general registers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Registers {
    /// Program counter (guest-virtual).
    pub pc: u64,
    /// `SP_EL0`.
    pub sp_el0: u64,
    /// Processor state, in the form of an SPSR.
    pub spsr: u64,
    /// x0 to x30.
    pub x: [u64; 31],
    /// `TPIDR_EL0`.
    pub tpidr_el0: u64,
    /// `TPIDRRO_EL0`.
    pub tpidrro_el0: u64,
}

impl Registers {
    /// Register `number` as an operand: 31 is the zero register.
    pub fn operand(&self, number: u8) -> u64 {
        self.x.get(usize::from(number)).copied().unwrap_or(0)
    }

    /// Writes an operand register: a write to 31 is lost.
    pub fn set_operand(&mut self, number: u8, value: u64) {
        if let Some(register) = self.x.get_mut(usize::from(number)) {
            *register = value;
        }
    }

    /// Whether the guest was in its kernel (EL1).
    pub fn in_kernel(&self) -> bool {
        self.spsr & (AARCH32 | 0b1100) == 0b0100
    }

    /// Whether the guest was in AArch32 state.
    pub fn in_aarch32(&self) -> bool {
        self.spsr & AARCH32 != 0
    }

    /// Whether the stack pointer in use is `SP_EL1`.
    pub fn uses_sp_el1(&self) -> bool {
        self.spsr & (AARCH32 | 0b1111) == MODE_EL1H
    }

    /// Whether the guest was in user mode (EL0, AArch64).
    pub fn in_user(&self) -> bool {
        self.spsr & (AARCH32 | 0b1111) == MODE_EL0T
    }
}

/// System registers of a vCPU, by their names in the Arm manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the manual's")]
pub enum SystemRegister {
    Sctlr,
    Ttbr0,
    Ttbr1,
    Tcr,
    Esr,
    Far,
    Vbar,
    SpEl1,
    ElrEl1,
    SpsrEl1,
    CntvCtl,
    CntvCval,
    Vmpidr,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn register_31_is_the_zero_register() {
        let mut registers = Registers {
            x: [7; 31],
            ..Registers::default()
        };
        registers.set_operand(31, 9);
        assert_eq!(registers.operand(31), 0);
        registers.set_operand(30, 9);
        assert_eq!(registers.operand(30), 9);
    }

    #[test]
    fn modes_are_told_apart() {
        let with = |spsr| Registers {
            spsr,
            ..Registers::default()
        };
        assert!(with(START_SPSR).in_kernel() && with(START_SPSR).uses_sp_el1());
        assert!(with(0x3c4).in_kernel() && !with(0x3c4).uses_sp_el1());
        assert!(with(0).in_user() && !with(0).in_kernel());
        assert!(with(0x10).in_aarch32() && !with(0x10).in_user() && !with(0x10).in_kernel());
    }
}
