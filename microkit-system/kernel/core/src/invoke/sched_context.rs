// SPDX-License-Identifier: BSD-2-Clause

//! Invocations of scheduling contexts (sel4-microkit-abi, 3.2).

use crate::hardware::Hardware;
use crate::ids::{NotificationId, ScId, TcbId};
use crate::invoke::decode::Decoder;
use crate::invoke::method::Method;
use crate::invoke::{InvocationError, Results};
use crate::kernel::Kernel;
use crate::objects::{Above, Cap};

/// What can be asked of a scheduling context.
pub enum SchedContextInvocation {
    BindTcb(TcbId),
    BindNotification(NotificationId),
    UnbindAll,
    UnbindTcb(TcbId),
    UnbindNotification(NotificationId),
    Consumed,
    YieldTo(TcbId),
}

impl<H: Hardware> Decoder<'_, H> {
    pub(super) fn sched_context(
        &self,
        sc: ScId,
        method: Method,
    ) -> Result<SchedContextInvocation, InvocationError> {
        match method {
            Method::SchedContextBind => self.bind(sc),
            Method::SchedContextUnbind => Ok(SchedContextInvocation::UnbindAll),
            Method::SchedContextUnbindObject => self.unbind(sc),
            Method::SchedContextConsumed => Ok(SchedContextInvocation::Consumed),
            Method::SchedContextYieldTo => self.yield_to(sc),
            _ => Err(InvocationError::IllegalOperation),
        }
    }

    /// `tcb` may get `sc`: neither has another, and a blocked thread must be
    /// able to run on it at once.
    pub(super) fn bindable(&self, sc: ScId, tcb: TcbId) -> Result<(), InvocationError> {
        let kernel = self.kernel;
        let taken = kernel.scs[sc].tcb.is_some() || kernel.tcbs[tcb].sched_context.is_some();
        if taken || (kernel.is_blocked(tcb) && !kernel.has_budget(sc)) {
            return Err(InvocationError::IllegalOperation);
        }
        Ok(())
    }

    fn bind(&self, sc: ScId) -> Result<SchedContextInvocation, InvocationError> {
        match self.cap(0)? {
            Cap::Tcb(tcb) => {
                self.bindable(sc, tcb)?;
                Ok(SchedContextInvocation::BindTcb(tcb))
            }
            Cap::Notification(cap) => {
                let other = self.kernel.notifications[cap.id].sched_context;
                if other.is_some() || self.kernel.scs[sc].notification.is_some() {
                    return Err(InvocationError::IllegalOperation);
                }
                Ok(SchedContextInvocation::BindNotification(cap.id))
            }
            _ => Err(InvocationError::InvalidCapability { index: 1 }),
        }
    }

    fn unbind(&self, sc: ScId) -> Result<SchedContextInvocation, InvocationError> {
        let context = &self.kernel.scs[sc];
        match self.cap(0)? {
            Cap::Tcb(tcb) if context.tcb == Some(tcb) && tcb != self.caller => {
                Ok(SchedContextInvocation::UnbindTcb(tcb))
            }
            Cap::Notification(cap) if context.notification == Some(cap.id) => {
                Ok(SchedContextInvocation::UnbindNotification(cap.id))
            }
            Cap::Tcb(_) | Cap::Notification(_) => Err(InvocationError::IllegalOperation),
            _ => Err(InvocationError::InvalidCapability { index: 1 }),
        }
    }

    fn yield_to(&self, sc: ScId) -> Result<SchedContextInvocation, InvocationError> {
        let mcp = self.kernel.tcbs[self.caller].mcp;
        match self.kernel.scs[sc].tcb {
            Some(tcb) if tcb != self.caller && self.kernel.tcbs[tcb].priority <= mcp => {
                Ok(SchedContextInvocation::YieldTo(tcb))
            }
            _ => Err(InvocationError::IllegalOperation),
        }
    }
}

impl Kernel {
    pub(super) fn invoke_sched_context(
        &mut self,
        caller: TcbId,
        sc: ScId,
        what: SchedContextInvocation,
    ) -> Results {
        match what {
            SchedContextInvocation::BindTcb(tcb) => {
                self.donate(sc, tcb);
                self.admit(tcb);
            }
            SchedContextInvocation::BindNotification(notification) => {
                self.scs[sc].notification = Some(notification);
                self.notifications[notification].sched_context = Some(sc);
            }
            SchedContextInvocation::UnbindAll => self.unbind_all(sc),
            SchedContextInvocation::UnbindTcb(tcb) => self.take_sched_context(tcb),
            SchedContextInvocation::UnbindNotification(notification) => {
                self.scs[sc].notification = None;
                self.notifications[notification].sched_context = None;
            }
            SchedContextInvocation::Consumed => return Results::one(self.time_used(sc)),
            SchedContextInvocation::YieldTo(tcb) => return self.yield_to(caller, sc, tcb),
        }
        Results::NONE
    }

    fn unbind_all(&mut self, sc: ScId) {
        if let Some(tcb) = self.scs[sc].tcb {
            self.take_sched_context(tcb);
        }
        if let Some(notification) = self.scs[sc].notification.take() {
            self.notifications[notification].sched_context = None;
        }
        if let Some(reply) = self.scs[sc].reply.take() {
            self.replies[reply].above = Above::Nothing;
        }
    }

    /// Microseconds that `sc` was used since last asked.
    fn time_used(&mut self, sc: ScId) -> u64 {
        if self.current_sc == Some(sc) {
            self.charge_current();
        }
        self.clock.us(core::mem::take(&mut self.scs[sc].consumed))
    }

    /// Lets the thread of `sc` run before others of its priority. If the caller
    /// would go on anyway it learns the time used at once, else when it runs
    /// next.
    fn yield_to(&mut self, caller: TcbId, sc: ScId, tcb: TcbId) -> Results {
        if let Some(other) = self.scs[sc].yield_from.take() {
            self.tcbs[other].yield_to = None;
        }
        self.admit(tcb);
        if !self.is_schedulable(tcb) {
            return Results::one(self.time_used(sc));
        }
        self.withdraw(tcb);
        if self.tcbs[tcb].priority < self.tcbs[caller].priority {
            self.ready.push_front(&mut self.tcbs, tcb);
            return Results::one(self.time_used(sc));
        }
        self.tcbs[caller].yield_to = Some(sc);
        self.scs[sc].yield_from = Some(caller);
        self.ready.push_front(&mut self.tcbs, caller);
        self.ready.push_front(&mut self.tcbs, tcb);
        self.reschedule();
        Results::NONE
    }

    /// `id` runs again: what it yielded for is told now.
    pub(crate) fn complete_yield_to(&mut self, id: TcbId, hw: &mut impl Hardware) {
        if let Some(sc) = self.abandon_yield_to(id) {
            let used = self.time_used(sc);
            self.write_message(id, 0, 0, &[used], hw);
        }
    }

    /// `id` no longer waits for what it yielded to.
    pub(super) fn abandon_yield_to(&mut self, id: TcbId) -> Option<ScId> {
        let sc = self.tcbs[id].yield_to.take()?;
        self.scs[sc].yield_from = None;
        Some(sc)
    }
}
