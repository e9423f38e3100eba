// SPDX-License-Identifier: BSD-2-Clause

//! What holds after every kernel entry.

use std::collections::HashSet;

use tombolo_kernel_spec::limits;

use super::system::System;
use crate::ids::{EndpointId, Id, NotificationId, ReplyId, ScId, TcbId};
use crate::objects::{Above, EndpointState, List, Queue, ThreadState};

impl System {
    /// Panics at the first thing that is not as it must be.
    pub fn check_invariants(&self) {
        self.check_queues();
        self.check_states();
        self.check_sched_contexts();
        self.check_replies();
        let kernel = &self.kernel;
        assert_eq!(kernel.woken, None);
        assert!(!kernel.must_choose || kernel.halted);
        assert_eq!(kernel.current, self.running);
        if let Some(id) = self.running {
            assert!(kernel.is_schedulable(id), "runs though it may not");
            assert_eq!(kernel.tcbs[id].queue, Queue::None);
            assert_eq!(kernel.current_sc, kernel.tcbs[id].sched_context);
            let ready = kernel.ready.highest();
            assert!(ready.is_none_or(|ready| ready <= kernel.tcbs[id].priority));
        } else if !kernel.halted {
            assert_eq!(kernel.ready.highest(), None, "idle though one is ready");
        }
    }

    fn members(&self, list: &List) -> Vec<TcbId> {
        let mut members = Vec::new();
        let (mut at, mut prev) = (list.head, None);
        while let Some(id) = at {
            assert_eq!(self.kernel.tcbs[id].prev, prev);
            members.push(id);
            assert!(members.len() <= limits::TCBS, "a queue bites its tail");
            (at, prev) = (self.kernel.tcbs[id].next, at);
        }
        assert_eq!(list.tail, prev);
        members
    }

    /// Every thread is in the queue that it says, and in no other.
    fn check_queues(&self) {
        let kernel = &self.kernel;
        let mut seen = HashSet::new();
        let mut see = |id: TcbId, queue: Queue| {
            assert!(seen.insert(id.index()), "in two queues");
            assert_eq!(kernel.tcbs[id].queue, queue);
        };
        for priority in 0..=255 {
            let head = kernel.ready.head(priority);
            let mut at = head;
            while let Some(id) = at {
                see(id, Queue::Ready);
                assert_eq!(kernel.tcbs[id].priority, priority);
                at = kernel.tcbs[id].next;
            }
        }
        for id in self.members(&kernel.release) {
            see(id, Queue::Release);
        }
        for index in 0..limits::ENDPOINTS {
            let endpoint = &kernel.endpoints[EndpointId::new(index).unwrap()];
            let members = self.members(&endpoint.queue);
            assert_eq!(members.is_empty(), endpoint.state == EndpointState::Idle);
            members.into_iter().for_each(|id| see(id, Queue::Waiting));
        }
        for index in 0..limits::NOTIFICATIONS {
            let notification = &kernel.notifications[NotificationId::new(index).unwrap()];
            let members = self.members(&notification.queue);
            assert!(members.is_empty() || notification.word.is_none());
            members.into_iter().for_each(|id| see(id, Queue::Waiting));
        }
        for id in kernel.threads() {
            let queued = kernel.tcbs[id].queue != Queue::None;
            assert_eq!(queued, seen.contains(&id.index()));
        }
    }

    fn check_states(&self) {
        let kernel = &self.kernel;
        for id in kernel.threads() {
            let tcb = &kernel.tcbs[id];
            match tcb.state {
                ThreadState::Running => {
                    let waits = tcb.queue == Queue::Ready || tcb.queue == Queue::Release;
                    let runs = kernel.current == Some(id);
                    let can = tcb.sched_context.is_some();
                    assert!(kernel.halted || (waits || runs) == can, "{id:?} is lost");
                    assert_eq!(tcb.fault, None);
                }
                ThreadState::Inactive => assert_eq!(tcb.queue, Queue::None),
                ThreadState::BlockedOnReply { reply } => {
                    assert_eq!(tcb.queue, Queue::None);
                    assert_eq!(kernel.replies[reply].tcb, Some(id));
                }
                ThreadState::BlockedOnReceive { reply, .. } => {
                    assert_eq!(tcb.queue, Queue::Waiting);
                    assert!(reply.is_none_or(|reply| kernel.replies[reply].tcb == Some(id)));
                }
                ThreadState::BlockedOnSend { .. } | ThreadState::BlockedOnNotification { .. } => {
                    assert_eq!(tcb.queue, Queue::Waiting);
                }
            }
        }
    }

    /// Threads, notifications and scheduling contexts agree on who has whom;
    /// no budget is lost or made; who is ready has budget.
    fn check_sched_contexts(&self) {
        let kernel = &self.kernel;
        for id in kernel.threads() {
            if let Some(sc) = kernel.tcbs[id].sched_context {
                assert_eq!(kernel.scs[sc].tcb, Some(id));
                if kernel.tcbs[id].queue == Queue::Ready {
                    assert!(kernel.has_budget(sc), "ready without budget");
                }
            }
        }
        for index in 0..limits::SCHED_CONTEXTS {
            let id = ScId::new(index).unwrap();
            let sc = &kernel.scs[id];
            if let Some(tcb) = sc.tcb {
                assert_eq!(kernel.tcbs[tcb].sched_context, Some(id));
            }
            if let Some(notification) = sc.notification {
                let object = &kernel.notifications[notification];
                assert_eq!(object.sched_context, Some(id));
            }
            if let Some(reply) = sc.reply {
                assert_eq!(kernel.replies[reply].above, Above::SchedContext(id));
            }
            sc.refills.check();
        }
    }

    /// Reply objects of one stack are linked both ways, and name their callers.
    fn check_replies(&self) {
        let kernel = &self.kernel;
        for index in 0..limits::REPLIES {
            let id = ReplyId::new(index).unwrap();
            let reply = &kernel.replies[id];
            match reply.above {
                Above::Nothing => {}
                Above::Reply(above) => assert_eq!(kernel.replies[above].below, Some(id)),
                Above::SchedContext(sc) => assert_eq!(kernel.scs[sc].reply, Some(id)),
            }
            if let Some(below) = reply.below {
                assert_eq!(kernel.replies[below].above, Above::Reply(id));
            }
            if let Some(tcb) = reply.tcb {
                let waits = match kernel.tcbs[tcb].state {
                    ThreadState::BlockedOnReply { reply } => reply == id,
                    ThreadState::BlockedOnReceive { reply, .. } => reply == Some(id),
                    _ => false,
                };
                assert!(waits, "{id:?} names {tcb:?}, which does not wait for it");
            } else {
                assert_eq!((reply.above, reply.below), (Above::Nothing, None));
            }
        }
    }
}
