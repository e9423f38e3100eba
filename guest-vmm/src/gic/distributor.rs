// SPDX-License-Identifier: BSD-2-Clause

//! The distributor: registers to the guest, lines from devices, interrupts out.

use super::list_registers::ListRegisters;
use super::registers::Register;
use super::state::{INTIDS, State, WORDS};
use crate::exits::Width;
use crate::platform::InjectError;
use crate::vcpu::{PerVcpu, VcpuId};

/// GICD_CTLR: forward interrupts.
const ENABLE: u32 = 1;
/// GICD_IIDR: implementer Arm (0x43b).
const IIDR: u32 = 0x0000_043b;
/// ICPIDR2: architecture GICv2.
const PIDR2: u32 = 0x2b;
/// The one CPU.
const THIS_CPU: u8 = 0;

/// A guest's distributor and list registers (one vCPU).
#[derive(Debug)]
pub struct Distributor {
    forwarding: bool,
    state: State,
    lists: PerVcpu<ListRegisters>,
}

impl Distributor {
    /// As after reset.
    pub fn new(vcpus: usize) -> Self {
        Self {
            forwarding: false,
            state: State::new(),
            lists: PerVcpu::new(vcpus, |_| ListRegisters::new()),
        }
    }

    /// The guest's load.
    pub fn read(&self, _vcpu: VcpuId, offset: u64, width: Width) -> u64 {
        let word = |offset: u64| u64::from(self.read_word(Register::at(offset)));
        match width {
            Width::Double => word(offset) | word(offset.wrapping_add(4)) << 32,
            Width::Word => word(offset),
            Width::Byte | Width::Half if Register::at(offset).takes_bytes() => {
                word(offset) >> (8 * (offset & 3)) & width.mask()
            }
            Width::Byte | Width::Half => 0,
        }
    }

    /// The guest's store.
    pub fn write(&mut self, _vcpu: VcpuId, offset: u64, width: Width, value: u64) {
        let register = Register::at(offset);
        // Truncations take the halves apart.
        match width {
            Width::Double => {
                self.write_word(register, value as u32, 0xf);
                self.write_word(
                    Register::at(offset.wrapping_add(4)),
                    (value >> 32) as u32,
                    0xf,
                );
            }
            Width::Word => self.write_word(register, value as u32, 0xf),
            Width::Byte | Width::Half if register.takes_bytes() => {
                let lane = (offset & 3) as u32;
                let lanes = if width == Width::Byte { 1 } else { 3 } << lane;
                self.write_word(register, (value as u32) << (8 * lane), lanes & 0xf);
            }
            Width::Byte | Width::Half => {}
        }
    }

    /// A device's interrupt line changes its level.
    pub fn set_line(&mut self, intid: u16, high: bool) {
        if high && !self.state.line.get(intid) && self.state.edge.get(intid) {
            self.state.latched.set(intid, true);
        }
        self.state.line.set(intid, high);
    }

    /// The line of one of `vcpu`'s private peripherals (PPI) changes its level.
    pub fn set_private_line(&mut self, _vcpu: VcpuId, intid: u16, high: bool) {
        self.set_line(intid, high);
    }

    /// Level of a device's line.
    pub fn line(&self, intid: u16) -> bool {
        self.state.line.get(intid)
    }

    /// Whether the interrupt was given to `vcpu` and not yet ended by it.
    pub fn in_flight(&self, vcpu: VcpuId, intid: u16) -> bool {
        self.lists[vcpu].holds(intid)
    }

    /// Every interrupt that was given to `vcpu` and not yet ended by it.
    pub fn all_in_flight(&self, vcpu: VcpuId) -> impl Iterator<Item = u16> {
        self.lists[vcpu].held().filter(|&intid| intid != u16::MAX)
    }

    /// Puts what can be delivered into free list registers, most important
    /// first, by `inject(list register, INTID, priority)`.
    pub fn deliver(
        &mut self,
        vcpu: VcpuId,
        mut inject: impl FnMut(u8, u16, u8) -> Result<(), InjectError>,
    ) {
        // Every round fills or gives up a register, so it ends.
        while let (Some(intid), Some(register)) = (self.next(vcpu), self.lists[vcpu].free()) {
            let priority = self.state.priority(intid) >> 3;
            match inject(register, intid, priority) {
                Ok(()) => {
                    self.lists[vcpu].take(register, intid);
                    self.consume(intid);
                }
                Err(InjectError::OnlyHave(count)) => self.lists[vcpu].limit(count.min(register)),
                // Whatever lies there ends with a maintenance event, which
                // releases it; the interrupt stays pending.
                Err(InjectError::Busy) => self.lists[vcpu].take(register, u16::MAX),
            }
        }
    }

    /// The guest ended what lay in a list register; its INTID.
    pub fn maintenance(&mut self, vcpu: VcpuId, list_register: u8) -> Option<u16> {
        self.lists[vcpu]
            .release(list_register)
            .filter(|&intid| intid != u16::MAX)
    }

