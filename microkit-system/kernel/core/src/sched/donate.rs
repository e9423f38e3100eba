// SPDX-License-Identifier: BSD-2-Clause

//! Scheduling contexts that travel: with calls, with replies, and lent by
//! notifications (sel4-microkit-abi, 2.2 to 2.4).
//!
//! A context remembers the calls it has come through as a stack of reply
//! objects, itself on top. A reply pops its own call, and the context goes back
//! to the caller. A cancelled call breaks the stack: the context stays.

use crate::ids::{NotificationId, ReplyId, ScId, TcbId};
use crate::kernel::Kernel;
use crate::objects::{Above, ThreadState};

impl Kernel {
    /// Gives `sc` to `to`, which has none.
    #[inline]
    pub(crate) fn donate(&mut self, sc: ScId, to: TcbId) {
        if let Some(from) = self.scs[sc].tcb {
            self.take_sched_context(from);
        }
        self.scs[sc].tcb = Some(to);
        self.tcbs[to].sched_context = Some(sc);
    }

    /// `id` has no scheduling context from now on.
    #[inline]
    pub(crate) fn take_sched_context(&mut self, id: TcbId) {
        self.withdraw(id);
        if let Some(sc) = self.tcbs[id].sched_context.take() {
            self.scs[sc].tcb = None;
        }
    }

    /// `caller` waits on `reply` for an answer of `callee`, which gets the
    /// caller's scheduling context if it has none and `donate` allows it.
    #[inline]
    pub(crate) fn push_call(&mut self, caller: TcbId, callee: TcbId, reply: ReplyId, donate: bool) {
        self.block(caller, ThreadState::BlockedOnReply { reply });
        self.replies[reply].tcb = Some(caller);
        let (Some(sc), true) = (self.tcbs[caller].sched_context, donate) else {
            return;
        };
        if self.tcbs[callee].sched_context.is_some() {
            return;
        }
        let below = self.scs[sc].reply.replace(reply);
        if let Some(below) = below {
            self.replies[below].above = Above::Reply(reply);
        }
        self.replies[reply].below = below;
        self.replies[reply].above = Above::SchedContext(sc);
        self.donate(sc, callee);
    }

    /// The call of `caller` on `reply` is answered: takes it from the stack and,
    /// if it was on top and the caller has no other, returns the context.
    #[inline]
    pub(crate) fn pop_call(&mut self, caller: TcbId, reply: ReplyId) {
        let Above::SchedContext(sc) = self.replies[reply].above else {
            return self.cut_call(reply);
        };
        let below = self.replies[reply].below.take();
        self.scs[sc].reply = below;
        if let Some(below) = below {
            self.replies[below].above = Above::SchedContext(sc);
        }
        self.replies[reply].above = Above::Nothing;
        self.replies[reply].tcb = None;
        if self.tcbs[caller].sched_context.is_none() {
            self.donate(sc, caller);
        }
    }

    /// The call on `reply` is cancelled: breaks the stack there.
    pub(crate) fn cut_call(&mut self, reply: ReplyId) {
        let object = &mut self.replies[reply];
        object.tcb = None;
        let below = object.below.take();
        let above = core::mem::replace(&mut object.above, Above::Nothing);
        match above {
            Above::Nothing => {}
            Above::Reply(above) => self.replies[above].below = None,
            Above::SchedContext(sc) => self.scs[sc].reply = None,
        }
        if let Some(below) = below {
            self.replies[below].above = Above::Nothing;
        }
    }

    /// A thread woken by `notification` runs on the notification's context if
    /// it has none and that one is free.
    #[inline]
    pub(crate) fn lend(&mut self, notification: NotificationId, to: TcbId) {
        if self.tcbs[to].sched_context.is_some() {
            return;
        }
        if let Some(sc) = self.notifications[notification].sched_context
            && self.scs[sc].tcb.is_none()
        {
            self.donate(sc, to);
        }
    }

    /// `id` is about to block: a context lent by `notification` goes back.
    #[inline]
    pub(crate) fn return_lent(&mut self, notification: NotificationId, id: TcbId) {
        let lent = self.notifications[notification].sched_context;
        if lent.is_some() && lent == self.tcbs[id].sched_context {
            self.take_sched_context(id);
        }
    }
}
