// SPDX-License-Identifier: BSD-2-Clause

//! Blocking, cancelling and waking.

use crate::ids::{EndpointId, TcbId};
use crate::kernel::Kernel;
use crate::objects::{EndpointState, Queue, ThreadState};

impl Kernel {
    /// `id` stops running and is in `state` from now on.
    #[inline]
    pub(crate) fn block(&mut self, id: TcbId, state: ThreadState) {
        self.withdraw(id);
        self.tcbs[id].state = state;
    }

    /// `id`, in no queue, runs from now on.
    #[inline]
    pub(crate) fn unblock(&mut self, id: TcbId) {
        self.tcbs[id].state = ThreadState::Running;
        self.admit(id);
    }

    /// Takes a blocked thread out of what it waits for; a running one is left
    /// alone. A donated scheduling context stays where it is, an unanswered
    /// fault is forgotten.
    pub(crate) fn cancel(&mut self, id: TcbId) {
        match self.tcbs[id].state {
            ThreadState::Inactive | ThreadState::Running => return,
            ThreadState::BlockedOnReceive { endpoint, reply } => {
                self.leave_endpoint(endpoint, id);
                if let Some(reply) = reply {
                    self.replies[reply].tcb = None;
                }
            }
            ThreadState::BlockedOnSend { endpoint, .. } => self.leave_endpoint(endpoint, id),
            ThreadState::BlockedOnReply { reply } => self.cut_call(reply),
            ThreadState::BlockedOnNotification { notification } => {
                let queue = &mut self.notifications[notification].queue;
                queue.remove(&mut self.tcbs, id);
                self.tcbs[id].queue = Queue::None;
            }
        }
        self.tcbs[id].fault = None;
        self.tcbs[id].state = ThreadState::Inactive;
    }

    /// Waits for a message, a reply or a signal.
    pub(crate) fn is_blocked(&self, id: TcbId) -> bool {
        !matches!(
            self.tcbs[id].state,
            ThreadState::Inactive | ThreadState::Running
        )
    }

    /// Puts blocked `id` in the queue of `endpoint`, highest priority first.
    #[inline]
    pub(crate) fn join_endpoint(&mut self, endpoint: EndpointId, id: TcbId, as_: EndpointState) {
        let object = &mut self.endpoints[endpoint];
        object.state = as_;
        object.queue.insert_by_priority(&mut self.tcbs, id);
        self.tcbs[id].queue = Queue::Waiting;
    }

    /// Takes `id` out of the queue of `endpoint`.
    #[inline]
    pub(crate) fn leave_endpoint(&mut self, endpoint: EndpointId, id: TcbId) {
        let object = &mut self.endpoints[endpoint];
        object.queue.remove(&mut self.tcbs, id);
        self.tcbs[id].queue = Queue::None;
        if object.queue.is_empty() {
            object.state = EndpointState::Idle;
        }
    }

    /// Changes the priority of `id` wherever it waits.
    pub(crate) fn set_priority(&mut self, id: TcbId, priority: u8) {
        match (self.tcbs[id].queue, self.tcbs[id].state) {
            (Queue::Ready, _) => {
                self.ready.remove(&mut self.tcbs, id);
                self.tcbs[id].priority = priority;
                self.admit(id);
            }
            (
                Queue::Waiting,
                ThreadState::BlockedOnReceive { endpoint, .. }
                | ThreadState::BlockedOnSend { endpoint, .. },
            ) => {
                let state = self.endpoints[endpoint].state;
                self.leave_endpoint(endpoint, id);
                self.tcbs[id].priority = priority;
                self.join_endpoint(endpoint, id, state);
            }
            (Queue::Waiting, ThreadState::BlockedOnNotification { notification }) => {
                let queue = &mut self.notifications[notification].queue;
                queue.remove(&mut self.tcbs, id);
                self.tcbs[id].priority = priority;
                queue.insert_by_priority(&mut self.tcbs, id);
            }
            _ => {
                self.tcbs[id].priority = priority;
                if self.current == Some(id) {
                    self.reschedule();
                }
            }
        }
    }
}
