// SPDX-License-Identifier: BSD-2-Clause

//! Large state in `.bss`, handed out once.

use core::cell::UnsafeCell;
use core::sync::atomic::{AtomicBool, Ordering};

/// A value that [`Singleton::take`] hands out once, for good.
pub struct Singleton<T> {
    taken: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: `take` gives out the only reference there ever is, and the kernel runs
// on one core.
unsafe impl<T> Sync for Singleton<T> {}

impl<T> Singleton<T> {
    /// Holds `value`.
    pub const fn new(value: T) -> Self {
        Self {
            taken: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        }
    }

    /// The value, the first time; `None` afterwards.
    #[expect(
        clippy::mut_from_ref,
        reason = "the flag makes the reference the only one"
    )]
    pub fn take(&'static self) -> Option<&'static mut T> {
        if self.taken.swap(true, Ordering::Relaxed) {
            return None;
        }
        // SAFETY: the flag lets one caller through, ever.
        Some(unsafe { &mut *self.value.get() })
    }
}
