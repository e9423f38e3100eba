// SPDX-License-Identifier: BSD-2-Clause

//! Endpoints, notifications, reply objects, and the small objects.

use crate::hardware::PhysAddr;
use crate::ids::{NotificationId, ReplyId, ScId, TcbId};
use crate::objects::List;

/// Who waits on an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointState {
    Idle,
    Sending,
    Receiving,
}

/// A rendezvous of senders and receivers.
pub struct Endpoint {
    pub state: EndpointState,
    pub queue: List,
}

impl Endpoint {
    pub const EMPTY: Self = Self {
        state: EndpointState::Idle,
        queue: List::EMPTY,
    };
}

/// A word of signals.
pub struct Notification {
    /// Signals since it was last received; `None` if there were none.
    pub word: Option<u64>,
    /// Threads blocked in Wait; only while `word` is `None`.
    pub queue: List,
    /// The thread whose receives on endpoints take signals too.
    pub bound: Option<TcbId>,
    /// Scheduling context that is lent to a passive receiver.
    pub sched_context: Option<ScId>,
}

impl Notification {
    pub const EMPTY: Self = Self {
        word: None,
        queue: List::EMPTY,
        bound: None,
        sched_context: None,
    };
}

/// What is above a reply object on the stack of calls that a scheduling context
/// has travelled through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Above {
    /// Not on a stack: nothing was donated with this call, or the stack was
    /// broken by a cancelled call.
    Nothing,
    /// A later call.
    Reply(ReplyId),
    /// The top: the scheduling context itself.
    SchedContext(ScId),
}

/// The right to answer one call.
pub struct Reply {
    /// The caller that waits for the reply, or the receiver that waits for a
    /// call with this object.
    pub tcb: Option<TcbId>,
    pub above: Above,
    pub below: Option<ReplyId>,
}

impl Reply {
    pub const EMPTY: Self = Self {
        tcb: None,
        above: Above::Nothing,
        below: None,
    };
}

/// An interrupt handler.
#[derive(Clone, Copy)]
pub struct Irq {
    pub intid: u32,
    pub badge: u64,
    pub notification: Option<NotificationId>,
}

impl Irq {
    pub const EMPTY: Self = Self {
        intid: 0,
        badge: 0,
        notification: None,
    };
}

/// An address space.
#[derive(Clone, Copy)]
pub struct VSpace {
    pub root: PhysAddr,
    pub vmid: u16,
}

impl VSpace {
    pub const EMPTY: Self = Self {
        root: PhysAddr(0),
        vmid: 0,
    };
}

/// A vCPU; its registers are the architecture's.
#[derive(Clone, Copy)]
pub struct Vcpu {
    pub tcb: Option<TcbId>,
}

impl Vcpu {
    pub const EMPTY: Self = Self { tcb: None };
}
