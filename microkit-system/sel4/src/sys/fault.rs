// SPDX-License-Identifier: BSD-2-Clause

//! Fault messages, word by word.

use crate::Word;

/// Longest fault message in words.
const MAX_LENGTH: usize = 13;

/// A fault message: number and words. Words beyond its length are what the message registers held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct seL4_Fault {
    label: Word,
    words: [Word; MAX_LENGTH],
}

impl seL4_Fault {
    /// The fault `label` with its words from the message registers; missing ones are 0.
    pub(crate) fn new(label: Word, msg_regs: &[Word]) -> Self {
        let word = |index| msg_regs.get(index).copied().unwrap_or(0);
        Self {
            label,
            words: core::array::from_fn(word),
        }
    }

    /// The fault's number.
    pub fn get_tag(&self) -> Word {
        self.label
    }

    fn first<const N: usize>(&self) -> [Word; N] {
        core::array::from_fn(|index| self.words[index])
    }
}

macro_rules! fault_message {
    ($(#[$attribute:meta])* $name:ident, $length:literal, { $($get:ident = $index:literal),* $(,)? }) => {
        $(#[$attribute])*
        #[doc = concat!("Message of `", stringify!($name), "`.")]
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name([Word; $length]);

        $(#[$attribute])*
        impl $name {
            $(
                #[doc = concat!("Message register ", $index, ".")]
                pub fn $get(&self) -> Word {
                    self.0[$index]
                }
            )*

            pub(crate) fn from_fault(fault: &seL4_Fault) -> Self {
                Self(fault.first())
            }
        }
    };
}

fault_message!(seL4_Fault_NullFault, 0, {});
fault_message!(seL4_Fault_CapFault, 7, {
    get_IP = 0, get_Addr = 1, get_InRecvPhase = 2, get_LookupFailureType = 3,
    get_MR4 = 4, get_MR5 = 5, get_MR6 = 6,
});
fault_message!(seL4_Fault_UnknownSyscall, 13, {
    get_X0 = 0, get_X1 = 1, get_X2 = 2, get_X3 = 3, get_X4 = 4, get_X5 = 5, get_X6 = 6,
    get_X7 = 7, get_FaultIP = 8, get_SP = 9, get_LR = 10, get_SPSR = 11, get_Syscall = 12,
});
fault_message!(seL4_Fault_UserException, 5, {
    get_FaultIP = 0, get_Stack = 1, get_SPSR = 2, get_Number = 3, get_Code = 4,
});
fault_message!(#[cfg(sel4_debug)] seL4_Fault_DebugException, 4, {
    get_FaultIP = 0, get_ExceptionReason = 1, get_TriggerAddress = 2, get_BreakpointNumber = 3,
});
fault_message!(seL4_Fault_Timeout, 2, { get_data = 0, get_consumed = 1 });
fault_message!(seL4_Fault_VMFault, 4, {
    get_IP = 0, get_Addr = 1, get_PrefetchFault = 2, get_FSR = 3,
});
fault_message!(seL4_Fault_VGICMaintenance, 1, { get_IDX = 0 });
fault_message!(seL4_Fault_VCPUFault, 1, { get_HSR = 0 });
fault_message!(seL4_Fault_VPPIEvent, 1, { get_irq = 0 });

impl seL4_Fault_UnknownSyscall {
    /// Register `x0` to `x7`.
    pub(crate) fn gpr(&self, index: usize) -> Word {
        assert!(index < 8, "an unknown system call reports x0 to x7 only");
        self.0[index]
    }
}
