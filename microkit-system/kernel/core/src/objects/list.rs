// SPDX-License-Identifier: BSD-2-Clause

//! Queues of threads, linked through the thread table.
//!
//! A thread has one pair of links and is in one queue at most;
//! [`crate::objects::Queue`] says in which. Callers keep it up to date.

use tombolo_kernel_spec::limits;

use crate::ids::{Table, TcbId};
use crate::objects::Tcb;

type Tcbs = Table<TcbId, Tcb, { limits::TCBS }>;

/// Head and tail of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List {
    pub head: Option<TcbId>,
    pub tail: Option<TcbId>,
}

impl List {
    pub const EMPTY: Self = Self {
        head: None,
        tail: None,
    };

    pub fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    pub fn push_front(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        self.insert(tcbs, None, id);
    }

    pub fn push_back(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        self.insert(tcbs, self.tail, id);
    }

    /// Behind the last one of the same or a higher priority.
    #[inline]
    pub fn insert_by_priority(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        let priority = tcbs[id].priority;
        let mut after = self.tail;
        while let Some(other) = after {
            if tcbs[other].priority >= priority {
                break;
            }
            after = tcbs[other].prev;
        }
        self.insert(tcbs, after, id);
    }

    /// Behind `after`, or first.
    #[inline]
    pub fn insert(&mut self, tcbs: &mut Tcbs, after: Option<TcbId>, id: TcbId) {
        let next = match after {
            Some(after) => tcbs[after].next.replace(id),
            None => self.head.replace(id),
        };
        match next {
            Some(next) => tcbs[next].prev = Some(id),
            None => self.tail = Some(id),
        }
        tcbs[id].prev = after;
        tcbs[id].next = next;
    }

    /// Takes out `id`, which is in this list.
    #[inline]
    pub fn remove(&mut self, tcbs: &mut Tcbs, id: TcbId) {
        let (prev, next) = (tcbs[id].prev.take(), tcbs[id].next.take());
        match prev {
            Some(prev) => tcbs[prev].next = next,
            None => self.head = next,
        }
        match next {
            Some(next) => tcbs[next].prev = prev,
            None => self.tail = prev,
        }
    }
}
