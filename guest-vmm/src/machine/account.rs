// SPDX-License-Identifier: BSD-2-Clause

//! What the vCPUs do, for those who look: counters in the status page, the trace.
//!
//! A vCPU's time is taken from when it may run to its next exit or until it is
//! suspended, so it contains the time in which others ran: an upper bound.

use super::Machine;
use crate::exits::{Exit, Syndrome};
use crate::platform::Platform;
use crate::vcpu::VcpuId;
use tombolo_config::guest::MAX_VCPUS;
use tombolo_pages::guest_status::{Exit as Kind, VCPUS, VcpuState};
use tombolo_trace::Event;

const _: () = assert!(MAX_VCPUS == VCPUS, "the status page has a word for each");

impl<P: Platform> Machine<'_, P> {
    /// `vcpu` trapped.
    pub(super) fn trapped(&mut self, vcpu: VcpuId, exit: &Exit) {
        let (kind, detail) = self.kind(exit);
        let now = self.platform.counter();
        self.trapped_at = now;
        self.pages.deadline.trapped();
        self.pages.status.count_exit(kind, now);
        self.show(vcpu, VcpuState::Suspended, now);
        self.platform.trace(Event::Exit {
            vcpu: vcpu.number(),
            // Lossless: a small number.
            kind: kind as u32,
            detail,
        });
    }

    /// `vcpu` runs from now on.
    pub(super) fn runs(&mut self, vcpu: VcpuId) {
        self.show(vcpu, VcpuState::Running, self.platform.counter());
        let vcpu = vcpu.number();
        self.platform.trace(Event::Resume { vcpu });
    }

    /// `vcpu` was parked: it wakes at that counter value at the latest.
    pub(super) fn parks(&mut self, vcpu: VcpuId, wake_at: Option<u64>) {
        self.show(vcpu, VcpuState::Parked, self.platform.counter());
        self.platform.trace(Event::Park {
            vcpu: vcpu.number(),
            until: wake_at.unwrap_or(u64::MAX),
        });
    }

    /// `vcpu` was suspended though it did not trap, or was turned off.
    pub(super) fn stands(&mut self, vcpu: VcpuId, state: VcpuState) {
        self.show(vcpu, state, self.platform.counter());
        self.platform.trace(Event::Suspend {
            vcpu: vcpu.number(),
            // Lossless: a small number.
            state: state as u32,
        });
    }

    fn show(&self, vcpu: VcpuId, state: VcpuState, now: u64) {
        self.pages.status.set_vcpu(vcpu.number(), state, now);
    }

    /// The kind of an exit, and its address or syndrome.
    fn kind(&self, exit: &Exit) -> (Kind, u64) {
        match *exit {
            Exit::Memory { address, .. } => {
                let kind = match self.shm.is_some() && self.is_shm(address) {
                    true => Kind::Shmem,
                    false if self.answers(address) => Kind::Device,
                    false => Kind::Other,
                };
                (kind, address)
            }
            Exit::Trap { syndrome, esr } => {
                let kind = match syndrome {
                    Syndrome::Wait => Kind::Wait,
                    Syndrome::SecureCall => Kind::Firmware,
                    _ => Kind::Other,
                };
                (kind, esr)
            }
            Exit::HypervisorCall { pc } => (Kind::Other, pc),
            Exit::Maintenance { list_register } => {
                (Kind::Maintenance, list_register.map_or(u64::MAX, u64::from))
            }
            Exit::Timer => (Kind::Timer, 0),
            Exit::Malformed { label, .. } => (Kind::Other, label),
        }
    }
}
