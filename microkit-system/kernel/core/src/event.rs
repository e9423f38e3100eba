// SPDX-License-Identifier: BSD-2-Clause

//! Why the kernel was entered, and what runs when it is left.

use crate::hardware::PhysAddr;
use crate::ids::TcbId;

/// One kernel entry. The current thread's registers are in its
/// [`crate::Context`]. Synchronous events (all but [`Event::Timer`] and
/// [`Event::Interrupt`]) are ignored while nothing runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// SVC, or HVC of a vCPU: number in x7; `pc` is the next instruction.
    Syscall,
    /// The deadline (CNTHP, PPI 26) was reached.
    Timer,
    /// A device interrupt, masked and ended by the caller. Unknown ones are
    /// ignored and stay masked.
    Interrupt {
        /// INTID.
        intid: u32,
    },
    /// Stage-2 abort.
    VmFault {
        /// Native: FAR (or the IPA); vCPU: guest-physical address.
        address: u64,
        /// ESR_EL2.
        fsr: u64,
        /// Instruction abort.
        is_fetch: bool,
    },
    /// Undefined instruction and the like of a native thread.
    UserException {
        /// ESR_EL2 as the ABI shows it (`0x200_0000`).
        number: u64,
        /// 0.
        code: u64,
    },
    /// Any other synchronous exception of a vCPU or a native thread.
    VcpuFault {
        /// ESR_EL2.
        hsr: u64,
    },
    /// The virtual timer's PPI, masked by the caller, with its flag set.
    VppiEvent {
        /// 27.
        intid: u32,
    },
    /// Maintenance interrupt; the caller has cleared the EOI bit of the list
    /// register.
    VgicMaintenance {
        /// The list register, or `None` if none can be told.
        index: Option<u32>,
    },
    /// Debug configuration only.
    DebugException {
        /// 0 data breakpoint, 1 instruction breakpoint, 2 single step, 3 BRK.
        reason: u64,
        /// Address and breakpoint number; none for BRK.
        breakpoint: Option<(u64, u64)>,
    },
}

/// What runs when the kernel is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// This thread, with the registers of its [`crate::Context`].
    Run(TcbId),
    /// Nothing: wait for an interrupt.
    Idle,
}

/// What the architecture needs to know to run a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadView {
    /// Physical address of the stage-2 root.
    pub root: PhysAddr,
    /// VMID, 1..=255.
    pub vmid: u16,
    /// The vCPU that it is: position in the table of vCPUs.
    pub vcpu: Option<usize>,
    /// Any use of the FPU traps (never for a vCPU).
    pub fpu_disabled: bool,
}
