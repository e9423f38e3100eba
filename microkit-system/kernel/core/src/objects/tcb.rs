// SPDX-License-Identifier: BSD-2-Clause

//! Threads.

use crate::context::Context;
use crate::hardware::PhysAddr;
use crate::ids::{CSpaceId, EndpointId, NotificationId, ReplyId, ScId, TcbId, VSpaceId, VcpuId};
use crate::ipc::Fault;
use crate::objects::EndpointCap;

/// What a thread does, with what only that state uses. The representation makes
/// an inactive thread all zeros.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum ThreadState {
    /// Stopped: until Resume or WriteRegisters.
    Inactive,
    /// Runnable. Runs if it has a scheduling context with budget.
    Running,
    BlockedOnReceive {
        endpoint: EndpointId,
        reply: Option<ReplyId>,
    },
    /// Also: a fault whose handler is not receiving.
    BlockedOnSend {
        endpoint: EndpointId,
        badge: u64,
        call: bool,
        can_be_replied: bool,
    },
    BlockedOnReply {
        reply: ReplyId,
    },
    BlockedOnNotification {
        notification: NotificationId,
    },
}

/// The queue that a thread's links belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    None,
    /// Ready, at its priority.
    Ready,
    /// Runnable, waiting for a refill.
    Release,
    /// Of the endpoint or notification that its state names.
    Waiting,
}

/// Who learns of a thread's faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultHandler {
    /// The kernel's own monitor: reports, and the thread never runs again.
    Monitor,
    Endpoint(EndpointCap),
    /// Taken away by SetSchedParams.
    Null,
}

/// A name for reports, zero-padded.
#[derive(Clone, Copy)]
pub struct Name(pub [u8; 64]);

impl Name {
    /// The text before the first zero; what is no UTF-8 is cut off.
    pub fn as_str(&self) -> &str {
        let end = self.0.iter().position(|b| *b == 0).unwrap_or(self.0.len());
        let bytes = self.0.get(..end).unwrap_or_default();
        match core::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => bytes
                .get(..error.valid_up_to())
                .and_then(|valid| core::str::from_utf8(valid).ok())
                .unwrap_or_default(),
        }
    }
}

/// A thread.
pub struct Tcb {
    pub context: Context,
    /// Where it continues if what it did last is to be done again: the address
    /// of the SVC, or of the instruction that faulted.
    pub restart_pc: u64,
    pub state: ThreadState,
    pub queue: Queue,
    pub prev: Option<TcbId>,
    pub next: Option<TcbId>,
    pub priority: u8,
    /// Maximum controlled priority.
    pub mcp: u8,
    pub fpu_disabled: bool,
    /// To be resumed by [`crate::Kernel::start`].
    pub starts: bool,
    pub sched_context: Option<ScId>,
    /// The scheduling context it was made with: what the passive protocol binds.
    pub own_sched_context: Option<ScId>,
    pub notification: Option<NotificationId>,
    pub vcpu: Option<VcpuId>,
    /// `None`: every slot is empty (vCPUs).
    pub cspace: Option<CSpaceId>,
    pub vspace: Option<VSpaceId>,
    pub ipc_buffer: Option<PhysAddr>,
    pub fault: Option<Fault>,
    pub fault_handler: FaultHandler,
    pub timeout_handler: Option<EndpointCap>,
    /// Waits in YieldTo for this context's time used.
    pub yield_to: Option<ScId>,
    pub name: Name,
}

impl Tcb {
    pub const EMPTY: Self = Self {
        context: Context::ZERO,
        restart_pc: 0,
        state: ThreadState::Inactive,
        queue: Queue::None,
        prev: None,
        next: None,
        priority: 0,
        mcp: 0,
        fpu_disabled: false,
        starts: false,
        sched_context: None,
        own_sched_context: None,
        notification: None,
        vcpu: None,
        cspace: None,
        vspace: None,
        ipc_buffer: None,
        fault: None,
        fault_handler: FaultHandler::Monitor,
        timeout_handler: None,
        yield_to: None,
        name: Name([0; 64]),
    };

    /// May run as far as IPC is concerned.
    pub fn is_running(&self) -> bool {
        self.state == ThreadState::Running
    }
}
