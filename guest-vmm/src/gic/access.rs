// SPDX-License-Identifier: BSD-2-Clause

//! The distributor's registers, as the guest loads and stores them.

use super::Distributor;
use super::registers::Register;
use super::state::{INTIDS, SGI_BITS};
use crate::exits::Width;
use crate::vcpu::VcpuId;

/// GICD_CTLR: forward interrupts.
const ENABLE: u32 = 1;
/// GICD_IIDR: implementer Arm (0x43b).
const IIDR: u32 = 0x0000_043b;
/// ICPIDR2: architecture GICv2.
const PIDR2: u32 = 0x2b;

impl Distributor {
    /// A load by `vcpu`.
    pub fn read(&self, vcpu: VcpuId, offset: u64, width: Width) -> u64 {
        let word = |offset: u64| u64::from(self.read_word(vcpu, Register::at(offset)));
        match width {
            Width::Double => word(offset) | word(offset.wrapping_add(4)) << 32,
            Width::Word => word(offset),
            Width::Byte | Width::Half if Register::at(offset).takes_bytes() => {
                word(offset) >> (8 * (offset & 3)) & width.mask()
            }
            Width::Byte | Width::Half => 0,
        }
    }

    /// A store by `vcpu`.
    pub fn write(&mut self, vcpu: VcpuId, offset: u64, width: Width, value: u64) {
        let register = Register::at(offset);
        // Truncations take the halves apart.
        match width {
            Width::Double => {
                self.write_word(vcpu, register, value as u32, 0xf);
                let next = Register::at(offset.wrapping_add(4));
                self.write_word(vcpu, next, (value >> 32) as u32, 0xf);
            }
            Width::Word => self.write_word(vcpu, register, value as u32, 0xf),
            Width::Byte | Width::Half if register.takes_bytes() => {
                let lane = (offset & 3) as u32;
                let lanes = if width == Width::Byte { 1 } else { 3 } << lane;
                self.write_word(vcpu, register, (value as u32) << (8 * lane), lanes & 0xf);
            }
            Width::Byte | Width::Half => {}
        }
    }

