// SPDX-License-Identifier: BSD-2-Clause

//! The disk's storage and guest RAM, for the guest's disk.

use super::{Kernel, ram::Ram};
use core::ptr;
use guest_vmm::virtio_blk::Dma;
use tombolo_config::guest;
use tombolo_config::server::Access;

/// The storage, mapped here.
pub struct Storage {
    start: usize,
    size: u64,
    writable: bool,
}

impl Storage {
    /// `None`: the mapping is none.
    pub fn new(disk: guest::Disk) -> Option<Self> {
        let start = usize::try_from(disk.mapping.address)
            .ok()
            .filter(|&a| a != 0)?;
        start.checked_add(usize::try_from(disk.mapping.size).ok()?)?;
        Some(Self {
            start,
            size: disk.mapping.size,
            writable: disk.access == Access::ReadWrite,
        })
    }

    /// Address here of `bytes` from `offset`, if it has them.
    fn locate(&self, offset: u64, bytes: u64) -> Option<usize> {
        let end = offset.checked_add(bytes)?;
        // No overflow: checked when it was made.
        (end <= self.size).then(|| self.start + offset as usize)
    }
}

/// Copies between two places of this protection domain, neither of them a Rust object.
///
/// # Safety
/// `bytes` from `from` may be read, `bytes` from `to` written, for ever; both are guest
/// RAM, storage or the caller's own, and do not overlap.
unsafe fn copy(from: usize, to: usize, bytes: usize) {
    // SAFETY: the caller's promise. Nobody writes them meanwhile: the guest's vCPUs
    // have a lower priority on the same core, and nobody else maps them.
    unsafe {
        ptr::copy_nonoverlapping(
            ptr::with_exposed_provenance::<u8>(from),
            ptr::with_exposed_provenance_mut::<u8>(to),
            bytes,
        );
    }
}

fn ram_and_storage(
    ram: &Ram,
    storage: Option<&Storage>,
    (offset, address, bytes): (u64, u64, u64),
) -> Option<(usize, usize, usize)> {
    let here = storage?.locate(offset, bytes)?;
    let guest = ram.find(address, bytes)?;
    Some((here, guest, usize::try_from(bytes).ok()?))
}

impl Dma for Kernel {
    fn read_guest(&self, address: u64, to: &mut [u8]) -> bool {
        let Some(from) = self.ram.find(address, to.len() as u64) else {
            return false;
        };
        // SAFETY: `find` found it in guest RAM, which is mapped here for ever; `to` is
        // the caller's and lies elsewhere.
        unsafe { copy(from, to.as_mut_ptr().expose_provenance(), to.len()) };
        true
    }

    fn write_guest(&mut self, address: u64, bytes: &[u8]) -> bool {
        guest_vmm::loader::GuestRam::copy(&mut self.ram, address, bytes)
    }

    fn disk_to_guest(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let place = (offset, address, bytes);
        let Some((here, guest, bytes)) = ram_and_storage(&self.ram, self.storage.as_ref(), place)
        else {
            return false;
        };
        // SAFETY: both were found in their regions, which are mapped here for ever,
        // guest RAM writable, and differ.
        unsafe { copy(here, guest, bytes) };
        true
    }

    fn guest_to_disk(&mut self, offset: u64, address: u64, bytes: u64) -> bool {
        let storage = self.storage.as_ref().filter(|storage| storage.writable);
        let place = (offset, address, bytes);
        let Some((here, guest, bytes)) = ram_and_storage(&self.ram, storage, place) else {
            return false;
        };
        // SAFETY: as above; this storage is mapped writable.
        unsafe { copy(guest, here, bytes) };
        true
    }
}
