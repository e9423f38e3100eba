// SPDX-License-Identifier: BSD-2-Clause

//! The distributor: lines from devices, interrupts out to the vCPUs.

use super::list_registers::ListRegisters;
use super::state::{State, WORDS};
use crate::platform::InjectError;
use crate::vcpu::{PerVcpu, VcpuId};

/// A guest's distributor, and its vCPUs' list registers.
#[derive(Debug)]
pub struct Distributor {
    pub(super) forwarding: bool,
    pub(super) state: State,
    pub(super) lists: PerVcpu<ListRegisters>,
}

impl Distributor {
    /// As after reset, for `vcpus` vCPUs.
    pub fn new(vcpus: usize) -> Self {
        Self {
            forwarding: false,
            state: State::new(),
            lists: PerVcpu::new(vcpus, |_| ListRegisters::new()),
        }
    }

    /// The line of a device (an SPI) changes its level.
    pub fn set_line(&mut self, intid: u16, high: bool) {
        self.set_private_line(VcpuId::BOOT, intid, high);
    }

    /// The line of one of `vcpu`'s private peripherals (a PPI) changes its level.
    pub fn set_private_line(&mut self, vcpu: VcpuId, intid: u16, high: bool) {
        let state = &mut self.state;
        if high && !state.line.get(vcpu, intid) && state.edge.get(vcpu, intid) {
            state.latched.set(vcpu, intid, true);
        }
        state.line.set(vcpu, intid, high);
    }

    /// Whether the interrupt was given to `vcpu`, an SPI to any, and not yet ended.
    pub fn in_flight(&self, vcpu: VcpuId, intid: u16) -> bool {
        self.state.held.get(vcpu, intid)
    }

    /// Puts what can be delivered to `vcpu` into free list registers, most important
    /// first, by `inject(list register, INTID, priority)`.
    pub fn deliver(
        &mut self,
        vcpu: VcpuId,
        mut inject: impl FnMut(u8, u16, u8) -> Result<(), InjectError>,
    ) {
        // Every round fills or gives up a register, so it ends.
        while let (Some(intid), Some(register)) = (self.next(vcpu), self.lists[vcpu].free()) {
            let priority = self.state.priority.get(vcpu, usize::from(intid)) >> 3;
            let list = &mut self.lists[vcpu];
            match inject(register, intid, priority) {
                Ok(()) => {
                    list.take(register, intid);
                    self.state.held.set(vcpu, intid, true);
                    self.consume(vcpu, intid);
                }
                Err(InjectError::OnlyHave(count)) => list.limit(count.min(register)),
                // Whatever lies there ends with a maintenance event, which
                // releases it; the interrupt stays pending.
                Err(InjectError::Busy) => list.take_unknown(register),
            }
        }
    }

    /// `vcpu` ended what lay in a list register; its INTID.
    pub fn maintenance(&mut self, vcpu: VcpuId, list_register: u8) -> Option<u16> {
        let intid = self.lists[vcpu].release(list_register)?;
        self.state.held.set(vcpu, intid, false);
        Some(intid)
    }

    /// `vcpu` is turned off: SPIs that it was given, and perhaps has not taken, go to
    /// others. Should it be turned on again it may see one of them once more.
    pub fn leave(&mut self, vcpu: VcpuId) {
        let state = &mut self.state;
        self.lists[vcpu].abandon(|intid| {
            if intid < 32 {
                return false;
            }
            state.held.set(vcpu, intid, false);
            if state.edge.get(vcpu, intid) {
                state.latched.set(vcpu, intid, true);
            }
            true
        });
    }

    /// Whether something was injected since the last call: a vCPU that waits for an
    /// interrupt has to look again.
    pub fn take_fresh(&mut self, vcpu: VcpuId) -> bool {
        self.lists[vcpu].take_fresh()
    }

    /// As [`Distributor::take_fresh`], leaving it so.
    pub fn has_fresh(&self, vcpu: VcpuId) -> bool {
        self.lists[vcpu].has_fresh()
    }

    /// The most important interrupt that can be delivered.
    fn next(&self, vcpu: VcpuId) -> Option<u16> {
        if !self.forwarding {
            return None;
        }
        let mut best: Option<(u8, u16)> = None;
        for n in 0..WORDS {
            let mut ready = self.state.ready_word(vcpu, n);
            while ready != 0 {
                // Lossless: below INTIDS.
                let intid = (n as u32 * 32 + ready.trailing_zeros()) as u16;
                ready &= ready - 1;
                let key = (self.state.priority.get(vcpu, usize::from(intid)), intid);
                if best.is_none_or(|best| key < best) && !self.lists[vcpu].keeps(intid) {
                    best = Some(key);
                }
            }
        }
        best.map(|(_, intid)| intid)
    }

    /// The interrupt was handed over: forget the edge. A level stays.
    fn consume(&mut self, vcpu: VcpuId, intid: u16) {
        let more = match self.state.sources[vcpu].get_mut(usize::from(intid)) {
            Some(sources) => {
                // Lowest source first; with others left it stays pending.
                *sources &= sources.wrapping_sub(1);
                *sources != 0
            }
            None => false,
        };
        self.state.latched.set(vcpu, intid, more);
    }
}