    fn read_word(&self, vcpu: VcpuId, register: Register) -> u32 {
        let state = &self.state;
        match register {
            Register::Ctlr => u32::from(self.forwarding),
            // ITLinesNumber, CPUNumber; no security extensions.
            Register::Typer => ((INTIDS / 32 - 1) | ((self.lists.count().max(1) - 1) << 5)) as u32,
            Register::Iidr => IIDR,
            Register::SetEnable(n) | Register::ClearEnable(n) => state.enabled.word(vcpu, n),
            Register::SetPending(n) | Register::ClearPending(n) => state.pending_word(vcpu, n),
            Register::Priority(first) => bytes(first, |intid| state.priority.get(vcpu, intid)),
            Register::Targets(first) => bytes(first, |intid| state.targets(vcpu, intid)),
            Register::Configuration(first) => self.configuration(vcpu, first),
            Register::ClearSoftwarePending(first) | Register::SetSoftwarePending(first) => {
                bytes(first, |sgi| {
                    state.sources[vcpu].get(sgi).copied().unwrap_or(0)
                })
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
    fn write_word(&mut self, vcpu: VcpuId, register: Register, value: u32, lanes: u32) {
        let state = &mut self.state;
        // SGIs are always enabled, and pended by their own registers only.
        let changed = |n| if n == 0 { value & !SGI_BITS } else { value };
        match register {
            Register::Ctlr => self.forwarding = value & ENABLE != 0,
            Register::SetEnable(n) => state.enabled.update(vcpu, n, |w| w | value),
            Register::ClearEnable(n) => state.enabled.update(vcpu, n, |w| w & !changed(n)),
            Register::SetPending(n) => state.latched.update(vcpu, n, |w| w | changed(n)),
            Register::ClearPending(n) => state.latched.update(vcpu, n, |w| w & !changed(n)),
            Register::Priority(first) => each_byte(value, lanes, first, |intid, byte| {
                state.priority.set(vcpu, intid, byte & 0xf8);
            }),
            Register::Targets(first) => each_byte(value, lanes, first, |intid, byte| {
                self.route(intid, byte);
            }),
            Register::Configuration(first) => self.configure(vcpu, first, value),
            Register::SoftwareGenerated => self.software_generated(vcpu, value),
            Register::SetSoftwarePending(first) => each_byte(value, lanes, first, |sgi, byte| {
                self.pend_software(vcpu, sgi, byte);
            }),
            Register::ClearSoftwarePending(first) => each_byte(value, lanes, first, |sgi, byte| {
                self.unpend_software(vcpu, sgi, byte);
            }),
            Register::Typer
            | Register::Iidr
            | Register::Group(_)
            | Register::SetActive(_)
            | Register::ClearActive(_)
            | Register::PeripheralId2
            | Register::Reserved => {}
        }
    }

    /// With one CPU there is nothing to choose (IHI 0048B, 4.3.12).
    fn route(&mut self, intid: usize, targets: u8) {
        if self.lists.count() > 1 {
            self.state.route(intid, targets & self.cpus());
        }
    }

    /// The CPUs that exist.
    fn cpus(&self) -> u8 {
        self.lists.ids().fold(0, |set, vcpu| set | vcpu.mask())
    }

    /// ICFGR: two bits each, the upper one is "edge".
    fn configuration(&self, vcpu: VcpuId, first: usize) -> u32 {
        (0..16).fold(0, |word, n| {
            let edge = u16::try_from(first + n).is_ok_and(|i| self.state.edge.get(vcpu, i));
            word | u32::from(edge) << (2 * n + 1)
        })
    }

    fn configure(&mut self, vcpu: VcpuId, first: usize, value: u32) {
        // SGIs and PPIs are fixed.
        for n in 0..16 {
            if let Ok(intid @ 32..) = u16::try_from(first + n) {
                let edge = value >> (2 * n + 1) & 1 == 1;
                self.state.edge.set(vcpu, intid, edge);
            }
        }
    }

    /// GICD_SGIR: filter 25:24, targets 23:16, SGI 3:0.
    fn software_generated(&mut self, vcpu: VcpuId, value: u32) {
        // Truncation picks the field.
        let targets = match value >> 24 & 3 {
            0 => (value >> 16) as u8,
            1 => !vcpu.mask(),
            2 => vcpu.mask(),
            _ => 0,
        };
        for target in self.lists.ids() {
            if targets & target.mask() != 0 {
                self.pend_software(target, (value & 0xf) as usize, vcpu.mask());
            }
        }
    }

    fn pend_software(&mut self, vcpu: VcpuId, sgi: usize, sources: u8) {
        let cpus = self.cpus();
        self.change_sources(vcpu, sgi, |pending| pending | sources & cpus);
    }

    fn unpend_software(&mut self, vcpu: VcpuId, sgi: usize, sources: u8) {
        self.change_sources(vcpu, sgi, |pending| pending & !sources);
    }

    fn change_sources(&mut self, vcpu: VcpuId, sgi: usize, change: impl FnOnce(u8) -> u8) {
        if let Some(pending) = self.state.sources[vcpu].get_mut(sgi) {
            *pending = change(*pending);
            // Lossless: an SGI's number is below 16.
            self.state.latched.set(vcpu, sgi as u16, *pending != 0);
        }
    }
}

fn bytes(first: usize, byte: impl Fn(usize) -> u8) -> u32 {
    u32::from_le_bytes([
        byte(first),
        byte(first + 1),
        byte(first + 2),
        byte(first + 3),
    ])
}

fn each_byte(value: u32, lanes: u32, first: usize, mut write: impl FnMut(usize, u8)) {
    for (n, byte) in value.to_le_bytes().into_iter().enumerate() {
        if lanes >> n & 1 == 1 {
            write(first + n, byte);
        }
    }
}
