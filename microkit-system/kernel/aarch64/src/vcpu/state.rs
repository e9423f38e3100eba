// SPDX-License-Identifier: BSD-2-Clause

//! A vCPU's state while it is not in the hardware.

use super::debug::Debug;
use super::registers;
use super::vgic::VirtualInterface;

/// One vCPU.
pub struct State {
    /// VCPU registers 0–23.
    pub registers: [u64; registers::COUNT],
    /// CSSELR_EL1, which the ABI does not list.
    pub csselr: u64,
    /// The virtual CPU interface.
    pub interface: VirtualInterface,
    /// PPI 27 stays masked until AckVPPI.
    pub timer_masked: bool,
    /// Debug registers as the guest sees them.
    pub debug: Debug,
    /// EL1's physical timer as the guest sees it: CTL and CVAL. It never fires.
    pub physical_timer: (u64, u64),
}

impl State {
    /// All zeros; [`State::reset`] makes it a vCPU.
    pub const ZERO: Self = Self {
        registers: [0; registers::COUNT],
        csselr: 0,
        interface: VirtualInterface::ZERO,
        timer_masked: false,
        debug: Debug::ZERO,
        physical_timer: (0, 0),
    };

    /// The start state.
    pub fn reset(&mut self) {
        self.registers[registers::SCTLR] = registers::SCTLR_START;
        self.interface.reset();
        self.debug.reset();
    }
}
