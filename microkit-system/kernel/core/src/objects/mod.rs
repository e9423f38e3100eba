// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's objects: what each holds, without the rules.

mod cap;
mod endpoint;
mod list;
mod sched_context;
mod tcb;

pub use cap::{CSpace, Cap, EndpointCap, LookupFailure, NotificationCap};
pub use endpoint::{Above, Endpoint, EndpointState, Irq, Notification, Reply, VSpace, Vcpu};
pub use list::List;
pub use sched_context::SchedContext;
pub use tcb::{FaultHandler, Name, Queue, Tcb, ThreadState};
