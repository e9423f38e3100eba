// SPDX-License-Identifier: BSD-2-Clause

//! The driver crate's memory, and guest RAM: what the driver allocates or shares is
//! RAM, everything else is not.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ptr::NonNull;
use virtio_drivers::{BufferDirection, Hal, PAGE_SIZE, PhysAddr};

thread_local! {
    /// Ranges of guest RAM: start and bytes.
    static RAM: RefCell<BTreeMap<u64, u64>> = const { RefCell::new(BTreeMap::new()) };
}

/// Guest RAM for the device.
pub mod guest {
    use super::RAM;

    fn inside(address: u64, bytes: usize) -> bool {
        RAM.with_borrow(|ram| {
            let Some((start, size)) = ram.range(..=address).next_back() else {
                return false;
            };
            address - start <= *size && bytes as u64 <= size - (address - start)
        })
    }

    pub fn read(address: u64, to: &mut [u8]) -> bool {
        let known = inside(address, to.len());
        if known {
            // SAFETY: the range was given to the device by the driver, which waits.
            unsafe {
                std::ptr::copy_nonoverlapping(address as *const u8, to.as_mut_ptr(), to.len());
            }
        }
        known
    }

    pub fn write(address: u64, bytes: &[u8]) -> bool {
        let known = inside(address, bytes.len());
        if known {
            // SAFETY: as in `read`.
            unsafe {
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), address as *mut u8, bytes.len());
            }
        }
        known
    }
}

/// Pages of the process as DMA memory; addresses are pointers.
pub struct RamHal;

fn layout(pages: usize) -> Layout {
    Layout::from_size_align(pages * PAGE_SIZE, PAGE_SIZE).expect("whole pages")
}

// SAFETY: pages come from the allocator, zeroed and aligned, and are nobody else's.
unsafe impl Hal for RamHal {
    fn dma_alloc(pages: usize, _: BufferDirection) -> (PhysAddr, NonNull<u8>) {
        // SAFETY: a queue has at least one page.
        let pointer = NonNull::new(unsafe { alloc_zeroed(layout(pages)) }).expect("memory");
        let address = pointer.as_ptr().expose_provenance() as u64;
        RAM.with_borrow_mut(|ram| ram.insert(address, (pages * PAGE_SIZE) as u64));
        (address, pointer)
    }

    unsafe fn dma_dealloc(address: PhysAddr, pointer: NonNull<u8>, pages: usize) -> i32 {
        RAM.with_borrow_mut(|ram| ram.remove(&address));
        // SAFETY: the caller gives back what `dma_alloc` gave.
        unsafe { dealloc(pointer.as_ptr(), layout(pages)) };
        0
    }

    unsafe fn mmio_phys_to_virt(_: PhysAddr, _: usize) -> NonNull<u8> {
        unreachable!("only the PCI transport asks for it")
    }

    unsafe fn share(buffer: NonNull<[u8]>, _: BufferDirection) -> PhysAddr {
        let address = buffer.as_ptr().cast::<u8>().expose_provenance() as u64;
        RAM.with_borrow_mut(|ram| ram.insert(address, buffer.len() as u64));
        address
    }

    unsafe fn unshare(address: PhysAddr, _: NonNull<[u8]>, _: BufferDirection) {
        RAM.with_borrow_mut(|ram| ram.remove(&address));
    }
}
