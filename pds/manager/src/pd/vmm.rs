// SPDX-License-Identifier: BSD-2-Clause

//! A guest's VMM: its pages, its channel, its thread.

use super::raw;
use crate::{Clock, Figures, Seen};
use manager_api::Silence;
use sel4::{UserContext, cap};
use sel4_microkit::{Channel, Child};
use tombolo_config::manager::Guest;
use tombolo_pages::guest_status::{GuestOrder, GuestStatus, Order};
use tombolo_start::{StartError, channel, counter, shared};

/// Where it is reached.
pub struct Vmm {
    status: &'static GuestStatus,
    order: &'static GuestOrder,
    channel: Channel,
    child: Child,
    context: cap::SchedContext,
    /// Microseconds that its scheduling context had used when it was last asked.
    used_us: u64,
}

impl Vmm {
    /// As the configuration has it.
    pub fn new(guest: &Guest) -> Result<Self, StartError> {
        Ok(Self {
            status: shared("a status page", guest.status)?,
            order: shared("an order page", guest.order)?,
            channel: channel(guest.channel)?,
            child: Child::new(usize::from(guest.child)),
            context: raw::sched_context(guest.sched_context),
            used_us: 0,
        })
    }

    /// Gives an order; returns its number.
    pub fn give(&self, order: Order) -> u32 {
        let serial = self.order.give(order);
        self.channel.notify();
        serial
    }

    /// What decisions are made of.
    pub fn seen(&self) -> Seen {
        let serial = self.status.answered();
        Seen {
            state: self.status.state(),
            attaches: self.status.attaches(),
            boots: self.status.boots(),
            resets: self.status.resets(),
            panics: self.status.panics(),
            answer: self
                .status
                .outcome_of(serial)
                .map(|outcome| (serial, outcome)),
        }
    }

    /// Of its guest's vCPUs that run, the one that has not trapped for longest.
    pub fn silence(&self) -> Option<Silence> {
        let (vcpu, since) = self.status.runs_longest()?;
        let clock = clock();
        Some(Silence {
            // Lossless: there are eight at the most.
            vcpu: vcpu as u8,
            ms: clock.microseconds(clock.now.saturating_sub(since)) / 1000,
        })
    }

    /// Suspends its thread. `false`: the kernel refused.
    pub fn halt(&self) -> bool {
        self.child.tcb().tcb_suspend().is_ok()
    }

    /// Lets its thread begin at the restart entry that it published.
    pub fn restart(&self) -> bool {
        let Some(entry) = self.status.restart_entry() else {
            return false;
        };
        let mut context = UserContext::default();
        *context.pc_mut() = entry;
        let tcb = self.child.tcb();
        tcb.tcb_write_registers(true, 1, &mut context).is_ok()
    }

    /// What people look at.
    pub fn figures(&mut self) -> Figures {
        self.used_us += raw::consumed(self.context).unwrap_or(0);
        Figures::read(self.status, self.used_us, &clock())
    }
}

/// The counter, now.
pub fn clock() -> Clock {
    Clock {
        now: counter::now(),
        frequency: counter::frequency(),
    }
}
