// SPDX-License-Identifier: BSD-2-Clause

//! Faults, their messages and what a reply does (sel4-microkit-abi, 4).

use core::fmt;

use crate::objects::LookupFailure;

/// Longest fault message.
pub const FAULT_WORDS: usize = 13;

/// Why a thread does not go on by itself. The discriminants are the labels; that
/// none is 0 makes an absent fault all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    /// A CPtr of the system call names nothing usable.
    Cap {
        cptr: u64,
        in_receive: bool,
        failure: LookupFailure,
    } = 1,
    UnknownSyscall {
        number: u64,
    } = 2,
    User {
        number: u64,
        code: u64,
    } = 3,
    Debug {
        reason: u64,
        breakpoint: Option<(u64, u64)>,
    } = 4,
    Timeout {
        badge: u64,
        consumed_us: u64,
    } = 5,
    Vm {
        address: u64,
        fsr: u64,
        is_fetch: bool,
    } = 6,
    VgicMaintenance {
        index: Option<u32>,
    } = 7,
    Vcpu {
        hsr: u64,
    } = 8,
    VppiEvent {
        intid: u32,
    } = 9,
}

impl Fault {
    /// The label of its message.
    pub const fn label(&self) -> u64 {
        match self {
            Self::Cap { .. } => 1,
            Self::UnknownSyscall { .. } => 2,
            Self::User { .. } => 3,
            Self::Debug { .. } => 4,
            Self::Timeout { .. } => 5,
            Self::Vm { .. } => 6,
            Self::VgicMaintenance { .. } => 7,
            Self::Vcpu { .. } => 8,
            Self::VppiEvent { .. } => 9,
        }
    }

    /// Its name in the ABI.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Cap { .. } => "CapFault",
            Self::UnknownSyscall { .. } => "UnknownSyscall",
            Self::User { .. } => "UserException",
            Self::Debug { .. } => "DebugException",
            Self::Timeout { .. } => "Timeout",
            Self::Vm { .. } => "VMFault",
            Self::VgicMaintenance { .. } => "VGICMaintenance",
            Self::Vcpu { .. } => "VCPUFault",
            Self::VppiEvent { .. } => "VPPIEvent",
        }
    }
}

/// For reports: name and what is special about this one.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name())?;
        match *self {
            Self::Cap { cptr, .. } => write!(f, " on capability {cptr:#x}"),
            Self::UnknownSyscall { number } => write!(f, " number {number:#x}"),
            Self::User { number, code } => write!(f, " {number:#x} code {code:#x}"),
            Self::Debug { reason, .. } => write!(f, " reason {reason}"),
            Self::Timeout { consumed_us, .. } => write!(f, " after {consumed_us} us"),
            Self::Vm {
                address,
                fsr,
                is_fetch,
            } => {
                let what = if is_fetch { "fetch" } else { "access" };
                write!(f, " of {what} at address {address:#x} (ESR {fsr:#x})")
            }
            Self::VgicMaintenance { index } => write!(f, " of list register {index:?}"),
            Self::Vcpu { hsr } => write!(f, " (ESR {hsr:#x})"),
            Self::VppiEvent { intid } => write!(f, " {intid}"),
        }
    }
}

/// The words of a fault message, being put together.
pub struct FaultWords {
    words: [u64; FAULT_WORDS],
    length: usize,
}

impl FaultWords {
    pub const EMPTY: Self = Self {
        words: [0; FAULT_WORDS],
        length: 0,
    };

    pub fn push(&mut self, word: u64) {
        if let Some(place) = self.words.get_mut(self.length) {
            *place = word;
            self.length += 1;
        }
    }

    pub fn extend(&mut self, words: &[u64]) {
        words.iter().for_each(|word| self.push(*word));
    }

    pub fn as_slice(&self) -> &[u64] {
        self.words.get(..self.length).unwrap_or_default()
    }
}

/// The words of a CapFault from its MR3.
pub fn failure_words(failure: LookupFailure, out: &mut FaultWords) {
    match failure {
        LookupFailure::MissingCapability { bits_left } => out.extend(&[2, bits_left.into()]),
        LookupFailure::GuardMismatch {
            bits_left,
            guard,
            guard_bits,
        } => out.extend(&[4, bits_left.into(), guard, guard_bits.into()]),
    }
}
