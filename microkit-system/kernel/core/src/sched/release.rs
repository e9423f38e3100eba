// SPDX-License-Identifier: BSD-2-Clause

//! The release queue: runnable threads whose next refill is not due, the
//! earliest first.

use crate::hardware::Ticks;
use crate::ids::TcbId;
use crate::kernel::Kernel;
use crate::objects::Queue;

impl Kernel {
    /// Puts runnable `id`, which is in no queue, where its refill's time says.
    pub(crate) fn postpone(&mut self, id: TcbId) {
        let time = self.refill_time(id);
        let mut after = self.release.tail;
        while let Some(other) = after {
            if self.refill_time(other) <= time {
                break;
            }
            after = self.tcbs[other].prev;
        }
        self.release.insert(&mut self.tcbs, after, id);
        self.tcbs[id].queue = Queue::Release;
    }

    /// Makes every thread ready whose refill is due.
    #[inline]
    pub(crate) fn release_due(&mut self) {
        let now = self.now.saturating_add(self.clock.worst_case_entry);
        while let Some(id) = self.release.head {
            if self.refill_time(id) > now {
                return;
            }
            self.release.remove(&mut self.tcbs, id);
            self.tcbs[id].queue = Queue::None;
            self.admit(id);
        }
    }

    /// When the first of the queue is due.
    #[inline]
    pub(crate) fn next_release(&self) -> Option<Ticks> {
        self.release.head.map(|id| self.refill_time(id))
    }

    fn refill_time(&self, id: TcbId) -> Ticks {
        self.tcbs[id]
            .sched_context
            .map_or(Ticks::MAX, |sc| self.scs[sc].refills.head().time)
    }
}
