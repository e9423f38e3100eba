// SPDX-License-Identifier: BSD-2-Clause

//! What a VMM tells the manager about its guest, and what the manager wants of it.
//!
//! Two pages per guest: [`GuestStatus`] is written by the VMM and read by the
//! manager, [`GuestOrder`] the other way round. Each side notifies the other
//! after a change and re-reads the whole page on a notification.
//!
//! Rules: the status is what the VMM alleges of its own guest; a lying VMM can
//! start the guests that wait for its own and nothing else. A word that is no
//! state is [`GuestState::Unknown`], a word that is no order is [`Order::Hold`].

use core::sync::atomic::{AtomicU32, Ordering};

/// The life of a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GuestState {
    /// The VMM has not said anything yet.
    Unknown = 0,
    /// Loaded, waiting for the manager's order to start.
    Held = 1,
    /// Running (or parked).
    Running = 2,
    /// The guest turned itself off (PSCI SYSTEM_OFF).
    Off = 3,
    /// The guest cannot go on; the VMM stopped its vCPU and said why in its log.
    Failed = 4,
}

impl GuestState {
    fn from_word(word: u32) -> Self {
        match word {
            1 => Self::Held,
            2 => Self::Running,
            3 => Self::Off,
            4 => Self::Failed,
            _ => Self::Unknown,
        }
    }
}

/// VMM to manager. Writer: the VMM.
#[derive(Debug, Default)]
#[repr(C)]
pub struct GuestStatus {
    state: AtomicU32,
    /// Successful attaches so far.
    attaches: AtomicU32,
}

impl GuestStatus {
    /// VMM: publish the guest's state.
    pub fn set_state(&self, state: GuestState) {
        self.state.store(state as u32, Ordering::Release);
    }

    /// Manager: the guest's state as the VMM alleges it.
    pub fn state(&self) -> GuestState {
        GuestState::from_word(self.state.load(Ordering::Acquire))
    }

    /// VMM: one more attach succeeded.
    pub fn count_attach(&self) {
        self.attaches.fetch_add(1, Ordering::Release);
    }

    /// Manager: how many attaches succeeded.
    pub fn attaches(&self) -> u32 {
        self.attaches.load(Ordering::Acquire)
    }
}

/// What the manager wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Order {
    /// Stay held.
    Hold = 0,
    /// Start the guest.
    Start = 1,
    /// Stop the guest: suspend its vCPUs.
    Stop = 2,
}

/// Manager to VMM. Writer: the manager.
#[derive(Debug, Default)]
#[repr(C)]
pub struct GuestOrder {
    order: AtomicU32,
}

impl GuestOrder {
    /// Manager: give an order.
    pub fn give(&self, order: Order) {
        self.order.store(order as u32, Ordering::Release);
    }

    /// VMM: the order in force; an unknown word means hold.
    pub fn read(&self) -> Order {
        match self.order.load(Ordering::Acquire) {
            1 => Order::Start,
            2 => Order::Stop,
            _ => Order::Hold,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zeroed_page_says_nothing_and_orders_nothing() {
        let (status, order) = (GuestStatus::default(), GuestOrder::default());
        assert_eq!(
            (status.state(), status.attaches()),
            (GuestState::Unknown, 0)
        );
        assert_eq!(order.read(), Order::Hold);
    }

    #[test]
    fn what_one_side_writes_the_other_reads() {
        let (status, order) = (GuestStatus::default(), GuestOrder::default());
        for state in [
            GuestState::Held,
            GuestState::Running,
            GuestState::Off,
            GuestState::Failed,
        ] {
            status.set_state(state);
            assert_eq!(status.state(), state);
        }
        status.count_attach();
        status.count_attach();
        assert_eq!(status.attaches(), 2);
        for wanted in [Order::Start, Order::Stop, Order::Hold] {
            order.give(wanted);
            assert_eq!(order.read(), wanted);
        }
    }

    #[test]
    fn nonsense_is_read_as_the_harmless_value() {
        let (status, order) = (GuestStatus::default(), GuestOrder::default());
        status.state.store(77, Ordering::Relaxed);
        order.order.store(77, Ordering::Relaxed);
        assert_eq!(status.state(), GuestState::Unknown);
        assert_eq!(order.read(), Order::Hold);
    }
}
