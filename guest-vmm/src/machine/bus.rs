// SPDX-License-Identifier: BSD-2-Clause

//! Which device answers an address, and the lines that follow from an access.

use super::Machine;
use super::state::Life;
use super::vcpu::Run;
use crate::exits::{Access, Refusal, Served};
use crate::management::Register;
use crate::platform::Platform;
use crate::vcpu::{VIRTUAL_TIMER, VcpuId, VirtualTimer};

/// Bytes of a device's page.
const PAGE: u64 = 0x1000;

impl<P: Platform> Machine<'_, P> {
    /// One access by `vcpu`.
    pub(super) fn access(&mut self, vcpu: VcpuId, access: &Access) -> Served {
        if let Some(offset) = within(self.config.gic.gicd, access.address) {
            return Served::Done(self.gic_access(vcpu, offset, access));
        }
        if let Some(offset) = self
            .config
            .uart
            .as_ref()
            .and_then(|uart| within(uart.gpa, access.address))
        {
            return Served::Done(self.serial_access(vcpu, offset, access));
        }
        let disk = self.config.disk.as_ref();
        if let Some(offset) = disk.and_then(|disk| within(disk.gpa, access.address)) {
            return self.disk_access(offset, access);
        }
        if let Some(offset) = self
            .config
            .management
            .as_ref()
            .and_then(|device| within(device.gpa, access.address))
        {
            return self.management_access(offset, access);
        }
        let Some(shm) = &mut self.shm else {
            return Served::Refused(Refusal::NothingThere);
        };
        let served = shm.access(access, &mut self.platform, &mut self.log);
        self.settle_shm();
        served.unwrap_or(Served::Refused(Refusal::NothingThere))
    }

    /// Whether some device or slot lies at `address`.
    pub(super) fn answers(&self, address: u64) -> bool {
        let page = |base| within(base, address).is_some();
        page(self.config.gic.gicd)
            || self.config.uart.as_ref().is_some_and(|uart| page(uart.gpa))
            || self.config.disk.as_ref().is_some_and(|disk| page(disk.gpa))
            || self
                .config
                .management
                .as_ref()
                .is_some_and(|device| page(device.gpa))
            || self.is_shm(address)
    }

    /// Whether `address` is a register page of the shared-memory device.
    pub(super) fn is_shm(&self, address: u64) -> bool {
        let page = |base| within(base, address).is_some();
        self.config
            .shmem
            .as_ref()
            .is_some_and(|shm| page(shm.loc) || shm.slots.iter().any(|slot| page(slot.control)))
    }

    /// Makes the shared-memory line follow the board; counts attaches.
    pub(super) fn settle_shm(&mut self) {
        let Some(shm) = &mut self.shm else { return };
        if let Some(config) = &self.config.shmem {
            set_line(&mut self.gic, config.intr, shm.line());
        }
        if shm.take_attached() {
            self.pages.status.count_attach();
            self.platform.notify(self.config.manager);
        }
    }

    /// Makes the disk's line follow the device.
    pub(super) fn settle_disk(&mut self) {
        if let (Some(disk), Some(config)) = (&self.disk, &self.config.disk) {
            set_line(&mut self.gic, config.intid, disk.line());
        }
    }

    /// Makes the serial line follow the device.
    pub(super) fn settle_serial(&mut self) {
        if let Some(serial) = &self.serial {
            set_line(&mut self.gic, serial.config.intid, serial.uart.line());
        }
    }

    /// Makes the management device's line follow the mailbox.
    pub(super) fn settle_management(&mut self) {
        if let (Some(device), Some(config)) = (&self.management, &self.config.management) {
            set_line(&mut self.gic, config.intid, device.line());
        }
    }

    /// Drops the timer's interrupt if the guest has silenced the timer before
    /// the interrupt was handed over.
    pub(super) fn settle_timer(&mut self, vcpu: VcpuId) {
        if self.vcpus[vcpu].timer.has_fired()
            && !self.gic.in_flight(vcpu, VIRTUAL_TIMER)
            && !VirtualTimer::asserted(&mut self.platform, vcpu)
        {
            self.end_timer(vcpu);
        }
    }

    /// The guest has handled the timer's interrupt, or does not want it.
    pub(super) fn end_timer(&mut self, vcpu: VcpuId) {
        self.gic.set_private_line(vcpu, VIRTUAL_TIMER, false);
        self.vcpus[vcpu].timer.acknowledge(&mut self.platform, vcpu);
    }

    /// Hands over what can be delivered to `vcpu`.
    pub(super) fn deliver(&mut self, vcpu: VcpuId) {
        let platform = &mut self.platform;
        self.gic.deliver(vcpu, |register, intid, priority| {
            platform.inject(vcpu, register, intid, priority)?;
            platform.trace(tombolo_trace::Event::Inject {
                vcpu: vcpu.number(),
                intid: u32::from(intid),
            });
            Ok(())
        });
    }

    /// Hands over what can be delivered to any that is on; nothing during a reset.
    pub(super) fn deliver_all(&mut self) {
        if self.life == Life::Resetting {
            return;
        }
        for vcpu in self.vcpus.ids() {
            if self.vcpus[vcpu].run != Run::Off {
                self.deliver(vcpu);
            }
        }
    }

    fn gic_access(&mut self, vcpu: VcpuId, offset: u64, access: &Access) -> u64 {
        let Some(value) = access.store else {
            return self.gic.read(vcpu, offset, access.width);
        };
        self.gic.write(vcpu, offset, access.width, value);
        self.settle_timer(vcpu);
        0
    }

    fn disk_access(&mut self, offset: u64, access: &Access) -> Served {
        let Some(disk) = &mut self.disk else {
            return Served::Done(0);
        };
        let now = self.platform.counter();
        let served = disk.access(offset, access, now, &mut self.platform, &mut self.log);
        self.settle_disk();
        served
    }

    fn management_access(&mut self, offset: u64, access: &Access) -> Served {
        let Some(device) = &mut self.management else {
            return Served::Refused(Refusal::NothingThere);
        };
        let register = Register::at(offset, access.width.bytes());
        if access.store.is_none() {
            return Served::Done(u64::from(device.load(register)));
        }
        match register {
            Register::Doorbell if !device.ring(self.platform.counter()) => return Served::Wait,
            Register::Doorbell => self.platform.notify(self.config.manager),
            Register::Acknowledge => device.acknowledge(),
            _ => {}
        }
        self.settle_management();
        Served::Done(0)
    }

    fn serial_access(&mut self, vcpu: VcpuId, offset: u64, access: &Access) -> u64 {
        let Some(serial) = &mut self.serial else {
            return 0;
        };
        let held_back = serial.show_at.is_some();
        let value = match access.store {
            Some(value) => {
                // Truncation: registers have 32 bits at most.
                if let Some(byte) = serial.uart.write(offset, value as u32) {
                    let was_full = serial.uart.is_transmit_full();
                    serial.send(vcpu, byte, &mut self.platform);
                    let fills = !was_full && serial.uart.is_transmit_full();
                    if serial.take_panic() {
                        self.pages.status.count_panic();
                        self.platform.notify(self.config.manager);
                    }
                    if fills || serial.show_at.is_some() && !held_back {
                        self.settle_deadline();
                    }
                }
                0
            }
            None => {
                let value = serial.load(offset);
                serial.pull();
                u64::from(value)
            }
        };
        self.settle_serial();
        value & access.width.mask()
    }
}

fn within(base: u64, address: u64) -> Option<u64> {
    address.checked_sub(base).filter(|&offset| offset < PAGE)
}

fn set_line(gic: &mut crate::gic::Distributor, intid: u32, high: bool) {
    // An INTID that the distributor does not have has no line.
    if let Ok(intid) = u16::try_from(intid) {
        gic.set_line(intid, high);
    }
}
