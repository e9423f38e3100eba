// SPDX-License-Identifier: BSD-2-Clause

//! Start, parking, waking and the end; notifications.

use super::state::Life;
use super::{Answer, Machine};
use crate::platform::Platform;
use crate::vcpu::VirtualTimer;
use core::fmt;
use shmem_server_api::Departure;
use tombolo_config::ChannelId;
use tombolo_pages::guest_status::{GuestState, Order};

impl<P: Platform> Machine<'_, P> {
    /// The VMM's own log.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.log.line(text);
        self.finish();
    }

    /// Announces that the guest is loaded, and starts it if that was ordered.
    pub fn ready(&mut self) {
        self.set_state(GuestState::Held);
        self.obey();
        self.finish();
    }

    /// The guest could not be loaded: says why, and stays stopped.
    pub fn cannot_start(&mut self, why: fmt::Arguments<'_>) {
        self.fail(why);
        self.finish();
    }

    /// A peer notified us.
    pub fn notified(&mut self, channel: ChannelId) {
        if channel == self.config.manager {
            self.obey();
        }
        if channel == self.config.clock {
            self.look_at_the_clock();
        }
        if self
            .config
            .shmem
            .as_ref()
            .is_some_and(|shm| shm.server == channel)
        {
            self.settle_shm();
            self.retry_attach();
        }
        if let Some(serial) = &mut self.serial
            && serial.config.output.channel == channel
        {
            serial.pull();
            self.settle_serial();
        }
        self.finish();
    }

    /// The guest waits: for an interrupt, or for an attach that it then repeats.
    ///
    /// A processor that would wait has nothing to deliver, so only what was
    /// injected after the trap, or what fires as soon as the vCPU runs, keeps it
    /// from being parked. `until`: counter value at which to wake it at the latest.
    pub(super) fn park(&mut self, until: Option<u64>) -> Answer {
        self.deliver();
        if self.gic.take_fresh() {
            return Answer::Reply;
        }
        let timer = if self.timer.has_fired() {
            None
        } else {
            VirtualTimer::deadline(&mut self.platform)
        };
        let wake_at = [timer, until].into_iter().flatten().min();
        if wake_at.is_some_and(|at| at <= self.platform.counter()) {
            return Answer::Reply;
        }
        // Leaving the fault unanswered would stop it too, at our next receive; a
        // debug kernel prints a warning each time.
        self.platform.suspend();
        self.life = Life::Parked { wake_at };
        match wake_at {
            Some(at) => self.pages.deadline.set(at),
            None => self.pages.deadline.clear(),
        }
        self.flush_serial();
        Answer::Stay
    }

    /// Wakes a parked guest: it repeats the instruction it was parked on.
    pub(super) fn unpark(&mut self) {
        self.life = Life::Running;
        self.pages.deadline.clear();
        self.platform.resume();
    }

    /// Parks a guest whose attach waits for a clean slot.
    pub(super) fn park_for_attach(&mut self) -> Answer {
        let until = self.shm.as_ref().and_then(|shm| shm.waits_until());
        self.park(until)
    }

    /// The guest turned itself off.
    pub(super) fn off(&mut self) -> Answer {
        self.log.line(format_args!("guest off"));
        self.stop(GuestState::Off);
        Answer::Stay
    }

    /// The guest cannot go on.
    pub(super) fn fail(&mut self, why: fmt::Arguments<'_>) -> Answer {
        self.log.line(format_args!("guest stopped: {why}"));
        self.stop(GuestState::Failed);
        Answer::Stay
    }

    fn stop(&mut self, state: GuestState) {
        let ran = self.life != Life::Held;
        self.life = Life::Stopped;
        self.platform.suspend();
        if ran {
            self.leave_regions(match state {
                GuestState::Failed => Departure::Crashed,
                _ => Departure::Left,
            });
        }
        self.pages.deadline.clear();
        self.flush_serial();
        self.set_state(state);
    }

    fn obey(&mut self) {
        match (self.pages.order.read().order, self.life) {
            (Order::Start, Life::Held) => {
                let entry = self.entry;
                self.life = Life::Running;
                self.platform.set_registers(&entry, true);
                self.set_state(GuestState::Running);
            }
            (Order::Stop, Life::Held | Life::Running | Life::Parked { .. } | Life::Resetting) => {
                self.log
                    .line(format_args!("guest stopped by order of the manager"));
                self.stop(GuestState::Off);
            }
            _ => {}
        }
    }

    /// `clock` says that the deadline has come; it may be early.
    fn look_at_the_clock(&mut self) {
        if let Life::Parked { wake_at: Some(at) } = self.life {
            if at <= self.platform.counter() {
                self.unpark();
            } else {
                self.pages.deadline.set(at);
            }
        }
    }

    /// The server may have a clean slot: a guest whose attach waits tries again.
    fn retry_attach(&mut self) {
        let waits = self.shm.as_mut().is_some_and(|shm| shm.notified());
        if waits && matches!(self.life, Life::Parked { .. }) {
            self.unpark();
        }
    }

    fn set_state(&mut self, state: GuestState) {
        self.pages.status.set_state(state);
        self.platform.notify(self.config.manager);
    }

    pub(super) fn flush_serial(&mut self) {
        if let Some(serial) = &mut self.serial {
            serial.flush(&mut self.platform);
        }
    }
}
