// SPDX-License-Identifier: BSD-2-Clause

//! What a synchronous exception means: ESR_EL2 decoded.
//!
//! Total and pure. Follows sel4-microkit-abi, 4.1 (native threads at EL0) and 4.2
//! (vCPUs); fields are those of the Arm ARM, ESR_EL2. In seL4's release
//! configuration most of what traps from a native thread is a VCPUFault although
//! it has no vCPU.

use tombolo_kernel_core::Event;

/// Whose exception it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// A vCPU at EL1 or EL0, else a native thread at EL0.
    pub vcpu: bool,
    /// The thread may not use the FPU.
    pub fpu_disabled: bool,
    /// Debug configuration: BRK of a native thread is a DebugException.
    pub debug: bool,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// The core's business.
    Event(Event),
    /// Stage-2 abort; the fault's address is not part of the syndrome.
    Abort {
        /// Instruction abort.
        is_fetch: bool,
    },
    /// First use of the FPU since the thread was switched to.
    FloatingPoint,
    /// MRS or MSR of a vCPU that the kernel may emulate.
    Register(RegisterAccess),
}

/// A trapped MRS or MSR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RegisterAccess {
    /// The system register.
    pub register: SystemRegister,
    /// Xt; 31 is XZR.
    pub transfer: usize,
    /// MRS, else MSR.
    pub is_read: bool,
}

/// op0, op1, CRn, CRm, op2 as the manual writes them: `S2_0_C0_C2_2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemRegister(pub u8, pub u8, pub u8, pub u8, pub u8);

mod class {
    pub const UNKNOWN: u64 = 0x00;
    pub const FLOATING_POINT: u64 = 0x07;
    pub const SVC64: u64 = 0x15;
    pub const HVC64: u64 = 0x16;
    pub const SYSTEM_REGISTER: u64 = 0x18;
    pub const INSTRUCTION_ABORT: u64 = 0x20;
    pub const DATA_ABORT: u64 = 0x24;
    pub const BRK64: u64 = 0x3c;
}

/// Reason of a DebugException: BRK.
const REASON_BRK: u64 = 3;

/// Decodes `esr`.
pub fn decode(origin: Origin, esr: u64) -> Trap {
    match esr >> 26 & 0x3f {
        class::SVC64 if !origin.vcpu => Trap::Event(Event::Syscall),
        class::HVC64 if origin.vcpu => Trap::Event(Event::Syscall),
        class::INSTRUCTION_ABORT => Trap::Abort { is_fetch: true },
        class::DATA_ABORT => Trap::Abort { is_fetch: false },
        class::FLOATING_POINT if origin.vcpu || !origin.fpu_disabled => Trap::FloatingPoint,
        class::SYSTEM_REGISTER if origin.vcpu => Trap::Register(register_access(esr)),
        class::UNKNOWN => Trap::Event(Event::UserException {
            number: esr,
            code: 0,
        }),
        class::BRK64 if origin.debug && !origin.vcpu => Trap::Event(Event::DebugException {
            reason: REASON_BRK,
            breakpoint: None,
        }),
        _ => Trap::Event(Event::VcpuFault { hsr: esr }),
    }
}

/// The stage-2 fault was for lack of permission, not in a stage-1 walk: HPFAR_EL2
/// is not valid then (Arm ARM, HPFAR_EL2).
pub fn needs_walk(esr: u64) -> bool {
    let status = esr & 0x3f;
    let in_walk = esr & (1 << 7) != 0;
    (0x0c..=0x0f).contains(&status) && !in_walk
}

/// The intermediate physical address of `far` as `hpfar` has it.
pub fn intermediate_address(hpfar: u64, far: u64) -> u64 {
    // HPFAR_EL2.FIPA: bits 51:12 of the address in 43:4.
    (hpfar & 0xfff_ffff_fff0) << 8 | far & 0xfff
}

/// The physical address that PAR_EL1 has for `far`, unless the walk failed.
pub fn walked_address(par: u64, far: u64) -> Option<u64> {
    let failed = par & 1 != 0;
    (!failed).then_some(par & 0xf_ffff_ffff_f000 | far & 0xfff)
}

/// `bits` of the syndrome's field at `offset`.
fn field(esr: u64, offset: u32, bits: u32) -> u8 {
    // At most 5 bits: the mask leaves a byte.
    (esr >> offset & ((1 << bits) - 1)) as u8
}

