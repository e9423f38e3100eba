// SPDX-License-Identifier: BSD-2-Clause

//! Microkit's monitor, as far as a protection domain meets it: the passive
//! protocol (sel4-microkit-abi, 2.4).
//!
//! A message with label 0 asks to be passive: the domain's scheduling context is
//! bound to its notification, and goes there at its next blocking receive. Any
//! other message is a forged fault report: the monitor would print it, and
//! never answers.

use crate::ids::TcbId;
use crate::kernel::Kernel;
use crate::message::MessageInfo;
use crate::objects::ThreadState;

impl Kernel {
    /// `id` sends the monitor `info` through a capability of `thread`.
    pub(super) fn message_to_monitor(
        &mut self,
        id: TcbId,
        thread: TcbId,
        info: MessageInfo,
        call: bool,
    ) {
        if info.label() == 0 {
            self.make_passive(thread);
        }
        if call {
            self.block(id, ThreadState::Inactive);
        }
    }

    /// Binding twice changes nothing.
    fn make_passive(&mut self, thread: TcbId) {
        let tcb = &self.tcbs[thread];
        let (Some(sc), Some(notification)) = (tcb.own_sched_context, tcb.notification) else {
            return;
        };
        if self.scs[sc].notification.is_none()
            && self.notifications[notification].sched_context.is_none()
        {
            self.scs[sc].notification = Some(notification);
            self.notifications[notification].sched_context = Some(sc);
        }
    }
}
