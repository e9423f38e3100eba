// SPDX-License-Identifier: BSD-2-Clause

//! Numbers of system calls (sel4-microkit-abi, 1.1).

/// A system call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syscall {
    Call,
    ReplyRecv,
    NbSendRecv,
    NbSendWait,
    Send,
    NbSend,
    Recv,
    NbRecv,
    Wait,
    NbWait,
    Yield,
    Debug(DebugCall),
    /// No system call of this configuration.
    Unknown {
        number: u64,
    },
}

/// System calls of the debug configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DebugCall {
    PutChar,
    DumpScheduler,
    Halt,
    CapIdentify,
    Snapshot,
    NameThread,
}

impl Syscall {
    /// The call with `number` (x7).
    #[inline]
    pub const fn decode(number: u64, debug: bool) -> Self {
        match number.cast_signed() {
            -1 => Self::Call,
            -2 => Self::ReplyRecv,
            -3 => Self::NbSendRecv,
            -4 => Self::NbSendWait,
            -5 => Self::Send,
            -6 => Self::NbSend,
            -7 => Self::Recv,
            -8 => Self::NbRecv,
            -9 => Self::Wait,
            -10 => Self::NbWait,
            -11 => Self::Yield,
            -12 if debug => Self::Debug(DebugCall::PutChar),
            -13 if debug => Self::Debug(DebugCall::DumpScheduler),
            -14 if debug => Self::Debug(DebugCall::Halt),
            -15 if debug => Self::Debug(DebugCall::CapIdentify),
            -16 if debug => Self::Debug(DebugCall::Snapshot),
            -17 if debug => Self::Debug(DebugCall::NameThread),
            _ => Self::Unknown { number },
        }
    }
}
