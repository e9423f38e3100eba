// SPDX-License-Identifier: BSD-2-Clause

//! The virtual timer's interrupt, of which the kernel tells us.
//!
//! seL4 masks PPI 27 when it fires, sends VPPIEvent and unmasks it on AckVPPI.
//! It fires only while the vCPU runs, so a parked vCPU's deadline is ours to
//! watch (reference page, 5.5).

use super::{SystemRegister, VcpuId};
use crate::platform::Platform;

/// INTID of the virtual timer.
pub const VIRTUAL_TIMER: u16 = 27;

const ENABLE: u64 = 1;
const MASKED: u64 = 1 << 1;

/// What the VMM knows of a vCPU's timer.
#[derive(Debug, Default)]
pub struct VirtualTimer {
    /// VPPIEvent came and AckVPPI was not given: the kernel keeps it masked.
    fired: bool,
}

impl VirtualTimer {
    /// The kernel's VPPIEvent came.
    pub fn fire(&mut self) {
        self.fired = true;
    }

    /// The guest has handled the interrupt.
    pub fn acknowledge<P: Platform>(&mut self, platform: &mut P, vcpu: VcpuId) {
        if core::mem::take(&mut self.fired) {
            platform.acknowledge_timer(vcpu);
        }
    }

    /// Whether the interrupt was reported and not acknowledged.
    pub fn has_fired(&self) -> bool {
        self.fired
    }

    /// Counter value at which the guest's timer asserts its line; `None` if it is
    /// disabled or masked.
    pub fn deadline<P: Platform>(platform: &mut P, vcpu: VcpuId) -> Option<u64> {
        let control = platform.system_register(vcpu, SystemRegister::CntvCtl);
        (control & (ENABLE | MASKED) == ENABLE)
            .then(|| platform.system_register(vcpu, SystemRegister::CntvCval))
    }

    /// Whether the timer asserts its line now.
    pub fn asserted<P: Platform>(platform: &mut P, vcpu: VcpuId) -> bool {
        Self::deadline(platform, vcpu).is_some_and(|at| at <= platform.counter())
    }
}
