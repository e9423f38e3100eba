// SPDX-License-Identifier: BSD-2-Clause

//! What the suite says on the UART.

use core::fmt::{self, Debug, Write};
use core::ptr::NonNull;

/// Word indices of PL011 registers (PrimeCell UART, chapter 3).
const UARTFR: usize = 0x18 / 4;
const UARTIMSC: usize = 0x38 / 4;
const UARTICR: usize = 0x44 / 4;
/// Flag: the transmit FIFO is full.
const TXFF: u32 = 1 << 5;
/// Interrupt: room in the transmit FIFO.
pub const TRANSMIT: u32 = 1 << 5;

/// The PL011, which the boot loader has enabled.
pub struct Uart(NonNull<u32>);

impl Uart {
    /// # Safety
    /// `base` is a mapping of the PL011 that nobody else uses.
    pub unsafe fn new(base: NonNull<u32>) -> Self {
        Self(base)
    }

    fn write(&self, register: usize, value: u32) {
        // SAFETY: a register of the page promised to `new`.
        unsafe { self.0.add(register).write_volatile(value) }
    }

    /// Enables interrupts `mask` and no others.
    pub fn enable(&self, mask: u32) {
        self.write(UARTIMSC, mask);
    }

    /// Clears interrupts `mask`.
    pub fn clear(&self, mask: u32) {
        self.write(UARTICR, mask);
    }
}

impl Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: a register of the page promised to `new`.
            while unsafe { self.0.add(UARTFR).read_volatile() } & TXFF != 0 {}
            self.write(0, byte.into());
        }
        Ok(())
    }
}

/// Counts checks and prints them.
pub struct Report {
    /// Where it prints.
    pub uart: Uart,
    checks: u32,
    failed: u32,
}

impl Report {
    /// Prints on `uart`.
    pub fn new(uart: Uart) -> Self {
        Self {
            uart,
            checks: 0,
            failed: 0,
        }
    }

    fn line(&mut self, text: fmt::Arguments<'_>) {
        // `Uart` never fails.
        let _ = write!(self.uart, "suite        > {text}\r\n");
    }

    /// The sentence `name` is true if `value` is `expected`.
    pub fn equal<T: PartialEq + Debug>(&mut self, name: &str, value: T, expected: T) {
        self.checks += 1;
        if value == expected {
            self.line(format_args!("ok: {name}"));
        } else {
            self.failed += 1;
            self.line(format_args!(
                "FAIL: {name}: got {value:x?}, expected {expected:x?}"
            ));
        }
    }

    /// The sentence `name` is true if `value` is from `least` to `most`.
    pub fn within(&mut self, name: &str, value: u64, least: u64, most: u64) {
        self.checks += 1;
        if (least..=most).contains(&value) {
            self.line(format_args!("ok: {name} ({value})"));
        } else {
            self.failed += 1;
            self.line(format_args!(
                "FAIL: {name}: got {value}, expected {least} to {most}"
            ));
        }
    }

    /// Says how it went.
    pub fn finish(&mut self) {
        let (checks, failed) = (self.checks, self.failed);
        self.line(format_args!("{checks} checks, {failed} failed"));
        if failed == 0 {
            self.line(format_args!("CHECK kernel-abi: pass"));
        } else {
            self.line(format_args!("CHECK kernel-abi: fail {failed} of {checks}"));
        }
    }
}
