// SPDX-License-Identifier: BSD-2-Clause

//! The device: registers, negotiation, the queue's requests, the interrupt line.

use super::Dma;
use super::queue::{BadRing, MAX_QUEUE, Queue};
use super::registers::{CONFIGURATION, Register, VENDOR, VERSION, features, required};
use super::request::{Begun, Disk, IDENTITY, Progress, SECTOR};
use crate::exits::{Access, Served, Width};
use crate::log::Log;
use shmem_server_api::Bucket;
use virtio_spec::mmio::{InterruptStatus, MAGIC_VALUE};
use virtio_spec::{DeviceStatus, Id};

/// Steps (of [`super::STEP_BYTES`]) at once, and per second after that: 4 MiB, and
/// 256 MiB a second.
const BURST: u32 = 64;
const PER_SECOND: u32 = 4096;
/// Bytes of the configuration that are defined here (virtio 1.2, 5.2.4).
const CONFIGURATION_BYTES: usize = 24;

/// A guest's disk.
#[derive(Debug)]
pub struct VirtioBlk {
    disk: Disk,
    status: DeviceStatus,
    /// Which word of features the driver reads, and writes.
    device_select: u32,
    driver_select: u32,
    driver_features: u64,
    queue_select: u32,
    queue: Queue,
    interrupts: InterruptStatus,
    begun: Begun,
    bucket: Bucket,
}

impl VirtioBlk {
    /// A disk of `bytes`, of which whole sectors count. `name`: what GET_ID tells,
    /// cut off at 20 bytes. `frequency`: counter ticks per second.
    pub fn new(bytes: u64, read_only: bool, name: &str, frequency: u64, now: u64) -> Self {
        let mut identity = [0; IDENTITY];
        for (to, from) in identity.iter_mut().zip(name.bytes()) {
            *to = from;
        }
        Self {
            disk: Disk {
                sectors: bytes / SECTOR,
                read_only,
                identity,
            },
            status: DeviceStatus::empty(),
            device_select: 0,
            driver_select: 0,
            driver_features: 0,
            queue_select: 0,
            queue: Queue::default(),
            interrupts: InterruptStatus::empty(),
            begun: Begun::default(),
            bucket: Bucket::new(BURST, PER_SECOND, frequency, now),
        }
    }

    /// As after power-on. The disk keeps what was written, and the bucket its level.
    pub fn reset(&mut self) {
        self.status = DeviceStatus::empty();
        self.device_select = 0;
        self.driver_select = 0;
        self.driver_features = 0;
        self.queue_select = 0;
        self.queue = Queue::default();
        self.interrupts = InterruptStatus::empty();
        self.begun = Begun::default();
    }

    /// Level of the interrupt line.
    pub fn line(&self) -> bool {
        !self.interrupts.is_empty()
    }

    /// Serves an access at `offset` of the device's page. Registers take aligned
    /// words (4.2.2.2), the configuration any width.
    pub fn access(
        &mut self,
        offset: u64,
        access: &Access,
        now: u64,
        dma: &mut impl Dma,
        log: &mut Log<'_>,
    ) -> Served {
        if offset >= CONFIGURATION {
            return Served::Done(match access.store {
                Some(_) => 0,
                None => self.configuration(offset - CONFIGURATION, access.width),
            });
        }
        if access.width != Width::Word || !access.is_aligned() {
            return Served::Done(0);
        }
        let register = Register::at(offset);
        match access.store {
            None => Served::Done(self.load(register).into()),
            // Truncation: a word.
            Some(value) if register == Register::QueueNotify => {
                self.notify(value as u32, now, dma, log)
            }
            Some(value) => {
                self.store(register, value as u32);
                Served::Done(0)
            }
        }
    }

    fn load(&self, register: Register) -> u32 {
        let offered = features(self.disk.read_only);
        match register {
            Register::Magic => MAGIC_VALUE.to_ne(),
            Register::Version => VERSION,
            Register::DeviceId => u8::from(Id::Block).into(),
            Register::VendorId => VENDOR,
            // Truncations pick the word.
            Register::DeviceFeatures => match self.device_select {
                0 => offered as u32,
                1 => (offered >> 32) as u32,
                _ => 0,
            },
            Register::QueueSizeMax if self.queue_select == 0 => MAX_QUEUE.into(),
            Register::QueueReady if self.queue_select == 0 => self.queue.ready.into(),
            Register::InterruptStatus => self.interrupts.bits().into(),
            Register::Status => self.status.bits().into(),
            Register::SharedMemory => u32::MAX,
            _ => 0,
        }
    }

