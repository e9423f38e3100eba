// SPDX-License-Identifier: BSD-2-Clause

//! Panics: a hook, then BRK #1.
//!
//! In release the parent or the monitor sees the trap as VCPUFault
//! `0xf200_0001`; nothing is unwound.

use core::{cell::OnceCell, panic::UnwindSafe};

pub use core::panic::PanicInfo;

use crate::{debug_println, pd_name, single_threaded::SingleThreaded};

/// What is called with a panic before the protection domain ends.
pub type PanicHook = &'static (dyn Fn(&PanicInfo<'_>) + Send + Sync);

static HOOK: SingleThreaded<OnceCell<PanicHook>> = SingleThreaded(OnceCell::new());

/// Replaces the default hook, which prints name and message.
///
/// # Panics
/// When called twice.
pub fn set_hook(hook: PanicHook) {
    if HOOK.0.set(hook).is_err() {
        panic!("panic hook set twice");
    }
}

/// Calls `f`. Nothing unwinds, so a panic inside ends the protection domain
/// and the result is always `Ok`.
#[allow(clippy::result_unit_err)]
pub fn catch_unwind<R, F: FnOnce() -> R + UnwindSafe>(f: F) -> Result<R, ()> {
    Ok(f())
}

fn default_hook(info: &PanicInfo<'_>) {
    debug_println!("{}: {}", pd_name().unwrap_or("?"), info);
}

fn call_hook(info: &PanicInfo<'_>) {
    match HOOK.0.get() {
        Some(hook) => hook(info),
        None => default_hook(info),
    }
}

#[cfg(target_os = "none")]
#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    use core::cell::Cell;
    static PANICKING: SingleThreaded<Cell<bool>> = SingleThreaded(Cell::new(false));
    // A hook that panics must not be called for its own panic.
    if !PANICKING.0.replace(true) {
        call_hook(info);
    }
    crate::entry::trap()
}

/// A host reports panics itself; the hook is the target's.
#[cfg(not(target_os = "none"))]
const _: fn(&PanicInfo<'_>) = call_hook;
