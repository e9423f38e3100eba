// SPDX-License-Identifier: BSD-2-Clause

//! A disk: virtio block device over MMIO (virtio 1.2, 4.2.2 and 5.2), whose
//! storage is memory of the VMM.
//!
//! Everything in the rings is the driver's word: addresses are checked by whoever
//! has guest RAM ([`Dma`]), indices and chains here, each after one read. A ring that
//! makes no sense stops the device (DEVICE_NEEDS_RESET) and is told in the log; a
//! request that makes none gets its status.
//!
//! Requests are served while the store to QueueNotify waits, in steps of
//! [`STEP_BYTES`], each for a token of a bucket: a driver that asks for more than the
//! bucket has is parked on that store, and pays for the copying with its own time.
//!
//! Offered: INDIRECT_DESC, FLUSH, BLK_SIZE, SEG_MAX, and RO for a disk that may only
//! be read. FLUSH has nothing to do, since a write is in the storage when its status
//! says so. What is written lasts as long as the system.

mod chain;
mod device;
mod dma;
mod queue;
mod registers;
mod request;
#[cfg(test)]
mod tests;

pub use device::VirtioBlk;
pub use dma::Dma;
pub use queue::{BadRing, MAX_QUEUE};
pub use request::{SECTOR, STEP_BYTES};
