// SPDX-License-Identifier: BSD-2-Clause

//! Ready queues: one per priority, and a bitmap that finds the highest.

use tombolo_kernel_spec::limits;

use crate::ids::{Table, TcbId};
use crate::objects::{List, Queue, Tcb};

const PRIORITIES: usize = 256;
const WORD: usize = 64;

type Tcbs = Table<TcbId, Tcb, { limits::TCBS }>;

/// Threads that are ready and not running.
pub struct ReadyQueues {
    queues: [List; PRIORITIES],
    bitmap: [u64; PRIORITIES / WORD],
}

impl ReadyQueues {
    pub const EMPTY: Self = Self {
        queues: [List::EMPTY; PRIORITIES],
        bitmap: [0; PRIORITIES / WORD],
    };

    /// Priority of the highest ready thread.
    pub fn highest(&self) -> Option<u8> {
        let word = self.bitmap.iter().rposition(|word| *word != 0)?;
        let bit = self.bitmap[word].ilog2() as usize;
        u8::try_from(word * WORD + bit).ok()
    }

    /// First of the highest priority.
    pub fn pop(&mut self, tcbs: &mut Tcbs) -> Option<TcbId> {
        let id = self.queues[usize::from(self.highest()?)].head?;
        self.remove(tcbs, id);
        Some(id)
    }

    pub fn push_front(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        let priority = self.enter(tcbs, id);
        self.queues[priority].push_front(tcbs, id);
    }

    pub fn push_back(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        let priority = self.enter(tcbs, id);
        self.queues[priority].push_back(tcbs, id);
    }

    /// Takes out `id`, which is ready.
    pub fn remove(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        let priority = usize::from(tcbs[id].priority);
        self.queues[priority].remove(tcbs, id);
        tcbs[id].queue = Queue::None;
        if self.queues[priority].is_empty() {
            self.bitmap[priority / WORD] &= !(1 << (priority % WORD));
        }
    }

    fn enter(&mut self, tcbs: &mut Tcbs, id: TcbId) -> usize {
        let priority = usize::from(tcbs[id].priority);
        tcbs[id].queue = Queue::Ready;
        self.bitmap[priority / WORD] |= 1 << (priority % WORD);
        priority
    }

    /// First of `priority`.
    #[cfg(test)]
    pub fn head(&self, priority: u8) -> Option<TcbId> {
        self.queues[usize::from(priority)].head
    }
}
