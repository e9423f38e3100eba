// SPDX-License-Identifier: BSD-2-Clause

//! A guest's VMM: its pages and its channel.

use manager::{Figures, Seen};
use manager_api::Load;
use sel4_microkit::Channel;
use tombolo_config::manager::Guest;
use tombolo_pages::guest_status::{Exit, GuestOrder, GuestStatus, Order};
use tombolo_start::{StartError, channel, counter, shared};

/// Where it is reached.
pub struct Vmm {
    status: &'static GuestStatus,
    order: &'static GuestOrder,
    channel: Channel,
}

impl Vmm {
    /// As the configuration has it.
    pub fn new(guest: &Guest) -> Result<Self, StartError> {
        Ok(Self {
            status: shared("a status page", guest.status)?,
            order: shared("an order page", guest.order)?,
            channel: channel(guest.channel)?,
        })
    }

    /// Gives an order.
    pub fn give(&self, order: Order) {
        self.order.give(order);
        self.channel.notify();
    }

    /// What decisions are made of.
    pub fn seen(&self) -> Seen {
        Seen {
            state: self.status.state(),
            attaches: self.status.attaches(),
        }
    }

    /// What people look at.
    pub fn figures(&self) -> Figures {
        let exits = Exit::ALL.map(|exit| self.status.exits(exit));
        let last = self.status.last_exit();
        let silent = if last == 0 {
            0
        } else {
            counter::now().saturating_sub(last)
        };
        Figures {
            load: Load {
                guest_us: microseconds(self.status.guest_ticks()),
                vmm_us: 0,
                exits: exits.iter().fold(0, |sum, n| sum.wrapping_add(*n)),
            },
            resets: self.status.resets(),
            panics: self.status.panics(),
            silent_ms: microseconds(silent) / 1000,
            exits,
        }
    }
}

/// Counter ticks as microseconds.
fn microseconds(ticks: u64) -> u64 {
    let us = u128::from(ticks) * 1_000_000 / u128::from(counter::frequency().max(1));
    u64::try_from(us).unwrap_or(u64::MAX)
}
