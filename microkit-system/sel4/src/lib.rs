// SPDX-License-Identifier: BSD-2-Clause

//! The seL4 API with rust-sel4's names and signatures.
//!
//! Why: rust-sel4 5.0 is in no package registry. Protection domains written
//! against its public API compile against this crate without it, and against
//! rust-sel4 itself unchanged. Only what a Microkit protection domain can use at
//! run time is here: no untyped memory, no capability management.
//!
//! Rules: AArch64, MCS, hypervisor kernel of seL4 16; one thread per program.
//! An ELF file is built for one kernel configuration (`MICROKIT_CONFIG`, see
//! `build.rs`), since the configurations number invocations differently. On a
//! host the types work and every system call panics.
//!
//! Sources: seL4 16.0.0 reference manual and libsel4's interface definitions.

#![cfg_attr(target_os = "none", no_std)]

mod cap_types;
mod cnode;
mod cptr;
#[cfg(sel4_debug)]
mod debug;
mod error;
mod fault;
mod invocation_context;
mod invocations;
mod ipc_buffer;
mod message_info;
#[cfg(sel4_debug)]
mod printing;
mod reply_authority;
mod state;
mod syscalls;
mod user_context;
mod vcpu_reg;
mod words;

pub mod config;
pub mod sys;

pub use sel4_config_macros::{
    sel4_cfg, sel4_cfg_attr, sel4_cfg_bool, sel4_cfg_enum, sel4_cfg_if, sel4_cfg_str,
    sel4_cfg_struct, sel4_cfg_usize, sel4_cfg_word, sel4_cfg_wrap_match,
};

pub use cap_types::{cap, cap_type};
pub use cnode::{AbsoluteCPtr, CNodeCapData, HasCPtrWithDepth};
pub use cptr::{CPtr, CPtrBits, CPtrWithDepth, Cap, CapType};
#[cfg(sel4_debug)]
pub use debug::{debug_halt, debug_snapshot};
pub use error::{Error, Result};
#[cfg(sel4_debug)]
pub use fault::DebugException;
pub use fault::{
    CapFault, Fault, NullFault, Timeout, UnknownSyscall, UserException, VCpuFault, VGicMaintenance,
    VPpiEvent, VmFault,
};
pub use invocation_context::{
    ImplicitInvocationContext, InvocationContext, NoExplicitInvocationContext, NoInvocationContext,
};
pub use invocations::TcbFlagsBuilder;
pub use ipc_buffer::IpcBuffer;
pub use message_info::{MessageInfo, MessageInfoBuilder};
#[cfg(sel4_debug)]
pub use printing::{DebugWrite, debug_put_char};
pub use reply_authority::{ConveysReplyAuthority, ReplyAuthority};
pub use state::{
    BorrowError, BorrowMutError, ipc_buffer_is_thread_local, set_ipc_buffer,
    try_with_ipc_buffer_slot, try_with_ipc_buffer_slot_mut, with_ipc_buffer, with_ipc_buffer_mut,
};
pub use syscalls::{CallWithMRs, FastMessages, RecvWithMRs, r#yield};
pub use user_context::UserContext;
pub use vcpu_reg::VCpuReg;
pub use words::{Badge, NUM_FAST_MESSAGE_REGISTERS, NUM_MESSAGE_REGISTERS, Time, WORD_SIZE, Word};

/// For this crate's macros only.
#[doc(hidden)]
#[cfg(sel4_debug)]
pub mod _private {
    pub use crate::printing::debug_print_helper;
}
