// SPDX-License-Identifier: BSD-2-Clause

//! From `_start` to the event loop.
//!
//! The kernel enters at the ELF file's entry with SP at the top of the tool's
//! stack and every other register 0; `.bss` is zeroed by the loader.

#[cfg(target_os = "none")]
use core::ptr;
use core::{cell::UnsafeCell, mem::MaybeUninit, panic::UnwindSafe};

use crate::{Handler, debug_println, panicking::catch_unwind, pd_name};

/// A stack in the ELF file, for `stack_size = …`.
#[doc(hidden)]
#[repr(C, align(16))]
pub struct Stack<const SIZE: usize>(UnsafeCell<MaybeUninit<[u8; SIZE]>>);

// SAFETY: only `_start` takes its address, once.
unsafe impl<const SIZE: usize> Sync for Stack<SIZE> {}

impl<const SIZE: usize> Stack<SIZE> {
    /// A stack of `SIZE` bytes.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        const {
            assert!(
                SIZE != 0 && SIZE.is_multiple_of(16),
                "stack_size must be a multiple of 16"
            )
        };
        Self(UnsafeCell::new(MaybeUninit::uninit()))
    }
}

/// Declares a protection domain; what `#[protection_domain]` expands to.
#[macro_export]
macro_rules! declare_protection_domain {
    (init = $init:expr $(,)?) => {
        $crate::declare_start!();
        $crate::declare_main!($init);
    };
    (init = $init:expr, stack_size = $stack_size:expr $(,)?) => {
        $crate::declare_start!($stack_size);
        $crate::declare_main!($init);
    };
    (init = $init:expr, $(stack_size = $stack_size:expr,)? heap_size = $heap_size:expr $(,)?) => {
        $crate::declare_heap!($heap_size);
        $crate::declare_protection_domain!(init = $init, $(stack_size = $stack_size)?);
    };
}

/// Declares `_start`, on the tool's stack or on one of the given size.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_start {
    () => {
        #[cfg(all(target_arch = "aarch64", target_os = "none"))]
        ::core::arch::global_asm!(
            ".section .text._start, \"ax\", @progbits",
            ".global _start",
            ".type _start, @function",
            "_start:",
            "b __sel4_microkit_start",
            ".size _start, . - _start",
            ".text",
        );
    };
    ($stack_size:expr) => {
        // At item level: an assembly block is no statement.
        #[cfg(all(target_arch = "aarch64", target_os = "none"))]
        const __SEL4_MICROKIT_STACK_SIZE: usize = $stack_size;
        #[cfg(all(target_arch = "aarch64", target_os = "none"))]
        static __SEL4_MICROKIT_STACK: $crate::_private::Stack<__SEL4_MICROKIT_STACK_SIZE> =
            $crate::_private::Stack::new();
        #[cfg(all(target_arch = "aarch64", target_os = "none"))]
        ::core::arch::global_asm!(
            ".section .text._start, \"ax\", @progbits",
            ".global _start",
            ".type _start, @function",
            "_start:",
            "adrp x9, {stack}",
            "add x9, x9, :lo12:{stack}",
            "ldr x10, ={size}",
            "add x9, x9, x10",
            "mov sp, x9",
            "b __sel4_microkit_start",
            ".ltorg",
            ".size _start, . - _start",
            ".text",
            stack = sym __SEL4_MICROKIT_STACK,
            size = const __SEL4_MICROKIT_STACK_SIZE,
        );
    };
}

/// Declares what `__sel4_microkit_start` calls.
#[doc(hidden)]
#[macro_export]
macro_rules! declare_main {
    ($init:expr) => {
        const _: () = {
            #[unsafe(no_mangle)]
            extern "C" fn __sel4_microkit_main() -> ! {
                $crate::_private::run_main($init)
            }
        };
    };
}

/// Runs the protection domain.
#[doc(hidden)]
pub fn run_main<T: Handler>(init: impl FnOnce() -> T + UnwindSafe) -> ! {
    match catch_unwind(|| init().run()) {
        Ok(Ok(never)) => match never {},
        Ok(Err(error)) => end(format_args!("ended with error: {error}")),
        Err(()) => end(format_args!("panicked")),
    }
}

/// Says why the protection domain ends, and ends it.
fn end(reason: core::fmt::Arguments<'_>) -> ! {
    debug_println!("{}: {reason}", pd_name().unwrap_or("?"));
    trap()
}

/// BRK #1: the kernel reports a fault and the thread never runs again.
#[cfg(all(target_arch = "aarch64", target_os = "none"))]
pub(crate) fn trap() -> ! {
    // SAFETY: BRK transfers control to the kernel, which does not come back.
    unsafe { core::arch::asm!("brk #1", options(noreturn, nomem, nostack)) }
}

/// A host has no kernel to report to.
#[cfg(not(all(target_arch = "aarch64", target_os = "none")))]
pub(crate) fn trap() -> ! {
    panic!("a protection domain ends")
}

/// Where the tool maps the IPC buffer: the page at the top of user space.
#[cfg(target_os = "none")]
fn ipc_buffer() -> *mut sel4::IpcBuffer {
    let page_mask = (1 << sel4::sys::seL4_PageBits) - 1;
    ptr::with_exposed_provenance_mut((sel4::sys::seL4_UserVSpaceTop & !page_mask) as usize)
}

#[cfg(target_os = "none")]
unsafe extern "C" {
    /// The program's own part, from [`declare_main!`].
    safe fn __sel4_microkit_main() -> !;
}

/// First Rust code of a protection domain.
#[cfg(target_os = "none")]
#[unsafe(no_mangle)]
extern "C" fn __sel4_microkit_start() -> ! {
    crate::symbols::keep();
    // SAFETY: the initial task mapped a zeroed page there for this thread alone,
    // writable for as long as it runs; this is the only reference ever made to it.
    sel4::set_ipc_buffer(unsafe { &mut *ipc_buffer() });
    __sel4_microkit_main()
}
