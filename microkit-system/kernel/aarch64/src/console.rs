// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's own lines on the PL011.
//!
//! Polled and unbuffered. The console protection domain owns the device at run
//! time; the kernel writes while it starts, for faults that nobody handles, and
//! when it dies. Lines begin with `kernel       | `, as the console pads names.

use core::fmt::{self, Write};
use core::ptr::NonNull;

use arm_pl011_uart::{PL011Registers, Uart, UniqueMmioPointer};

use crate::board;

/// What precedes each line.
const PREFIX: &str = "kernel       | ";
/// Address of the device.
const UART: NonNull<PL011Registers> =
    NonNull::new(board::UART as *mut PL011Registers).expect("the board has a UART");

/// Runs `f` with the device. The firmware has set its rate.
fn with_uart(f: impl FnOnce(&mut Uart<'_>)) {
    // SAFETY: the address is the board's PL011, mapped as device memory for good.
    // One core, and no caller of this function is called from within `f`.
    let registers = unsafe { UniqueMmioPointer::new(UART) };
    f(&mut Uart::new(registers));
}

/// Text with `\n` as `\r\n`.
struct Lines<'u, 'd>(&'u mut Uart<'d>);

impl Write for Lines<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.bytes().for_each(|byte| put(self.0, byte));
        Ok(())
    }
}

fn put(uart: &mut Uart<'_>, byte: u8) {
    if byte == b'\n' {
        put(uart, b'\r');
    }
    while uart.is_tx_fifo_full() {}
    uart.write_word(byte);
}

/// One byte of a thread's debug output.
pub fn put_char(byte: u8) {
    with_uart(|uart| put(uart, byte));
}

/// One line of the kernel's own.
pub fn line(text: fmt::Arguments<'_>) {
    with_uart(|uart| {
        // `Lines` never fails; a broken `Display` cuts its line short.
        let _ = writeln!(Lines(uart), "{PREFIX}{text}");
    });
}
