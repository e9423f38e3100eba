// SPDX-License-Identifier: BSD-2-Clause

//! The driver crate's transport: virtio over MMIO, through our register page. Every
//! call is the accesses that the specification (virtio 1.2, 4.2) wants for it.

use super::Oracle;
use guest_vmm::exits::Width;
use virtio_drivers::transport::{DeviceStatus, DeviceType, InterruptStatus, Transport};
use virtio_drivers::{PhysAddr, Result};
use zerocopy::{FromBytes, Immutable, IntoBytes};

const CONFIGURATION: u64 = 0x100;

/// The register page of an [`Oracle`]'s device.
pub struct Registers<'a> {
    oracle: &'a Oracle,
}

impl<'a> Registers<'a> {
    pub fn new(oracle: &'a Oracle) -> Self {
        let page = Self { oracle };
        assert_eq!((page.word(0), page.word(4)), (0x7472_6976, 2));
        page
    }

    fn word(&self, offset: u64) -> u32 {
        self.oracle.load(offset, Width::Word) as u32
    }

    fn address(&self, offset: u64, address: PhysAddr) {
        self.oracle.store(offset, address as u32);
        self.oracle.store(offset + 4, (address >> 32) as u32);
    }
}

impl Transport for Registers<'_> {
    fn device_type(&self) -> DeviceType {
        DeviceType::try_from(self.word(8)).expect("a known device")
    }

    fn read_device_features(&mut self) -> u64 {
        self.oracle.store(0x14, 0);
        let low = self.word(0x10);
        self.oracle.store(0x14, 1);
        u64::from(low) | u64::from(self.word(0x10)) << 32
    }

    fn write_driver_features(&mut self, features: u64) {
        self.oracle.store(0x24, 0);
        self.oracle.store(0x20, features as u32);
        self.oracle.store(0x24, 1);
        self.oracle.store(0x20, (features >> 32) as u32);
    }

    fn max_queue_size(&mut self, queue: u16) -> u32 {
        self.oracle.store(0x30, queue.into());
        self.word(0x34)
    }

    fn notify(&mut self, queue: u16) {
        self.oracle.store(0x50, queue.into());
    }

    fn get_status(&self) -> DeviceStatus {
        DeviceStatus::from_bits_truncate(self.word(0x70))
    }

    fn set_status(&mut self, status: DeviceStatus) {
        self.oracle.store(0x70, status.bits());
        // A device that takes no features back would show here.
        assert_eq!(self.get_status(), status);
    }

    fn set_guest_page_size(&mut self, _: u32) {}

    fn requires_legacy_layout(&self) -> bool {
        false
    }

    fn queue_set(
        &mut self,
        queue: u16,
        size: u32,
        descriptors: PhysAddr,
        driver_area: PhysAddr,
        device_area: PhysAddr,
    ) {
        self.oracle.store(0x30, queue.into());
        self.oracle.store(0x38, size);
        self.address(0x80, descriptors);
        self.address(0x90, driver_area);
        self.address(0xa0, device_area);
        self.oracle.store(0x44, 1);
        assert_eq!(self.word(0x44), 1, "the queue is ready");
    }

    fn queue_unset(&mut self, queue: u16) {
        self.oracle.store(0x30, queue.into());
        self.oracle.store(0x44, 0);
        assert_eq!(self.word(0x44), 0);
    }

    fn queue_used(&mut self, queue: u16) -> bool {
        self.oracle.store(0x30, queue.into());
        self.word(0x44) != 0
    }

    fn ack_interrupt(&mut self) -> InterruptStatus {
        let pending = self.word(0x60);
        self.oracle.store(0x64, pending);
        InterruptStatus::from_bits_truncate(pending)
    }

    fn read_config_generation(&self) -> u32 {
        self.word(0xfc)
    }

    fn read_config_space<T: FromBytes + IntoBytes>(&self, offset: usize) -> Result<T> {
        let bytes: Vec<u8> = (0..size_of::<T>() as u64)
            .map(|n| {
                self.oracle
                    .load(CONFIGURATION + offset as u64 + n, Width::Byte) as u8
            })
            .collect();
        Ok(T::read_from_bytes(&bytes).expect("as many bytes as it has"))
    }

    fn write_config_space<T: IntoBytes + Immutable>(&mut self, _: usize, _: T) -> Result<()> {
        unreachable!("a disk has nothing to configure")
    }
}
