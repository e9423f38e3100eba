// SPDX-License-Identifier: BSD-2-Clause

//! A fault message of the vCPU, checked.
//!
//! Label and length are checked before any word is believed; the numbers are
//! those of the reference page, section 4.

use super::Syndrome;

/// Message registers a VMM needs of any fault message.
pub const FAULT_WORDS: usize = 13;

/// Why the vCPU is blocked on us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Stage 2 has no mapping, or not for this.
    Memory {
        /// Guest-virtual program counter.
        pc: u64,
        /// Guest-physical address.
        address: u64,
        /// What happened.
        syndrome: Syndrome,
    },
    /// A trapped instruction.
    Trap {
        /// What happened.
        syndrome: Syndrome,
        /// ESR_EL2.
        esr: u64,
    },
    /// HVC: on seL4 a system call, which the vCPU has no capability for.
    HypervisorCall {
        /// Guest-virtual address of the instruction.
        pc: u64,
    },
    /// An interrupt's list register is free again; `None`: the kernel cannot
    /// tell which.
    Maintenance {
        /// List register.
        list_register: Option<u8>,
    },
    /// The virtual timer fired.
    Timer,
    /// A message that makes no sense.
    Malformed {
        /// Its label.
        label: u64,
        /// Its length in words.
        length: usize,
    },
}

const CAP_FAULT: u64 = 1;
const UNKNOWN_SYSCALL: u64 = 2;
const USER_EXCEPTION: u64 = 3;
const VM_FAULT: u64 = 6;
const MAINTENANCE: u64 = 7;
const VCPU_FAULT: u64 = 8;
const PPI_EVENT: u64 = 9;

impl Exit {
    /// Decodes a message of `length` words; `words` holds the first
    /// [`FAULT_WORDS`] message registers.
    pub fn new(label: u64, length: usize, words: &[u64; FAULT_WORDS]) -> Self {
        match (label, length) {
            (VM_FAULT, 4) => Self::Memory {
                pc: words[0],
                address: words[1],
                syndrome: Syndrome::new(words[3]),
            },
            (VCPU_FAULT, 1) => Self::Trap {
                syndrome: Syndrome::new(words[0]),
                esr: words[0],
            },
            (UNKNOWN_SYSCALL, 13) => Self::HypervisorCall { pc: words[8] },
            (CAP_FAULT, 4..=7) | (USER_EXCEPTION, 5) => Self::HypervisorCall { pc: words[0] },
            (MAINTENANCE, 1) => Self::Maintenance {
                list_register: u8::try_from(words[0]).ok(),
            },
            (PPI_EVENT, 1) if words[0] == u64::from(crate::vcpu::VIRTUAL_TIMER) => Self::Timer,
            _ => Self::Malformed { label, length },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_length_is_malformed() {
        let words = [27; FAULT_WORDS];
        assert_eq!(Exit::new(9, 1, &words), Exit::Timer);
        assert_eq!(
            Exit::new(9, 2, &words),
            Exit::Malformed {
                label: 9,
                length: 2
            }
        );
        assert_eq!(
            Exit::new(77, 1, &words),
            Exit::Malformed {
                label: 77,
                length: 1
            }
        );
        assert_eq!(
            Exit::new(7, 1, &[u64::MAX; 13]),
            Exit::Maintenance {
                list_register: None
            }
        );
    }
}
