// SPDX-License-Identifier: BSD-2-Clause

//! Orders of the manager, each with a number, and how they ended.

use super::status::GuestStatus;
use core::sync::atomic::{AtomicU64, Ordering};

/// What the manager wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Order {
    /// Stay held.
    Hold = 0,
    /// Start the guest: one that is held, or load one anew that is off or failed.
    Start = 1,
    /// Stop the guest: suspend its vCPUs, end its connections.
    Stop = 2,
    /// Suspend its vCPUs; its connections stay.
    Pause = 3,
    /// Let a paused guest go on.
    Resume = 4,
    /// Reset it as if it had asked for it (PSCI SYSTEM_RESET).
    Reset = 5,
}

impl Order {
    fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Start,
            2 => Self::Stop,
            3 => Self::Pause,
            4 => Self::Resume,
            5 => Self::Reset,
            _ => Self::Hold,
        }
    }
}

/// How an order ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Outcome {
    /// It is carried out.
    Done = 1,
    /// It makes no sense in the guest's state, which is as it was.
    Refused = 2,
    /// It was tried and did not work; the VMM's log says why.
    Failed = 3,
}

impl Outcome {
    pub(super) fn from_word(word: u32) -> Option<Self> {
        match word {
            1 => Some(Self::Done),
            2 => Some(Self::Refused),
            3 => Some(Self::Failed),
            _ => None,
        }
    }
}

/// An order and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// Counts orders from 1; 0: none was given.
    pub serial: u32,
    /// The last order.
    pub order: Order,
}

/// Manager to VMM. Writer: the manager.
#[derive(Debug, Default)]
#[repr(C)]
pub struct GuestOrder {
    /// Bits 63:32 the order's number, 31:0 the order: one word, so that no
    /// number is ever seen with another's order.
    word: AtomicU64,
}

impl GuestOrder {
    /// Manager: give an order; returns its number, which
    /// [`GuestStatus::outcome_of`] takes.
    pub fn give(&self, order: Order) -> u32 {
        let serial = self.read().serial.wrapping_add(1).max(1);
        let word = u64::from(serial) << 32 | u64::from(order as u32);
        self.word.store(word, Ordering::Release);
        serial
    }

    /// VMM: the order in force; an unknown word means hold.
    pub fn read(&self) -> Given {
        let word = self.word.load(Ordering::Acquire);
        Given {
            // Lossless: each is a half.
            serial: (word >> 32) as u32,
            order: Order::from_word(word as u32),
        }
    }

    /// VMM: the order in force, unless it was acknowledged already.
    pub fn unanswered(&self, status: &GuestStatus) -> Option<Given> {
        let given = self.read();
        (given.serial != status.answered()).then_some(given)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zeroed_page_orders_nothing() {
        let (order, status) = (GuestOrder::default(), GuestStatus::default());
        assert_eq!(order.read().order, Order::Hold);
        assert_eq!(order.unanswered(&status), None);
    }

    #[test]
    fn each_order_is_taken_once_even_if_it_is_the_same_again() {
        let (order, status) = (GuestOrder::default(), GuestStatus::default());
        for wanted in [Order::Reset, Order::Reset, Order::Pause, Order::Hold] {
            let serial = order.give(wanted);
            let given = order.unanswered(&status).expect("it is new");
            assert_eq!((given.serial, given.order), (serial, wanted));
            assert_eq!(status.outcome_of(serial), None);
            status.answer(serial, Outcome::Done);
            assert_eq!(order.unanswered(&status), None);
            assert_eq!(status.outcome_of(serial), Some(Outcome::Done));
        }
    }

    #[test]
    fn nonsense_is_read_as_the_harmless_value() {
        let order = GuestOrder::default();
        order.word.store(7 << 32 | 77, Ordering::Relaxed);
        assert_eq!(order.read().order, Order::Hold);
    }

    #[test]
    fn the_number_wraps_past_none() {
        let order = GuestOrder::default();
        order
            .word
            .store(u64::from(u32::MAX) << 32, Ordering::Relaxed);
        assert_eq!(order.give(Order::Stop), 1);
    }
}