    /// Whether something was injected since the last call: a guest that waits
    /// for an interrupt has to look again.
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
            let mut ready = self.state.enabled.word(n) & self.state.pending_word(n);
            while ready != 0 {
                // Lossless: below INTIDS.
                let intid = (n as u32 * 32 + ready.trailing_zeros()) as u16;
                ready &= ready - 1;
                let key = (self.state.priority(intid), intid);
                if !self.lists[vcpu].holds(intid) && best.is_none_or(|best| key < best) {
                    best = Some(key);
                }
            }
        }
        best.map(|(_, intid)| intid)
    }

    /// The interrupt was handed over: forget the edge. A level stays.
    fn consume(&mut self, intid: u16) {
        if let Some(sources) = self.state.sources.get_mut(usize::from(intid)) {
            // Lowest source first; with others left it stays pending.
            *sources &= sources.wrapping_sub(1);
            self.state.latched.set(intid, *sources != 0);
        } else {
            self.state.latched.set(intid, false);
        }
    }

    fn read_word(&self, register: Register) -> u32 {
        let state = &self.state;
        match register {
            Register::Ctlr => u32::from(self.forwarding),
            // ITLinesNumber; one CPU, no security extensions.
            Register::Typer => (INTIDS / 32 - 1) as u32,
            Register::Iidr => IIDR,
            Register::SetEnable(n) | Register::ClearEnable(n) => state.enabled.word(n),
            Register::SetPending(n) | Register::ClearPending(n) => state.pending_word(n),
            Register::Priority(first) => bytes(&state.priority, first),
            Register::Targets(first) => bytes(&state.targets, first),
            Register::Configuration(first) => self.configuration(first),
            Register::ClearSoftwarePending(first) | Register::SetSoftwarePending(first) => {
                bytes(&state.sources, first)
            }
            Register::PeripheralId2 => PIDR2,
            Register::Group(_)
            | Register::SetActive(_)
            | Register::ClearActive(_)
            | Register::SoftwareGenerated
            | Register::Reserved => 0,
        }
    }

    /// `lanes`: which bytes of the word are written.
    fn write_word(&mut self, register: Register, value: u32, lanes: u32) {
        let state = &mut self.state;
        match register {
            Register::Ctlr => self.forwarding = value & ENABLE != 0,
            Register::SetEnable(n) => state.enabled.update(n, |w| w | value),
            Register::ClearEnable(n) => {
                let keep = if n == 0 { 0xffff } else { 0 };
                state.enabled.update(n, |w| w & (!value | keep));
            }
            // SGIs are pended by their own registers only.
            Register::SetPending(0) => state.latched.update(0, |w| w | value & !0xffff),
            Register::ClearPending(0) => state.latched.update(0, |w| w & !(value & !0xffff)),
            Register::SetPending(n) => state.latched.update(n, |w| w | value),
            Register::ClearPending(n) => state.latched.update(n, |w| w & !value),
            Register::Priority(first) => {
                each_byte(value, lanes, first, |intid, byte| {
                    if let Some(priority) = state.priority.get_mut(intid) {
                        *priority = byte & 0xf8;
                    }
                });
            }
            Register::Configuration(first) => self.configure(first, value),
            Register::SoftwareGenerated => self.software_generated(value),
            Register::SetSoftwarePending(first) => {
                each_byte(value, lanes, first, |sgi, byte| {
                    self.pend_software(sgi, byte)
                });
            }
            Register::ClearSoftwarePending(first) => {
                each_byte(value, lanes, first, |sgi, byte| {
                    self.unpend_software(sgi, byte)
                });
            }
            // One CPU: nothing to choose. The rest is read-only or not there.
            Register::Targets(_)
            | Register::Typer
            | Register::Iidr
            | Register::Group(_)
            | Register::SetActive(_)
            | Register::ClearActive(_)
            | Register::PeripheralId2
            | Register::Reserved => {}
        }
    }

    /// ICFGR: two bits each, the upper one is "edge".
    fn configuration(&self, first: usize) -> u32 {
        (0..16).fold(0, |word, n| {
            let edge = u16::try_from(first + n).is_ok_and(|intid| self.state.edge.get(intid));
            word | u32::from(edge) << (2 * n + 1)
        })
    }

    fn configure(&mut self, first: usize, value: u32) {
        // SGIs and PPIs are fixed.
        for n in 0..16 {
            if let Ok(intid @ 32..) = u16::try_from(first + n) {
                self.state.edge.set(intid, value >> (2 * n + 1) & 1 == 1);
            }
        }
    }

    /// GICD_SGIR: filter 25:24, targets 23:16, SGI 3:0.
    fn software_generated(&mut self, value: u32) {
        let to_us = match value >> 24 & 3 {
            0 => value >> (16 + THIS_CPU) & 1 == 1,
            2 => true,
            _ => false,
        };
        if to_us {
            self.pend_software((value & 0xf) as usize, 1 << THIS_CPU);
        }
    }

    fn pend_software(&mut self, sgi: usize, sources: u8) {
        if let Some(pending) = self.state.sources.get_mut(sgi) {
            // Only this CPU exists to be a source.
            *pending |= sources & (1 << THIS_CPU);
            self.state.latched.set(sgi as u16, *pending != 0);
        }
    }

    fn unpend_software(&mut self, sgi: usize, sources: u8) {
        if let Some(pending) = self.state.sources.get_mut(sgi) {
            *pending &= !sources;
            self.state.latched.set(sgi as u16, *pending != 0);
        }
    }
}

fn bytes(array: &[u8], first: usize) -> u32 {
    let byte = |n| array.get(first + n).copied().unwrap_or(0);
    u32::from_le_bytes([byte(0), byte(1), byte(2), byte(3)])
}

fn each_byte(value: u32, lanes: u32, first: usize, mut write: impl FnMut(usize, u8)) {
    for (n, byte) in value.to_le_bytes().into_iter().enumerate() {
        if lanes >> n & 1 == 1 {
            write(first + n, byte);
        }
    }
}
