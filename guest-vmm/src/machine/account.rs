// SPDX-License-Identifier: BSD-2-Clause

//! What the vCPUs do, for those who look: counters in the status page, the trace.
//!
//! A vCPU's time is taken from when it may run to its next exit, so it contains the
//! time in which others ran: an upper bound.

use super::Machine;
use crate::exits::{Exit, Syndrome};
use crate::platform::Platform;
use crate::vcpu::VcpuId;
use tombolo_pages::guest_status::Exit as Kind;
use tombolo_trace::Event;

impl<P: Platform> Machine<'_, P> {
    /// `vcpu` trapped.
    pub(super) fn trapped(&mut self, vcpu: VcpuId, exit: &Exit) {
        let (kind, detail) = self.kind(exit);
        let now = self.platform.counter();
        let ticks = now.saturating_sub(self.vcpus[vcpu].runs_since);
        self.pages.status.count_exit(kind, ticks, now);
        self.platform.trace(Event::Exit {
            vcpu: vcpu.number(),
            // Lossless: a small number.
            kind: kind as u32,
            detail,
        });
    }

    /// `vcpu` runs from now on.
    pub(super) fn runs(&mut self, vcpu: VcpuId) {
        self.vcpus[vcpu].runs_since = self.platform.counter();
        let vcpu = vcpu.number();
        self.platform.trace(Event::Resume { vcpu });
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
