// SPDX-License-Identifier: BSD-2-Clause

//! Faults as values.
//!
//! Why: a fault reaches its handler as a message whose label is the fault's
//! number; here it becomes an enum.
//!
//! Rules: [`Fault::new`] panics on a label or length no kernel sends, as
//! rust-sel4's does. A child holds its own fault endpoint and can forge such
//! messages, so a handler that must survive its child checks label and length
//! before it comes here.

use crate::{
    IpcBuffer, MessageInfo, Word,
    sys::{
        seL4_Fault, seL4_Fault_CapFault, seL4_Fault_NullFault, seL4_Fault_Timeout,
        seL4_Fault_UnknownSyscall, seL4_Fault_UserException, seL4_Fault_VCPUFault,
        seL4_Fault_VGICMaintenance, seL4_Fault_VMFault, seL4_Fault_VPPIEvent,
    },
};

macro_rules! faults {
    ($(#[doc = $doc:literal] $(#[cfg($config:meta)])? $name:ident($sys:ident) = $number:literal),+ $(,)?) => {
        $(
            #[doc = $doc]
            $(#[cfg($config)])?
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub struct $name($sys);

            $(#[cfg($config)])?
            impl $name {
                /// The fault of its message.
                pub const fn from_inner(inner: $sys) -> Self {
                    Self(inner)
                }

                /// The message.
                pub fn into_inner(self) -> $sys {
                    self.0
                }

                /// The message.
                pub const fn inner(&self) -> &$sys {
                    &self.0
                }
            }
        )+

        /// A fault, as its handler sees it.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Fault {
            $(
                #[doc = $doc]
                $(#[cfg($config)])?
                $name($name),
            )+
        }

        impl Fault {
            /// The fault of a message's words.
            ///
            /// # Panics
            /// If its number is unknown.
            pub fn from_sys(raw: seL4_Fault) -> Self {
                match raw.get_tag() {
                    $(
                        $(#[cfg($config)])?
                        $number => Self::$name($name($sys::from_fault(&raw))),
                    )+
                    label => panic!("fault {label} is unknown"),
                }
            }
        }
    };
}

#[cfg(sel4_debug)]
use crate::sys::seL4_Fault_DebugException;

faults! {
    /// No fault: the passive server's message to the monitor.
    NullFault(seL4_Fault_NullFault) = 0,
    /// A capability pointer did not resolve.
    CapFault(seL4_Fault_CapFault) = 1,
    /// A trap with a number that is no system call.
    UnknownSyscall(seL4_Fault_UnknownSyscall) = 2,
    /// An exception the kernel has no better name for.
    UserException(seL4_Fault_UserException) = 3,
    /// A breakpoint, watchpoint or single step.
    #[cfg(sel4_debug)]
    DebugException(seL4_Fault_DebugException) = 4,
    /// A scheduling context's budget ran out.
    Timeout(seL4_Fault_Timeout) = 5,
    /// An access to an address that is not mapped, or not so.
    VmFault(seL4_Fault_VMFault) = 6,
    /// A virtual interrupt was completed.
    VGicMaintenance(seL4_Fault_VGICMaintenance) = 7,
    /// A virtual processor trapped; in release also a native thread's BRK.
    VCpuFault(seL4_Fault_VCPUFault) = 8,
    /// The virtual timer fired.
    VPpiEvent(seL4_Fault_VPPIEvent) = 9,
}

/// Length of fault `label` where it is fixed, in words.
const fn fixed_length(label: Word) -> Option<usize> {
    match label {
        2 => Some(13),
        3 => Some(5),
        5 => Some(2),
        6 => Some(4),
        7 | 8 => Some(1),
        _ => None,
    }
}

impl Fault {
    /// The fault of a received message.
    ///
    /// # Panics
    /// If its label is no fault's number or its length is not that fault's.
    pub fn new(ipc_buffer: &IpcBuffer, info: &MessageInfo) -> Self {
        if let Some(length) = fixed_length(info.label()) {
            assert_eq!(
                info.length(),
                length,
                "fault {}: wrong message length",
                info.label()
            );
        }
        Self::from_sys(seL4_Fault::new(info.label(), ipc_buffer.msg_regs()))
    }
}

impl UnknownSyscall {
    /// Address of the trapping instruction; replying restarts there.
    pub fn fault_ip(&self) -> Word {
        self.inner().get_FaultIP()
    }

    /// Stack pointer.
    pub fn sp(&self) -> Word {
        self.inner().get_SP()
    }

    /// ELR: the address after the trapping instruction, not register x30.
    pub fn lr(&self) -> Word {
        self.inner().get_LR()
    }

    /// The number that is no system call.
    pub fn syscall(&self) -> Word {
        self.inner().get_Syscall()
    }

    /// Saved program status.
    pub fn spsr(&self) -> Word {
        self.inner().get_SPSR()
    }

    /// Register x`index`.
    ///
    /// # Panics
    /// From 8 on: the message has x0 to x7 only.
    pub fn gpr(&self, index: usize) -> Word {
        self.inner().gpr(index)
    }
}

impl VmFault {
    /// Address of the instruction; virtual, also a guest's.
    pub fn ip(&self) -> Word {
        self.inner().get_IP()
    }

    /// The address accessed; for a guest its physical one.
    pub fn addr(&self) -> Word {
        self.inner().get_Addr()
    }

    /// Whether an instruction was to be fetched there.
    pub fn is_prefetch(&self) -> bool {
        self.inner().get_PrefetchFault() != 0
    }

    /// ESR_EL2.
    pub fn fsr(&self) -> Word {
        self.inner().get_FSR()
    }
}

impl VGicMaintenance {
    /// The list register whose interrupt was completed, if the kernel can tell.
    pub fn idx(&self) -> Option<Word> {
        let index = self.inner().get_IDX();
        (index != Word::MAX).then_some(index)
    }
}

impl VCpuFault {
    /// ESR_EL2.
    pub fn hsr(&self) -> Word {
        self.inner().get_HSR()
    }
}

impl VPpiEvent {
    /// Number of the interrupt; 27, the virtual timer.
    pub fn irq(&self) -> Word {
        self.inner().get_irq()
    }
}

#[cfg(test)]
mod tests {
    use super::Fault;
    use crate::{IpcBuffer, MessageInfo};

    fn fault(label: u64, words: &[u64]) -> Fault {
        let mut buffer = IpcBuffer::zeroed();
        buffer.msg_regs_mut()[..words.len()].copy_from_slice(words);
        Fault::new(&buffer, &MessageInfo::new(label, 0, 0, words.len()))
    }

    #[test]
    fn a_vm_fault_has_four_words() {
        let Fault::VmFault(fault) = fault(6, &[0x20_0000, 0x900_0000, 1, 0x93c0_804f]) else {
            panic!("not a VmFault");
        };
        assert_eq!(fault.ip(), 0x20_0000);
        assert_eq!(fault.addr(), 0x900_0000);
        assert!(fault.is_prefetch());
        assert_eq!(fault.fsr(), 0x93c0_804f);
    }

    #[test]
    fn an_unknown_system_call_has_its_registers_in_order() {
        let words: Vec<u64> = (100..113).collect();
        let Fault::UnknownSyscall(fault) = fault(2, &words) else {
            panic!("not an UnknownSyscall");
        };
        assert_eq!((fault.gpr(0), fault.gpr(7)), (100, 107));
        assert_eq!((fault.fault_ip(), fault.sp(), fault.lr()), (108, 109, 110));
        assert_eq!((fault.spsr(), fault.syscall()), (111, 112));
    }

    #[test]
    fn all_ones_is_no_list_register() {
        let index = |word| match fault(7, &[word]) {
            Fault::VGicMaintenance(fault) => fault.idx(),
            _ => panic!("not a VGicMaintenance"),
        };
        assert_eq!((index(3), index(u64::MAX)), (Some(3), None));
    }

    #[test]
    fn a_cap_fault_may_be_short() {
        assert!(matches!(fault(1, &[1, 2, 3, 4]), Fault::CapFault(_)));
    }

    #[test]
    #[should_panic(expected = "wrong message length")]
    fn a_forged_length_is_refused() {
        let _ = fault(6, &[1, 2, 3]);
    }

    #[test]
    #[should_panic(expected = "is unknown")]
    fn a_forged_label_is_refused() {
        let _ = fault(77, &[]);
    }
}
