// SPDX-License-Identifier: BSD-2-Clause

//! Lines on the PL011.

use core::fmt::{self, Write};
use core::ptr::NonNull;

/// Word index of the flag register (PrimeCell UART, chapter 3).
const UARTFR: usize = 0x18 / 4;
/// Flag: the transmit FIFO is full.
const TXFF: u32 = 1 << 5;

/// The PL011, which the boot loader has enabled.
pub struct Uart(NonNull<u32>);

impl Uart {
    /// # Safety
    /// `base` is a mapping of the PL011, whose data register nobody else writes.
    pub unsafe fn new(base: NonNull<u32>) -> Self {
        Self(base)
    }
}

impl Write for Uart {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            // SAFETY: registers of the page promised to `new`.
            unsafe {
                while self.0.add(UARTFR).read_volatile() & TXFF != 0 {}
                self.0.write_volatile(byte.into());
            }
        }
        Ok(())
    }
}

/// Prints a line of the judge's.
macro_rules! say {
    ($uart:expr, $($argument:tt)*) => {{
        use core::fmt::Write as _;
        // The UART never fails.
        let _ = write!($uart, "matrix       > {}\r\n", format_args!($($argument)*));
    }};
}
pub(crate) use say;
