// SPDX-License-Identifier: BSD-2-Clause

//! Guest RAM, as the VMM sees it.
//!
//! The guest may change it at any moment once it runs, so it is never a
//! reference here: copies in and single reads, through raw pointers.

use super::cache;
use core::ptr;
use guest_vmm::loader::GuestRam;
use tombolo_config::guest;

/// Guest RAM.
pub struct Ram {
    /// Guest-physical start.
    gpa: u64,
    /// Bytes.
    size: usize,
    /// Here.
    start: usize,
}

impl Ram {
    /// `None`: the mapping is none.
    pub fn new(ram: guest::Ram) -> Option<Self> {
        let start = usize::try_from(ram.mapping.address)
            .ok()
            .filter(|&a| a != 0)?;
        let size = usize::try_from(ram.mapping.size).ok()?;
        start.checked_add(size)?;
        Some(Self {
            gpa: ram.gpa,
            size,
            start,
        })
    }

    /// Address here of `bytes` at guest-physical `address`, if they are RAM.
    fn locate(&self, address: u64, bytes: usize) -> Option<usize> {
        let offset = usize::try_from(address.checked_sub(self.gpa)?).ok()?;
        let end = offset.checked_add(bytes)?;
        (end <= self.size).then(|| self.start + offset)
    }

    /// Address here of `bytes` at guest-physical `address`, if they are RAM.
    pub fn find(&self, address: u64, bytes: u64) -> Option<usize> {
        self.locate(address, usize::try_from(bytes).ok()?)
    }

    /// An aligned word.
    pub fn word(&self, address: u64) -> Option<u64> {
        let at = self.locate(address, 8).filter(|at| at.is_multiple_of(8))?;
        let pointer = ptr::with_exposed_provenance::<u64>(at);
        // SAFETY: `locate` found it inside guest RAM, which is mapped here for
        // ever; it is aligned. A guest that writes it meanwhile makes the value
        // arbitrary, nothing else: the read is volatile and of one word.
        Some(unsafe { ptr::read_volatile(pointer) })
    }
}

impl GuestRam for Ram {
    fn copy(&mut self, address: u64, bytes: &[u8]) -> bool {
        let Some(at) = self.locate(address, bytes.len()) else {
            return false;
        };
        let to = ptr::with_exposed_provenance_mut::<u8>(at);
        // SAFETY: `locate` found the range inside guest RAM, which is mapped
        // writable here and is nobody's Rust object; files and the device tree lie
        // elsewhere; the guest does not run while it is loaded.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), to, bytes.len()) };
        true
    }

    fn clean(&mut self, address: u64, bytes: u64) {
        if let Some((at, bytes)) = self.range(address, bytes) {
            cache::clean_and_invalidate(at, bytes);
        }
    }

    fn unify(&mut self, address: u64, bytes: u64) {
        if let Some((at, bytes)) = self.range(address, bytes) {
            cache::unify(at, bytes);
        }
    }
}

impl Ram {
    fn range(&self, address: u64, bytes: u64) -> Option<(usize, usize)> {
        let bytes = usize::try_from(bytes).ok()?;
        Some((self.locate(address, bytes)?, bytes))
    }
}
