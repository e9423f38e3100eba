// SPDX-License-Identifier: BSD-2-Clause

//! Scheduling contexts: time that one thread at a time runs on.

use crate::hardware::Ticks;
use crate::ids::{NotificationId, ReplyId, TcbId};
use crate::sched::Refills;

/// A scheduling context.
pub struct SchedContext {
    pub refills: Refills,
    /// Badge of timeout faults.
    pub badge: u64,
    /// Time used since it was last asked for.
    pub consumed: Ticks,
    /// The thread that has it.
    pub tcb: Option<TcbId>,
    /// The notification that lends it.
    pub notification: Option<NotificationId>,
    /// Top of the stack of calls it has travelled through.
    pub reply: Option<ReplyId>,
    /// Thread that waits in YieldTo for its time used.
    pub yield_from: Option<TcbId>,
}

impl SchedContext {
    pub const EMPTY: Self = Self {
        refills: Refills::EMPTY,
        badge: 0,
        consumed: 0,
        tcb: None,
        notification: None,
        reply: None,
        yield_from: None,
    };
}
