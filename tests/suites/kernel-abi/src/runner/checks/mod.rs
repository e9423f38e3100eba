// SPDX-License-Identifier: BSD-2-Clause

//! The checks, one module per part of the interface, in the order they run.

mod endpoints;
mod faults;
mod guest;
mod invocations;
mod lookup;
mod notifications;
mod registers;
mod scheduling;
mod start;

use crate::suite::Suite;

/// Ids of the children.
pub mod child {
    /// Priority 50, callable.
    pub const PROBE: u64 = 1;
    /// Priority 40.
    pub const TWIN_A: u64 = 2;
    /// Priority 40.
    pub const TWIN_B: u64 = 3;
    /// Priority 120.
    pub const HIGH_A: u64 = 4;
    /// Priority 130.
    pub const HIGH_B: u64 = 5;
    /// Priority 120.
    pub const HIGH_C: u64 = 6;
    /// Budget 200 of 1000 µs.
    pub const LIMITED: u64 = 7;
    /// Budget 50 of 1000 µs.
    pub const TINY: u64 = 8;
    /// Without floating point.
    pub const NOFPU: u64 = 9;
    /// Faults at its entry.
    pub const ENTRY: u64 = 10;
}

/// Numbers of system calls (libsel4, MCS).
pub mod number {
    /// `seL4_Call`.
    pub const CALL: i64 = -1;
    /// `seL4_ReplyRecv`.
    pub const REPLY_RECV: i64 = -2;
    /// `seL4_NBSendRecv`.
    pub const NB_SEND_RECV: i64 = -3;
    /// `seL4_NBSendWait`.
    pub const NB_SEND_WAIT: i64 = -4;
    /// `seL4_Send`.
    pub const SEND: i64 = -5;
    /// `seL4_NBSend`.
    pub const NB_SEND: i64 = -6;
    /// `seL4_Recv`.
    pub const RECV: i64 = -7;
    /// `seL4_NBRecv`.
    pub const NB_RECV: i64 = -8;
    /// `seL4_Wait`.
    pub const WAIT: i64 = -9;
    /// `seL4_NBWait`.
    pub const NB_WAIT: i64 = -10;
    /// `seL4_Yield`.
    pub const YIELD: i64 = -11;
}

/// Labels of fault messages.
pub mod label {
    /// Capability not found in a system call.
    pub const CAP_FAULT: u64 = 1;
    /// Number in x7 is no system call.
    pub const UNKNOWN_SYSCALL: u64 = 2;
    /// An instruction that EL0 may not execute.
    pub const USER_EXCEPTION: u64 = 3;
    /// Breakpoint; debug only.
    pub const DEBUG_EXCEPTION: u64 = 4;
    /// Stage-2 translation or permission.
    pub const VM_FAULT: u64 = 6;
    /// A list register is free again.
    pub const VGIC_MAINTENANCE: u64 = 7;
    /// Trapped to EL2.
    pub const VCPU_FAULT: u64 = 8;
    /// The virtual timer fired.
    pub const VPPI_EVENT: u64 = 9;
}

/// Whether the kernel is a debug one, for which these ELF files are then built.
pub const DEBUG: bool = sel4::sel4_cfg_bool!(DEBUG_BUILD);

/// Runs all.
pub fn run(suite: &mut Suite) {
    start::run(suite);
    registers::run(suite);
    lookup::run(suite);
    endpoints::run(suite);
    notifications::run(suite);
    scheduling::run(suite);
    invocations::run(suite);
    faults::run(suite);
    guest::run(suite);
    scheduling::cancelled_call(suite);
}
