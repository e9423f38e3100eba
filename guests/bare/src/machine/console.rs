// SPDX-License-Identifier: BSD-2-Clause

//! Text out of the PL011, and keys into it.

use arm_pl011_uart::{PL011Registers, Uart};
use core::fmt;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use core::sync::atomic::{AtomicUsize, Ordering};
use safe_mmio::UniqueMmioPointer;

/// Address of the registers; 0 while nobody found them.
static UART: AtomicUsize = AtomicUsize::new(0);

/// Looks at the flags before a byte is given up.
const PATIENCE: u32 = 1_000_000;

/// Says where the UART is.
///
/// # Safety
///
/// A PL011 is mapped there as device memory, and only [`Console`] uses it.
pub unsafe fn set_uart(address: u64) {
    UART.store(address as usize, Ordering::Relaxed);
}

/// The console. Without a UART it swallows everything.
pub struct Console;

impl fmt::Write for Console {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let Some(mut uart) = uart() else {
            return Ok(());
        };
        for byte in text.bytes() {
            if byte == b'\n' {
                put(&mut uart, b'\r');
            }
            put(&mut uart, byte);
        }
        Ok(())
    }
}

/// Writes without a look at UARTFR: what the UART has no room for is lost.
pub fn pour(text: &[u8]) {
    if let Some(mut uart) = uart() {
        for &byte in text {
            uart.write_word(byte);
        }
    }
}

/// A typed byte, if there is one. What came with an error is none.
pub fn key() -> Option<u8> {
    uart()?.read_word().ok().flatten()
}

/// The UART; nobody keeps it across a call.
fn uart() -> Option<Uart<'static>> {
    let address = UART.load(Ordering::Relaxed);
    let registers = NonNull::new(with_exposed_provenance_mut::<PL011Registers>(address))?;
    // SAFETY: `set_uart`'s caller promised the registers and their sole use; this
    // module is the only user, there is one core, and exceptions that print do not
    // return.
    Some(Uart::new(unsafe { UniqueMmioPointer::new(registers) }))
}

fn put(uart: &mut Uart<'_>, byte: u8) {
    if (0..PATIENCE).any(|_| !uart.is_tx_fifo_full()) {
        uart.write_word(byte);
    }
}
