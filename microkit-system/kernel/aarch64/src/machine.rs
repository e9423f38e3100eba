// SPDX-License-Identifier: BSD-2-Clause

//! The machine, as the core asks for it.

use core::arch::asm;
use core::fmt;

use tombolo_kernel_core::hardware::{CacheOp, Hardware, ListRegisterBusy, PhysAddr, Ticks};
use tombolo_kernel_spec::BoardSpec;

use crate::fpu::Fpu;
use crate::gic::{Gic, MAINTENANCE, TIMER};
use crate::switch::Switch;
use crate::vcpu::{self, Vcpus, Vgic};
use crate::{board, cache, console, memory, timer};

/// All that the kernel drives.
pub struct Machine {
    /// Interrupt controller.
    pub gic: Gic,
    /// vCPUs.
    pub vcpus: Vcpus,
    /// Floating point.
    pub fpu: Fpu,
    /// Thread that the hardware is set for.
    pub switch: Switch,
    frequency: u64,
}

impl Machine {
    /// Takes over the devices of `spec`. `None` if they are not those of a board, or
    /// the second time.
    pub fn new(spec: &BoardSpec) -> Option<Self> {
        let devices = [spec.gicd, spec.gicc, spec.gich];
        if devices.iter().any(|&device| device >= board::RAM_START) {
            return None;
        }
        // SAFETY: the image tool writes the board's addresses; all below RAM is
        // mapped as device memory, and the tool gives these pages to nobody.
        let (mut gic, vgic) = unsafe {
            (
                Gic::new(spec.gicd, spec.gicc, spec.max_intid)?,
                Vgic::new(spec.gich)?,
            )
        };
        gic.unmask(TIMER);
        gic.unmask(MAINTENANCE);
        Some(Self {
            gic,
            vcpus: Vcpus::new(vgic)?,
            fpu: Fpu::new()?,
            switch: Switch::default(),
            frequency: timer::frequency(),
        })
    }
}

impl Hardware for Machine {
    fn now(&mut self) -> Ticks {
        timer::now()
    }

    fn frequency(&self) -> u64 {
        self.frequency
    }

    fn set_deadline(&mut self, at: Ticks) {
        timer::set_deadline(at);
    }

    fn irq_ack(&mut self, intid: u32) {
        self.gic.unmask(intid);
    }

    fn ipc_read(&self, buffer: PhysAddr, index: usize) -> u64 {
        memory::read(word(buffer, index))
    }

    fn ipc_write(&mut self, buffer: PhysAddr, index: usize, value: u64) {
        memory::write(word(buffer, index), value);
    }

    fn table_entry(&self, at: PhysAddr) -> u64 {
        memory::read(at.0)
    }

    fn cache(&mut self, op: CacheOp, start: PhysAddr, size: u64) {
        // Devices have no lines.
        if start.0 >= board::RAM_START && start.0.saturating_add(size) <= board::RAM_END {
            cache::operate(op, start.0, size);
        }
    }

    fn smc(&mut self, registers: &mut [u64; 8]) {
        let [x0, x1, x2, x3, x4, x5, x6, x7] = registers;
        // SAFETY: firmware keeps to the SMC calling convention: x0–x17 are its own,
        // the rest is preserved. What the call does is the caller's right.
        unsafe {
            asm!(
                "smc #0",
                inout("x0") *x0, inout("x1") *x1, inout("x2") *x2, inout("x3") *x3,
                inout("x4") *x4, inout("x5") *x5, inout("x6") *x6, inout("x7") *x7,
                out("x8") _, out("x9") _, out("x10") _, out("x11") _, out("x12") _,
                out("x13") _, out("x14") _, out("x15") _, out("x16") _, out("x17") _,
                options(nostack),
            );
        }
    }

    fn list_registers(&self) -> u32 {
        self.vcpus.list_registers()
    }

    fn vcpu_read(&mut self, vcpu: usize, id: u32) -> u64 {
        self.vcpus.read(vcpu, id as usize)
    }

    fn vcpu_write(&mut self, vcpu: usize, id: u32, value: u64) {
        self.vcpus.write(vcpu, id as usize, value);
    }

    fn vcpu_inject(
        &mut self,
        vcpu: usize,
        index: u32,
        virq: u32,
        priority: u32,
        group: u32,
    ) -> Result<(), ListRegisterBusy> {
        let value = vcpu::pending(virq, priority, group);
        self.vcpus.inject(vcpu, index as usize, value)
    }

    fn vcpu_ack_vppi(&mut self, vcpu: usize) {
        self.vcpus.acknowledge_timer(vcpu);
    }

    fn debug_put_char(&mut self, byte: u8) {
        console::put_char(byte);
    }

    fn report(&mut self, line: fmt::Arguments<'_>) {
        console::line(line);
    }
}

fn word(buffer: PhysAddr, index: usize) -> u64 {
    buffer.0.saturating_add(index as u64 * 8)
}
