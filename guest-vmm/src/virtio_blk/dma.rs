// SPDX-License-Identifier: BSD-2-Clause

//! Guest RAM by guest-physical address, and the disk's storage.

/// What the device does with memory. Addresses and sizes are what a guest says: an
/// implementation checks them, and answers false if any byte is not guest RAM (or
/// not storage); what it has copied by then is the guest's own loss.
pub trait Dma {
    /// Copies guest RAM out.
    #[must_use]
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool;
    /// Copies into guest RAM.
    #[must_use]
    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool;
    /// Copies `bytes` from `offset` of the storage into guest RAM.
    #[must_use]
    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool;
    /// Copies `bytes` of guest RAM to `offset` of the storage.
    #[must_use]
    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool;
}
