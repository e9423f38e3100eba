// SPDX-License-Identifier: BSD-2-Clause

//! The end: a panic of the kernel, or an exception within it.

use core::panic::PanicInfo;

use aarch64_cpu::asm::wfi;

use crate::console;

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    let message = info.message();
    match info.location() {
        Some(place) => {
            let (file, line) = (place.file(), place.line());
            console::line(format_args!("panic at {file}:{line}: {message}"));
        }
        None => console::line(format_args!("panic: {message}")),
    }
    halt()
}

/// An exception taken from EL2 itself: a defect of the kernel. Called by the
/// vectors on a stack of its own.
#[unsafe(no_mangle)]
extern "C" fn kernel_exception(vector: u64, esr: u64, elr: u64, far: u64, sp: u64, lr: u64) -> ! {
    let kind = match vector & 3 {
        0 => "synchronous exception",
        1 => "IRQ",
        2 => "FIQ",
        _ => "SError",
    };
    console::line(format_args!(
        "{kind} in the kernel: ESR_EL2={esr:#x} ELR_EL2={elr:#x} FAR_EL2={far:#x} sp={sp:#x} lr={lr:#x}"
    ));
    halt()
}

/// Nothing goes on after this; the state stays for a debugger.
fn halt() -> ! {
    console::line(format_args!("halted"));
    loop {
        wfi();
    }
}
