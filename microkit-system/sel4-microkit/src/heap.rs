// SPDX-License-Identifier: BSD-2-Clause

//! A global allocator on a static heap, for `heap_size = …`.

use core::{
    alloc::{GlobalAlloc, Layout},
    cell::{RefCell, UnsafeCell},
    mem::MaybeUninit,
    ptr::{self, NonNull},
};

use linked_list_allocator::Heap;

use crate::single_threaded::SingleThreaded;

#[repr(C, align(16))]
struct Memory<const SIZE: usize>(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

/// First-fit allocator over `SIZE` bytes of its own.
#[doc(hidden)]
pub struct StaticHeap<const SIZE: usize> {
    heap: SingleThreaded<RefCell<Option<Heap>>>,
    memory: SingleThreaded<Memory<SIZE>>,
}

impl<const SIZE: usize> StaticHeap<SIZE> {
    /// A heap with nothing allocated.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Self {
            heap: SingleThreaded(RefCell::new(None)),
            memory: SingleThreaded(Memory(UnsafeCell::new(MaybeUninit::uninit()))),
        }
    }

    /// # Safety
    /// `self` stays where it is for as long as anything allocated is in use.
    unsafe fn with<T>(&self, f: impl FnOnce(&mut Heap) -> T) -> T {
        let mut heap = self.heap.0.borrow_mut();
        f(heap.get_or_insert_with(|| {
            let start = self.memory.0.0.get().cast();
            // SAFETY: `start` is the beginning of SIZE bytes that only this heap
            // refers to, and that the caller keeps in place.
            unsafe { Heap::new(start, SIZE) }
        }))
    }
}

// SAFETY: `Heap` hands out disjoint parts of `memory`, aligned and as large as the
// layout asks, until they are given back. `GlobalAlloc` implementations are used
// through a static, which stays in place. A panic cannot unwind: it ends the program.
unsafe impl<const SIZE: usize> GlobalAlloc for StaticHeap<SIZE> {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: see the implementation's comment.
        let allocated = unsafe { self.with(|heap| heap.allocate_first_fit(layout)) };
        allocated.map_or(ptr::null_mut(), NonNull::as_ptr)
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        if let Some(pointer) = NonNull::new(pointer) {
            // SAFETY: the caller gives back what `alloc` returned for this layout.
            unsafe { self.with(|heap| heap.deallocate(pointer, layout)) };
        }
    }
}

/// Declares the global allocator.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_heap {
    ($size:expr) => {
        const _: () = {
            #[global_allocator]
            static GLOBAL_ALLOCATOR: $crate::_private::StaticHeap<{ $size }> =
                $crate::_private::StaticHeap::new();
        };
    };
}

#[cfg(test)]
mod tests {
    use core::alloc::{GlobalAlloc, Layout};

    use super::StaticHeap;

    #[test]
    fn memory_given_back_can_be_allocated_again() {
        let heap = Box::leak(Box::new(StaticHeap::<4096>::new()));
        let layout = Layout::from_size_align(3000, 64).expect("a valid layout");
        for _ in 0..3 {
            // SAFETY: the layout is not empty, and what is given back was allocated with it.
            unsafe {
                let first = heap.alloc(layout);
                assert!(!first.is_null());
                assert_eq!(first.addr() % 64, 0);
                assert!(heap.alloc(layout).is_null());
                heap.dealloc(first, layout);
            }
        }
    }
}
