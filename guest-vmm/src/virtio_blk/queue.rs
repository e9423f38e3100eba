// SPDX-License-Identifier: BSD-2-Clause

//! A split virtqueue, the device's side (virtio 1.2, 2.7).

use super::Dma;
use super::chain::Chain;
use super::registers::Area;
use core::fmt;
use core::sync::atomic::{Ordering, fence};
use virtio_spec::virtq::AvailF;

/// Most descriptors of a queue.
pub const MAX_QUEUE: u16 = 128;

/// Bytes of flags and index in front of a ring.
const RING: u64 = 4;
const INDEX: u64 = 2;
const AVAILABLE_ENTRY: u64 = 2;
const USED_ENTRY: u64 = 8;

/// Why a ring makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadRing {
    /// It is not in guest RAM.
    NotRam(u64),
    /// More is available than the queue holds.
    Index {
        /// The driver's index.
        index: u16,
        /// Where the device is.
        next: u16,
    },
    /// A descriptor that the table does not have.
    Descriptor(u16),
    /// A chain that is longer than the queue, or a circle.
    TooLong,
    /// What the device reads comes after what it writes.
    Order,
    /// A table of indirect descriptors within one, or of a size that is none.
    Indirect,
    /// No byte for the status, or no header.
    NoStatus,
}

impl fmt::Display for BadRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotRam(address) => write!(f, "{address:#x} is not in the guest's RAM"),
            Self::Index { index, next } => {
                write!(f, "index {index} is more than the queue ahead of {next}")
            }
            Self::Descriptor(number) => write!(f, "descriptor {number} does not exist"),
            Self::TooLong => f.write_str("a chain is longer than the queue"),
            Self::Order => f.write_str("a chain has a readable part behind a writable one"),
            Self::Indirect => f.write_str("an indirect table is nested or has no size"),
            Self::NoStatus => f.write_str("a request has no header or no status byte"),
        }
    }
}

/// The device's side of a queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    pub(super) size: u16,
    pub(super) ready: bool,
    descriptors: u64,
    driver: u64,
    device: u64,
    /// Next entry of the available ring.
    next: u16,
    /// Index of the used ring.
    used: u16,
}

impl Queue {
    /// Sets half of an area's address.
    pub(super) fn place(&mut self, area: Area, upper: bool, half: u32) {
        let address = match area {
            Area::Descriptors => &mut self.descriptors,
            Area::Driver => &mut self.driver,
            Area::Device => &mut self.device,
        };
        let half = u64::from(half);
        *address = if upper {
            *address & 0xffff_ffff | half << 32
        } else {
            *address & !0xffff_ffff | half
        };
    }

    /// Makes it ready, if it is aligned and has a size (2.7, table; 2.7.1).
    pub(super) fn start(&mut self) -> bool {
        self.ready = self.size.is_power_of_two()
            && self.size <= MAX_QUEUE
            && self.descriptors.is_multiple_of(16)
            && self.driver.is_multiple_of(2)
            && self.device.is_multiple_of(4);
        self.ready
    }

    /// The next chain of the driver and its head. It stays the next until
    /// [`Queue::finish`].
    pub(super) fn next(&self, dma: &impl Dma) -> Result<Option<(u16, Chain)>, BadRing> {
        let index = read_u16(dma, at(self.driver, INDEX)?)?;
        // What the index covers is read after it (2.7.13.3.1).
        fence(Ordering::Acquire);
        match index.wrapping_sub(self.next) {
            0 => return Ok(None),
            ahead if ahead > self.size => {
                return Err(BadRing::Index {
                    index,
                    next: self.next,
                });
            }
            _ => {}
        }
        let entry = u64::from(self.next & (self.size - 1)) * AVAILABLE_ENTRY;
        let head = read_u16(dma, at(self.driver, RING + entry)?)?;
        let chain = Chain::read(dma, self.descriptors, self.size, head)?;
        Ok(Some((head, chain)))
    }

    /// Gives the next chain, whose head is `head`, back with `written` bytes. Whether
    /// the driver wants to be interrupted.
    pub(super) fn finish(
        &mut self,
        dma: &mut impl Dma,
        head: u16,
        written: u32,
    ) -> Result<bool, BadRing> {
        let entry = u64::from(self.used & (self.size - 1)) * USED_ENTRY;
        let mut element = [0; 8];
        element[..4].copy_from_slice(&u32::from(head).to_le_bytes());
        element[4..].copy_from_slice(&written.to_le_bytes());
        write(dma, at(self.device, RING + entry)?, &element)?;
        self.next = self.next.wrapping_add(1);
        self.used = self.used.wrapping_add(1);
        // The element is there before the index covers it (2.7.8.2).
        fence(Ordering::Release);
        write(dma, at(self.device, INDEX)?, &self.used.to_le_bytes())?;
        fence(Ordering::SeqCst);
        let flags = read_u16(dma, self.driver)?;
        Ok(flags & AvailF::NO_INTERRUPT.bits().to_ne() == 0)
    }
}

fn at(base: u64, offset: u64) -> Result<u64, BadRing> {
    base.checked_add(offset).ok_or(BadRing::NotRam(base))
}

fn read_u16(dma: &impl Dma, address: u64) -> Result<u16, BadRing> {
    let mut bytes = [0; 2];
    match dma.read_guest(address, &mut bytes) {
        true => Ok(u16::from_le_bytes(bytes)),
        false => Err(BadRing::NotRam(address)),
    }
}

fn write(dma: &mut impl Dma, address: u64, bytes: &[u8]) -> Result<(), BadRing> {
    match dma.write_guest(address, bytes) {
        true => Ok(()),
        false => Err(BadRing::NotRam(address)),
    }
}
