// SPDX-License-Identifier: BSD-2-Clause

//! A virtual PL011, as much of it as Linux's `amba-pl011` and early console use.
//!
//! The line is infinitely fast, as long as the console takes what is written: then the
//! transmit FIFO is always empty, and each write makes it pass its trigger level, which
//! raises the transmit interrupt. When the console's ring is full so is the FIFO, until
//! there is room again; what a guest writes even so is lost, and counted. Received bytes wait in a FIFO of 16; the receive
//! timeout is taken as run out whenever the FIFO holds anything.

mod device;
mod registers;
mod state;
#[cfg(test)]
mod tests;

pub use device::Pl011;
pub use registers::Interrupts;