    fn store(&mut self, register: Register, value: u32) {
        match register {
            Register::DeviceFeaturesSel => self.device_select = value,
            Register::DriverFeaturesSel => self.driver_select = value,
            Register::DriverFeatures if !self.negotiated() => {
                self.driver_features = match self.driver_select {
                    0 => self.driver_features >> 32 << 32 | u64::from(value),
                    1 => self.driver_features & 0xffff_ffff | u64::from(value) << 32,
                    // There are none up there: such a set is refused.
                    _ if value != 0 => u64::MAX,
                    _ => self.driver_features,
                };
            }
            Register::QueueSel => self.queue_select = value,
            Register::InterruptAck => {
                // Truncation: the register has two bits.
                self.interrupts
                    .remove(InterruptStatus::from_bits_truncate(value as u8));
            }
            Register::Status => self.set_status(value),
            _ if self.queue_select == 0 => self.store_queue(register, value),
            _ => {}
        }
    }

    /// Registers of the one queue. What a queue that is ready consists of cannot be
    /// changed.
    fn store_queue(&mut self, register: Register, value: u32) {
        match register {
            Register::QueueReady if value & 1 == 0 => {
                self.queue = Queue::default();
                self.begun = Begun::default();
            }
            Register::QueueReady if self.negotiated() => {
                self.queue.start();
            }
            _ if self.queue.ready => {}
            Register::QueueSize => self.queue.size = u16::try_from(value).unwrap_or(0),
            Register::QueueArea(area, upper) => self.queue.place(area, upper, value),
            _ => {}
        }
    }

    fn negotiated(&self) -> bool {
        self.status.contains(DeviceStatus::FEATURES_OK)
    }

    /// The driver's progress (3.1.1). 0 resets.
    fn set_status(&mut self, value: u32) {
        if value == 0 {
            return self.reset();
        }
        // Truncation: the register has 8 bits.
        let mut status = DeviceStatus::from_bits_truncate(value as u8);
        let alien = self.driver_features & !features(self.disk.read_only);
        let acceptable = alien == 0 && self.driver_features & required() == required();
        if !self.negotiated() && !acceptable {
            status.remove(DeviceStatus::FEATURES_OK);
        }
        let broken = self.status & DeviceStatus::DEVICE_NEEDS_RESET;
        self.status = status.difference(DeviceStatus::DEVICE_NEEDS_RESET) | broken;
    }

    fn live(&self) -> bool {
        self.status.contains(DeviceStatus::DRIVER_OK)
            && !self.status.contains(DeviceStatus::DEVICE_NEEDS_RESET)
            && self.queue.ready
    }

    /// Serves what is available in queue 0.
    fn notify(&mut self, queue: u32, now: u64, dma: &mut impl Dma, log: &mut Log<'_>) -> Served {
        if queue != 0 || !self.live() {
            return Served::Done(0);
        }
        match self.serve_all(now, dma) {
            Ok(None) => Served::Done(0),
            Ok(Some(at)) => Served::Later(at),
            Err(error) => {
                log.guest_line(
                    now,
                    format_args!("virtio-blk: {error}: the disk stops until its driver resets it"),
                );
                self.status |= DeviceStatus::DEVICE_NEEDS_RESET;
                self.interrupts |= InterruptStatus::CONFIGURATION_CHANGE_NOTIFICATION;
                Served::Done(0)
            }
        }
    }

    /// `Some`: it goes on at this counter value.
    fn serve_all(&mut self, now: u64, dma: &mut impl Dma) -> Result<Option<u64>, BadRing> {
        // A driver on another vCPU may add more meanwhile; what it adds costs tokens.
        while let Some((head, chain)) = self.queue.next(dma)? {
            let bucket = &mut self.bucket;
            let token = || bucket.take(now);
            match self.disk.serve(dma, &chain, &mut self.begun, token)? {
                Progress::Later(at) => return Ok(Some(at)),
                Progress::Finished(written) => {
                    self.begun = Begun::default();
                    if self.queue.finish(dma, head, written)? {
                        self.interrupts |= InterruptStatus::USED_BUFFER_NOTIFICATION;
                    }
                }
            }
        }
        Ok(None)
    }

    /// capacity, size_max, seg_max, geometry, blk_size.
    fn configuration(&self, offset: u64, width: Width) -> u64 {
        let mut bytes = [0; CONFIGURATION_BYTES];
        bytes[..8].copy_from_slice(&self.disk.sectors.to_le_bytes());
        // Header and status take two of the queue's descriptors.
        bytes[12..16].copy_from_slice(&u32::from(MAX_QUEUE - 2).to_le_bytes());
        bytes[20..].copy_from_slice(&(SECTOR as u32).to_le_bytes());
        (0..width.bytes()).fold(0, |value, n| {
            let at = usize::try_from(offset + n).ok();
            let byte = at.and_then(|at| bytes.get(at)).copied().unwrap_or(0);
            value | u64::from(byte) << (8 * n)
        })
    }
}
