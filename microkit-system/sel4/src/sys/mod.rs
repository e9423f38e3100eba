// SPDX-License-Identifier: BSD-2-Clause

//! Raw layer: traps, numbers and message layouts under libsel4's names.
//!
//! Protection domains need it only for what the typed API lacks:
//! [`invocation_label`] for [`Cap::call_with_mrs`](crate::Cap::call_with_mrs)
//! on a capability the API has no method for.

#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]

mod fault;
mod label;
mod trap;
mod user_context;

#[cfg(sel4_debug)]
pub use fault::seL4_Fault_DebugException;
pub use fault::{
    seL4_Fault, seL4_Fault_CapFault, seL4_Fault_NullFault, seL4_Fault_Timeout,
    seL4_Fault_UnknownSyscall, seL4_Fault_UserException, seL4_Fault_VCPUFault,
    seL4_Fault_VGICMaintenance, seL4_Fault_VMFault, seL4_Fault_VPPIEvent,
};
pub use label::invocation_label;
#[cfg(sel4_debug)]
pub(crate) use trap::debug_trap;
pub(crate) use trap::{Number, SystemCall};
pub use user_context::seL4_UserContext;

use crate::Word;

/// Machine word.
pub type seL4_Word = Word;
/// Capability pointer.
pub type seL4_CPtr = Word;

/// Highest address of a user address space on cores with 40 physical address
/// bits (Cortex-A35, A53, A55). The IPC buffer is in the page that holds it.
pub const seL4_UserVSpaceTop: Word = 0xff_ffff_ffff;

/// A page is 2 to this power bytes.
pub const seL4_PageBits: u32 = 12;

/// Numbers of errors, as the label of the kernel's reply.
pub mod seL4_Error {
    /// An error number.
    pub type Type = u32;
}