/// ISS of exception class 0x18.
fn register_access(esr: u64) -> RegisterAccess {
    RegisterAccess {
        register: SystemRegister(
            field(esr, 20, 2),
            field(esr, 14, 3),
            field(esr, 10, 4),
            field(esr, 1, 4),
            field(esr, 17, 3),
        ),
        transfer: usize::from(field(esr, 5, 5)),
        is_read: esr & 1 != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        Event, Origin, SystemRegister, Trap, decode, intermediate_address, needs_walk,
        walked_address,
    };

    const NATIVE: Origin = Origin {
        vcpu: false,
        fpu_disabled: false,
        debug: false,
    };
    const VCPU: Origin = Origin {
        vcpu: true,
        ..NATIVE
    };

    #[test]
    fn a_system_call_is_svc_of_a_native_thread_and_hvc_of_a_vcpu() {
        assert_eq!(decode(NATIVE, 0x5600_0000), Trap::Event(Event::Syscall));
        assert_eq!(decode(VCPU, 0x5a00_0000), Trap::Event(Event::Syscall));
        let smc = 0x5e00_0000;
        assert_eq!(
            decode(VCPU, smc),
            Trap::Event(Event::VcpuFault { hsr: smc })
        );
    }

    #[test]
    fn what_a_native_thread_runs_into_is_as_seen_on_sel4() {
        let undefined = Event::UserException {
            number: 0x200_0000,
            code: 0,
        };
        assert_eq!(decode(NATIVE, 0x200_0000), Trap::Event(undefined));
        // CNTVCT_EL0, BRK, DC ZVA, unaligned PC.
        for hsr in [0x6234_f961, 0xf200_0001, 0x6212_dc08, 0x8a00_0000] {
            assert_eq!(decode(NATIVE, hsr), Trap::Event(Event::VcpuFault { hsr }));
        }
        assert_eq!(decode(NATIVE, 0x93cb_8006), Trap::Abort { is_fetch: false });
        assert_eq!(decode(NATIVE, 0x8200_000f), Trap::Abort { is_fetch: true });
    }

    #[test]
    fn brk_is_a_debug_exception_in_the_debug_configuration_only() {
        let debug = Origin {
            debug: true,
            ..NATIVE
        };
        let event = Event::DebugException {
            reason: 3,
            breakpoint: None,
        };
        assert_eq!(decode(debug, 0xf200_0001), Trap::Event(event));
    }

    #[test]
    fn floating_point_faults_only_where_it_is_disabled() {
        let esr = 0x1fe0_0000;
        assert_eq!(decode(NATIVE, esr), Trap::FloatingPoint);
        assert_eq!(decode(VCPU, esr), Trap::FloatingPoint);
        let disabled = Origin {
            fpu_disabled: true,
            ..NATIVE
        };
        assert_eq!(
            decode(disabled, esr),
            Trap::Event(Event::VcpuFault { hsr: esr })
        );
    }

    #[test]
    fn wfi_of_a_vcpu_is_a_fault_at_the_instruction() {
        let wfi = 0x07e0_0000;
        assert_eq!(
            decode(VCPU, wfi),
            Trap::Event(Event::VcpuFault { hsr: wfi })
        );
    }

    #[test]
    fn fields_of_a_trapped_register_are_found() {
        // MSR MDSCR_EL1, X3: S2_0_C0_C2_2.
        let esr = 0x18 << 26 | 1 << 25 | 2 << 20 | 2 << 17 | 3 << 5 | 2 << 1;
        let Trap::Register(access) = decode(VCPU, esr) else {
            panic!("no register access");
        };
        assert_eq!(access.register, SystemRegister(2, 0, 0, 2, 2));
        assert_eq!((access.transfer, access.is_read), (3, false));
    }

    #[test]
    fn the_address_of_a_guests_abort_is_intermediate_physical() {
        assert_eq!(
            intermediate_address(0xff_8000_0000 >> 8, 0xffff_0000_0000_1234),
            0xff_8000_0234
        );
        assert_eq!(
            intermediate_address(0x80_0000, 0xffff_8000_0000_0040),
            0x8000_0040
        );
        assert!(needs_walk(0x93c0_804f) && !needs_walk(0x93c0_8046) && !needs_walk(0x93c0_80cf));
        assert_eq!(
            walked_address(0xff00_0000_4020_3b80, 0x567),
            Some(0x4020_3567)
        );
        assert_eq!(walked_address(1, 0), None);
    }
}
