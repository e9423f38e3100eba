// SPDX-License-Identifier: BSD-2-Clause

//! Start and the end; notifications.

use super::state::Life;
use super::vcpu::Run;
use super::{Answer, Machine};
use crate::platform::Platform;
use crate::vcpu::VcpuId;
use core::fmt;
use shmem_server_api::Departure;
use tombolo_config::ChannelId;
use tombolo_pages::guest_status::{GuestState, Outcome};
use tombolo_trace::Event;

impl<P: Platform> Machine<'_, P> {
    /// The VMM's own log.
    pub fn say(&mut self, text: fmt::Arguments<'_>) {
        self.log.line(text);
        self.finish();
    }

    /// Announces that the guest is loaded, and starts it if that was ordered.
    pub fn ready(&mut self) {
        self.set_state(GuestState::Held);
        self.settle_deadline();
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
            self.settle_management();
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
            self.platform.trace(Event::Notified);
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
        self.answer_order(Outcome::Failed);
        Answer::Stay
    }

    pub(super) fn stop(&mut self, state: GuestState) {
        let ran = self.life != Life::Held;
        self.life = Life::Stopped;
        self.stop_vcpus();
        if ran {
            self.leave_regions(match state {
                GuestState::Failed => Departure::Crashed,
                _ => Departure::Left,
            });
        }
        self.flush_serial();
        self.set_state(state);
    }

    /// The first vCPU begins at the entry.
    pub(super) fn start(&mut self) {
        self.life = Life::Running;
        self.pristine = false;
        self.vcpus[VcpuId::BOOT].run = Run::Running;
        self.settle_deadline();
        self.runs(VcpuId::BOOT);
        self.platform.set_registers(VcpuId::BOOT, &self.entry, true);
    }

    pub(super) fn set_state(&mut self, state: GuestState) {
        self.pages.status.set_state(state);
        // Lossless: a small number.
        let state = state as u32;
        self.platform.trace(Event::Life { state });
        self.platform.notify(self.config.manager);
    }

    pub(super) fn flush_serial(&mut self) {
        if let Some(serial) = &mut self.serial {
            serial.flush(&mut self.platform);
        }
    }
}
