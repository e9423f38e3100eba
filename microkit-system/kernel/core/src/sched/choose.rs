// SPDX-License-Identifier: BSD-2-Clause

//! Which thread runs next (sel4-microkit-abi, 2.5).
//!
//! During an entry the first thread that becomes ready is only remembered, as
//! `woken`: at the end the kernel compares it with the current thread and most
//! often switches straight to it. A second one sends both through the queues.
//!
//! | priority of the woken thread | current thread still runs | it does not |
//! |---|---|---|
//! | higher | woken runs, current to the head | woken runs |
//! | equal | woken to the tail, current runs | woken runs |
//! | lower | woken to the head, current runs | woken runs unless a higher one is ready |

use crate::ids::TcbId;
use crate::kernel::Kernel;
use crate::objects::Queue;

impl Kernel {
    /// Runnable, with a scheduling context, not waiting for a refill.
    #[inline]
    pub(crate) fn is_schedulable(&self, id: TcbId) -> bool {
        let tcb = &self.tcbs[id];
        tcb.is_running() && tcb.sched_context.is_some() && tcb.queue != Queue::Release
    }

    /// Runnable `id` takes part in scheduling, as soon as it has a scheduling
    /// context and that has budget.
    #[inline]
    pub(crate) fn admit(&mut self, id: TcbId) {
        let tcb = &self.tcbs[id];
        let Some(sc) = tcb.sched_context else {
            return;
        };
        if !tcb.is_running() || tcb.queue != Queue::None || self.woken == Some(id) {
            return;
        }
        if !self.has_budget(sc) {
            self.postpone(id);
        } else if self.current != Some(id) {
            self.wake(id);
        }
    }

    /// Next to run by queues alone.
    pub(crate) fn reschedule(&mut self) {
        if let Some(woken) = self.woken.take() {
            self.ready.push_front(&mut self.tcbs, woken);
        }
        self.must_choose = true;
    }

    /// Takes `id` out of scheduling: it blocks, stops or loses its context.
    #[inline]
    pub(crate) fn withdraw(&mut self, id: TcbId) {
        if self.woken == Some(id) {
            self.woken = None;
        }
        match self.tcbs[id].queue {
            Queue::Ready => self.ready.remove(&mut self.tcbs, id),
            Queue::Release => {
                self.release.remove(&mut self.tcbs, id);
                self.tcbs[id].queue = Queue::None;
            }
            Queue::None | Queue::Waiting => {}
        }
    }

    /// The thread to run, or `None`; it is in no queue then.
    #[inline]
    pub(crate) fn choose(&mut self) -> Option<TcbId> {
        self.release_due();
        let current = self
            .current
            .filter(|id| self.is_schedulable(*id) && self.tcbs[*id].queue == Queue::None);
        if let Some(current) = current {
            if self.woken.is_none() && !self.must_choose {
                return Some(current);
            }
            self.ready.push_front(&mut self.tcbs, current);
        }
        self.must_choose = false;
        let Some(woken) = self.woken.take() else {
            return self.ready.pop(&mut self.tcbs);
        };
        let priority = self.tcbs[woken].priority;
        if current.is_some_and(|current| self.tcbs[current].priority == priority) {
            self.ready.push_back(&mut self.tcbs, woken);
        } else if self.ready.highest().is_some_and(|ready| ready > priority) {
            self.ready.push_front(&mut self.tcbs, woken);
        } else {
            return Some(woken);
        }
        self.ready.pop(&mut self.tcbs)
    }

    #[inline]
    fn wake(&mut self, id: TcbId) {
        if self.must_choose || self.woken.is_some() {
            self.reschedule();
            self.ready.push_front(&mut self.tcbs, id);
        } else {
            self.woken = Some(id);
        }
    }
}
