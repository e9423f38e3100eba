// SPDX-License-Identifier: BSD-2-Clause

//! What a child's fault message says, checked before it is decoded.
//!
//! A child holds its own fault endpoint, so it can send its parent any message:
//! label, length and content are alleged. Labels and lengths: seL4 manual, "Fault
//! handling", and libsel4's AArch64 fault definitions. A forged message that has the right
//! form reads as a fault, which harms nobody but the child that is then stopped.

use core::fmt;

/// BRK #1 as an ESR: what ends a Rust program that panicked (EC 0x3c, ISS 1).
const PANIC_ESR: u64 = 0xf200_0001;

/// A fault of a protection domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It used a capability that is not there.
    Capability {
        /// Where.
        pc: u64,
        /// Which one.
        cptr: u64,
    },
    /// It made a system call that does not exist.
    UnknownSyscall {
        /// Where.
        pc: u64,
        /// Its number, as a signed value.
        number: i64,
    },
    /// It executed what it may not.
    UserException {
        /// Where.
        pc: u64,
        /// Syndrome.
        esr: u64,
    },
    /// A breakpoint or the like (debug configuration).
    Debug {
        /// Where.
        pc: u64,
    },
    /// Its budget ended and it has a timeout endpoint.
    Timeout,
    /// It touched memory that is not there or not so.
    Memory {
        /// Where.
        pc: u64,
        /// What it touched.
        address: u64,
        /// It fetched an instruction.
        fetch: bool,
        /// Syndrome.
        esr: u64,
    },
    /// A trap that seL4 reports without an address: a panic (BRK), a system
    /// register, floating point.
    Trap {
        /// Syndrome.
        esr: u64,
    },
}

/// A message that is no fault message of a protection domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged {
    /// Its label.
    pub label: u64,
    /// Its length in words.
    pub length: usize,
}

impl Fault {
    /// Reads a fault message: `label` and the `words` that came.
    pub fn decode(label: u64, words: &[u64]) -> Result<Self, Forged> {
        let fault = match (label, words) {
            (1, [pc, cptr, _, _, ..]) if words.len() <= 7 => Self::Capability {
                pc: *pc,
                cptr: *cptr,
            },
            (2, [_, _, _, _, _, _, _, _, pc, _, _, _, number]) => Self::UnknownSyscall {
                pc: *pc,
                number: number.cast_signed(),
            },
            (3, [pc, _, _, esr, _]) => Self::UserException { pc: *pc, esr: *esr },
            (4, [pc, _, ..]) if words.len() <= 4 => Self::Debug { pc: *pc },
            (5, [_, _]) => Self::Timeout,
            (6, [pc, address, fetch, esr]) => Self::Memory {
                pc: *pc,
                address: *address,
                fetch: *fetch != 0,
                esr: *esr,
            },
            (8, [esr]) => Self::Trap { esr: *esr },
            _ => {
                return Err(Forged {
                    label,
                    length: words.len(),
                });
            }
        };
        Ok(fault)
    }

    /// The program counter, where the message has it.
    pub fn pc(&self) -> Option<u64> {
        match *self {
            Self::Capability { pc, .. }
            | Self::UnknownSyscall { pc, .. }
            | Self::UserException { pc, .. }
            | Self::Debug { pc }
            | Self::Memory { pc, .. } => Some(pc),
            Self::Timeout | Self::Trap { .. } => None,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Capability { cptr, .. } => write!(f, "no capability {cptr:#x}"),
            Self::UnknownSyscall { number, .. } => write!(f, "no system call {number}"),
            Self::UserException { esr, .. } => write!(f, "forbidden instruction, esr {esr:#x}"),
            Self::Debug { .. } => f.write_str("breakpoint"),
            Self::Timeout => f.write_str("timeout"),
            Self::Memory {
                address,
                fetch,
                esr,
                ..
            } => {
                // ESR_ELx.ISS bit 6, WnR (Arm ARM, D19.2.40).
                let what = match (fetch, esr & 1 << 6 != 0) {
                    (true, _) => "fetch from",
                    (false, true) => "store to",
                    (false, false) => "load from",
                };
                write!(f, "{what} address {address:#x}, esr {esr:#x}")
            }
            Self::Trap { esr: PANIC_ESR } => f.write_str("panicked (BRK #1)"),
            Self::Trap { esr } => write!(f, "trapped instruction, esr {esr:#x}"),
        }
    }
}

impl fmt::Display for Forged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "sent a message that is no fault: label {:#x}, {} words",
            self.label, self.length
        )
    }
}
