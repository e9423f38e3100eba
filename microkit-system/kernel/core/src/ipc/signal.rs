// SPDX-License-Identifier: BSD-2-Clause

//! Signals (sel4-microkit-abi, 2.3).

use crate::ids::{NotificationId, TcbId};
use crate::kernel::Kernel;
use crate::objects::{Queue, ThreadState};

impl Kernel {
    /// Signals `notification` with `badge`. A receiver gets the badge in x0 and
    /// keeps its other registers.
    #[inline]
    pub(crate) fn signal(&mut self, notification: NotificationId, badge: u64) {
        let object = &mut self.notifications[notification];
        if let Some(word) = &mut object.word {
            *word |= badge;
            return;
        }
        if let Some(waiter) = object.queue.head {
            object.queue.remove(&mut self.tcbs, waiter);
            self.tcbs[waiter].queue = Queue::None;
            return self.hand_signal(notification, waiter, badge);
        }
        match self.notifications[notification].bound {
            Some(bound) if self.is_receiving(bound) => {
                self.cancel(bound);
                self.hand_signal(notification, bound, badge);
            }
            _ => self.notifications[notification].word = Some(badge),
        }
    }

    fn is_receiving(&self, id: TcbId) -> bool {
        matches!(self.tcbs[id].state, ThreadState::BlockedOnReceive { .. })
    }

    fn hand_signal(&mut self, notification: NotificationId, id: TcbId, badge: u64) {
        self.tcbs[id].context.x[0] = badge;
        self.lend(notification, id);
        self.unblock(id);
    }
}
