// SPDX-License-Identifier: BSD-2-Clause

//! Putting a synchronous exception into the guest's EL1.
//!
//! Does what the processor does on taking one (Arm ARM, D1.3 "Exceptions" and
//! `AArch64.TakeException`), in the registers that a VMM can reach.

use super::{Registers, SystemRegister, VcpuId};
use crate::platform::Platform;

/// EL1h with D, A, I and F masked: the state on entry to EL1.
const ENTRY_SPSR: u64 = 0x3c5;
/// PAN, UAO and the like are kept as they were where they are not cleared.
const KEPT: u64 = 1 << 22;

/// ESR: 32-bit instruction.
const IL: u64 = 1 << 25;
/// ISS: FAR does not hold the address.
const FNV: u64 = 1 << 10;
/// ISS: the access was a store.
const WNR: u64 = 1 << 6;
/// Fault status: synchronous external abort, not on a table walk.
const EXTERNAL: u64 = 0x10;

/// An exception to take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// A load or store that nothing answers. `address`: guest-virtual, if known.
    DataAbort {
        /// The access was a store.
        store: bool,
        /// Guest-virtual address, if the VMM knows it.
        address: Option<u64>,
    },
    /// A fetch from an address that nothing answers.
    InstructionAbort,
    /// An instruction that does not exist here (HVC).
    Undefined,
}

impl Exception {
    /// ESR_EL1 and, if it is to be written, FAR_EL1.
    fn syndrome(self, registers: &Registers) -> (u64, Option<u64>) {
        let class = |lower: u64| if registers.in_kernel() { lower + 1 } else { lower } << 26;
        match self {
            Self::DataAbort { store, address } => {
                let iss = EXTERNAL
                    | if store { WNR } else { 0 }
                    | if address.is_none() { FNV } else { 0 };
                (class(0x24) | IL | iss, address)
            }
            Self::InstructionAbort => (class(0x20) | IL | EXTERNAL, Some(registers.pc)),
            Self::Undefined => (IL, None),
        }
    }
}

/// Offset into the vector table of a synchronous exception from this state.
fn vector_offset(registers: &Registers) -> u64 {
    if registers.in_kernel() {
        if registers.uses_sp_el1() {
            0x200
        } else {
            0x000
        }
    } else if registers.in_aarch32() {
        0x600
    } else {
        0x400
    }
}

/// Changes `registers` and `vcpu`'s system registers as taking `exception` does.
/// The caller writes `registers` back.
pub fn inject_exception<P: Platform>(
    platform: &mut P,
    vcpu: VcpuId,
    registers: &mut Registers,
    exception: Exception,
) {
    let (esr, far) = exception.syndrome(registers);
    platform.set_system_register(vcpu, SystemRegister::Esr, esr);
    if let Some(far) = far {
        platform.set_system_register(vcpu, SystemRegister::Far, far);
    }
    platform.set_system_register(vcpu, SystemRegister::ElrEl1, registers.pc);
    platform.set_system_register(vcpu, SystemRegister::SpsrEl1, registers.spsr);
    let vectors = platform.system_register(vcpu, SystemRegister::Vbar) & !0x7ff;
    registers.pc = vectors.wrapping_add(vector_offset(registers));
    registers.spsr = ENTRY_SPSR | registers.spsr & KEPT;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::model::Model;

    fn taken(spsr: u64, exception: Exception) -> (Model, Registers) {
        let mut model = Model::default();
        model.set_system_register(VcpuId::BOOT, SystemRegister::Vbar, 0xffff_0000_0000_0800);
        let mut registers = Registers {
            pc: 0x4000_1234,
            spsr,
            ..Registers::default()
        };
        inject_exception(&mut model, VcpuId::BOOT, &mut registers, exception);
        (model, registers)
    }

    #[test]
    fn a_store_from_the_kernel_is_a_data_abort_of_the_same_level() {
        let (mut model, registers) = taken(
            0x6000_0005,
            Exception::DataAbort {
                store: true,
                address: None,
            },
        );
        assert_eq!(registers.pc, 0xffff_0000_0000_0a00);
        assert_eq!(registers.spsr, 0x3c5);
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::Esr),
            0x9600_0450
        );
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::ElrEl1),
            0x4000_1234
        );
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::SpsrEl1),
            0x6000_0005
        );
    }

    #[test]
    fn a_load_from_user_space_is_one_from_a_lower_level() {
        let (mut model, registers) = taken(
            0,
            Exception::DataAbort {
                store: false,
                address: Some(0x77),
            },
        );
        assert_eq!(registers.pc, 0xffff_0000_0000_0c00);
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::Esr),
            0x9200_0010
        );
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::Far),
            0x77
        );
    }

    #[test]
    fn the_vector_follows_stack_pointer_and_width() {
        assert_eq!(
            taken(0x3c4, Exception::Undefined).1.pc,
            0xffff_0000_0000_0800
        );
        assert_eq!(
            taken(0x10, Exception::Undefined).1.pc,
            0xffff_0000_0000_0e00
        );
        let (mut model, _) = taken(0x3c5, Exception::InstructionAbort);
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::Esr),
            0x8600_0010
        );
        assert_eq!(
            model.system_register(VcpuId::BOOT, SystemRegister::Far),
            0x4000_1234
        );
    }
}
