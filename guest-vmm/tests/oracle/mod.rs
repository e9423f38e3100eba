// SPDX-License-Identifier: BSD-2-Clause

//! The device for a driver in the same process: guest RAM is one allocation, and
//! the driver's own pointers stand for guest-physical addresses.

mod hal;
mod transport;

use guest_vmm::exits::{Access, Served, Width};
use guest_vmm::log::Log;
use guest_vmm::virtio_blk::{Dma, VirtioBlk};
use hal::{RamHal, guest};
use std::cell::{Cell, RefCell};
use tombolo_pages::ring::{OutputRing, Producer};
use transport::Registers;
use virtio_drivers::device::blk::VirtIOBlk;

/// Counter ticks per second.
const FREQUENCY: u64 = 1_000_000;

/// A device, its disk, and the time.
pub struct Oracle {
    device: RefCell<VirtioBlk>,
    disk: RefCell<Vec<u8>>,
    log: OutputRing,
    now: Cell<u64>,
    waited: Cell<u32>,
}

/// Memory as the device asks for it.
struct Memory<'a>(&'a RefCell<Vec<u8>>);

impl Dma for Memory<'_> {
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool {
        guest::read(address, to)
    }

    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool {
        guest::write(address, bytes)
    }

    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        let disk = self.0.borrow();
        disk.get(from..to)
            .is_some_and(|part| guest::write(address, part))
    }

    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let (from, to) = (offset as usize, (offset + bytes) as usize);
        let mut disk = self.0.borrow_mut();
        disk.get_mut(from..to)
            .is_some_and(|part| guest::read(address, part))
    }
}

impl Oracle {
    pub fn new(disk: Vec<u8>, read_only: bool, name: &str) -> Self {
        let device = VirtioBlk::new(disk.len() as u64, read_only, name, FREQUENCY, 0);
        Self {
            device: RefCell::new(device),
            disk: RefCell::new(disk),
            log: OutputRing::new(),
            now: Cell::new(0),
            waited: Cell::new(0),
        }
    }

    pub fn disk(&self) -> Vec<u8> {
        self.disk.borrow().clone()
    }

    pub fn line(&self) -> bool {
        self.device.borrow().line()
    }

    /// How often an access had to be repeated.
    pub fn waited(&self) -> u32 {
        self.waited.get()
    }

    fn load(&self, offset: u64, width: Width) -> u64 {
        self.access(offset, width, None)
    }

    fn store(&self, offset: u64, value: u32) {
        self.access(offset, Width::Word, Some(value.into()));
    }

    /// As the VMM does it: an access that has to wait is repeated at its time.
    fn access(&self, offset: u64, width: Width, store: Option<u64>) -> u64 {
        let access = Access {
            address: 0x0903_0000 + offset,
            width,
            store,
        };
        let mut log = Log::new(Producer::new(&self.log), FREQUENCY);
        loop {
            let mut device = self.device.borrow_mut();
            let mut memory = Memory(&self.disk);
            match device.access(offset, &access, self.now.get(), &mut memory, &mut log) {
                Served::Done(value) => return value,
                Served::Later(at) => {
                    assert!(at > self.now.get(), "it would be repeated at once");
                    self.now.set(at);
                    self.waited.set(self.waited.get() + 1);
                }
                other => panic!("a register is {other:?}"),
            }
        }
    }
}

/// An initialised driver.
pub fn drive(oracle: &Oracle) -> VirtIOBlk<RamHal, Registers<'_>> {
    VirtIOBlk::new(Registers::new(oracle)).expect("the driver accepts the device")
}
