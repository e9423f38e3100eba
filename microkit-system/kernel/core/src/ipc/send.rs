// SPDX-License-Identifier: BSD-2-Clause

//! Sending on an endpoint: Send, Call, faults, and the first half of combined
//! calls (sel4-microkit-abi, 2.2).

use crate::hardware::Hardware;
use crate::ids::{EndpointId, TcbId};
use crate::kernel::Kernel;
use crate::objects::{EndpointCap, EndpointState, ThreadState};

/// How to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Send {
    /// Wait for a receiver; else the message is dropped.
    pub blocking: bool,
    /// Wait for a reply.
    pub call: bool,
    /// A receiver without a scheduling context gets the sender's.
    pub donate: bool,
}

impl Kernel {
    /// `from` sends the message in its registers, or its fault, through `cap`.
    pub(crate) fn send(
        &mut self,
        from: TcbId,
        cap: EndpointCap,
        how: Send,
        hw: &mut impl Hardware,
    ) {
        match self.receiver(cap.id) {
            Some((to, reply)) => {
                self.deliver(from, to, cap.badge, hw);
                match (how.call, reply) {
                    (true, Some(reply)) if cap.can_be_replied() => {
                        self.push_call(from, to, reply, how.donate);
                    }
                    (true, _) => {
                        self.tcbs[from].fault = None;
                        self.block(from, ThreadState::Inactive);
                    }
                    (false, _) => self.donate_for_good(from, to, how.donate),
                }
                self.unblock(to);
            }
            None if how.blocking => {
                let state = ThreadState::BlockedOnSend {
                    endpoint: cap.id,
                    badge: cap.badge,
                    call: how.call,
                    can_be_replied: cap.can_be_replied(),
                };
                self.block(from, state);
                self.join_endpoint(cap.id, from, EndpointState::Sending);
            }
            None => {}
        }
    }

    /// Takes the first receiver from the queue, and the reply object it offers.
    fn receiver(&mut self, endpoint: EndpointId) -> Option<(TcbId, Option<crate::ids::ReplyId>)> {
        if self.endpoints[endpoint].state != EndpointState::Receiving {
            return None;
        }
        let id = self.endpoints[endpoint].queue.head?;
        self.leave_endpoint(endpoint, id);
        let ThreadState::BlockedOnReceive { reply, .. } = self.tcbs[id].state else {
            return None;
        };
        if let Some(reply) = reply {
            self.replies[reply].tcb = None;
        }
        Some((id, reply))
    }

    /// Without a call nothing brings the scheduling context back.
    fn donate_for_good(&mut self, from: TcbId, to: TcbId, donate: bool) {
        if donate
            && self.tcbs[to].sched_context.is_none()
            && let Some(sc) = self.tcbs[from].sched_context
        {
            self.donate(sc, to);
        }
    }
}
