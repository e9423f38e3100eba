// SPDX-License-Identifier: BSD-2-Clause

//! Receiving, from endpoints and notifications (sel4-microkit-abi, 2.2, 2.3).

use crate::hardware::Hardware;
use crate::ids::{EndpointId, NotificationId, ReplyId, TcbId};
use crate::kernel::Kernel;
use crate::objects::{EndpointState, Queue, ThreadState};

impl Kernel {
    /// `id` receives on `endpoint`, offering `reply` to a caller.
    pub(crate) fn receive(
        &mut self,
        id: TcbId,
        endpoint: EndpointId,
        reply: Option<ReplyId>,
        blocking: bool,
        hw: &mut impl Hardware,
    ) {
        // A caller that was not answered until now never will be.
        if let Some(unanswered) = reply.and_then(|reply| self.replies[reply].tcb)
            && unanswered != id
        {
            self.cancel(unanswered);
        }
        if let Some(bound) = self.tcbs[id].notification {
            if self.notifications[bound].word.is_some() {
                return self.take_signals(id, bound);
            }
            if blocking {
                self.return_lent(bound, id);
            }
        }
        match self.endpoints[endpoint].queue.head {
            Some(sender) if self.endpoints[endpoint].state == EndpointState::Sending => {
                self.accept(id, endpoint, sender, reply, hw);
            }
            _ if blocking => {
                self.block(id, ThreadState::BlockedOnReceive { endpoint, reply });
                if let Some(reply) = reply {
                    self.replies[reply].tcb = Some(id);
                }
                self.join_endpoint(endpoint, id, EndpointState::Receiving);
            }
            _ => self.tcbs[id].context.x[0] = 0,
        }
    }

    /// `id` waits on `notification`, or polls it.
    pub(crate) fn wait(&mut self, id: TcbId, notification: NotificationId, blocking: bool) {
        if self.notifications[notification].word.is_some() {
            self.take_signals(id, notification);
        } else if blocking {
            self.return_lent(notification, id);
            self.block(id, ThreadState::BlockedOnNotification { notification });
            let queue = &mut self.notifications[notification].queue;
            queue.insert_by_priority(&mut self.tcbs, id);
            self.tcbs[id].queue = Queue::Waiting;
        } else {
            self.tcbs[id].context.x[0] = 0;
        }
    }

    fn take_signals(&mut self, id: TcbId, notification: NotificationId) {
        let word = self.notifications[notification].word.take();
        self.tcbs[id].context.x[0] = word.unwrap_or(0);
        self.lend(notification, id);
        self.admit(id);
    }

    /// Takes the message of `sender`, who heads the queue.
    fn accept(
        &mut self,
        id: TcbId,
        endpoint: EndpointId,
        sender: TcbId,
        reply: Option<ReplyId>,
        hw: &mut impl Hardware,
    ) {
        let ThreadState::BlockedOnSend {
            badge,
            call,
            can_be_replied,
            ..
        } = self.tcbs[sender].state
        else {
            return;
        };
        self.leave_endpoint(endpoint, sender);
        self.deliver(sender, id, badge, hw);
        match reply {
            _ if !call => self.unblock(sender),
            Some(reply) if can_be_replied => {
                let donate = !matches!(
                    self.tcbs[sender].fault,
                    Some(crate::ipc::Fault::Timeout { .. })
                );
                self.push_call(sender, id, reply, donate);
                self.admit(id);
            }
            _ => {
                self.tcbs[sender].fault = None;
                self.block(sender, ThreadState::Inactive);
            }
        }
    }
}
