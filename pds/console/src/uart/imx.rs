// SPDX-License-Identifier: BSD-2-Clause

//! The i.MX UART, as far as the console needs it.
//!
//! Source: i.MX 8M reference manuals, chapter "Universal Asynchronous
//! Receiver/Transmitter". Not yet run on hardware.

use safe_mmio::fields::{ReadPure, ReadPureWrite, ReadWrite, WriteOnly};
use safe_mmio::{UniqueMmioPointer, field, field_shared};

/// URXD: a character is there.
const CHARACTER_READY: u32 = 1 << 15;
/// URXD: it came with an error.
const CHARACTER_ERROR: u32 = 1 << 14;
/// UCR1: interrupt when the receive FIFO holds as much as UFCR's threshold.
const RECEIVER_READY_INTERRUPT: u32 = 1 << 9;
/// USR2: the transmit FIFO is empty.
const TRANSMIT_FIFO_EMPTY: u32 = 1 << 14;

/// Registers up to the last one used.
#[repr(C, align(4))]
pub struct Registers {
    /// 0x00 URXD: receiver register; reading takes a character.
    urxd: ReadWrite<u32>,
    reserved_04: [u32; 15],
    /// 0x40 UTXD: transmitter register.
    utxd: WriteOnly<u32>,
    reserved_44: [u32; 15],
    /// 0x80 UCR1: control register 1.
    ucr1: ReadPureWrite<u32>,
    reserved_84: [u32; 5],
    /// 0x98 USR2: status register 2.
    usr2: ReadPure<u32>,
}

const _: () = assert!(core::mem::offset_of!(Registers, usr2) == 0x98);

/// The driver.
pub struct Imx {
    registers: UniqueMmioPointer<'static, Registers>,
}

impl Imx {
    /// Enables the receive interrupt.
    pub fn new(mut registers: UniqueMmioPointer<'static, Registers>) -> Self {
        field!(registers, ucr1).modify(|ucr1| ucr1 | RECEIVER_READY_INTERRUPT);
        Self { registers }
    }

    /// A received byte; one with an error is dropped as noise.
    pub fn receive(&mut self) -> Option<u8> {
        loop {
            let word = field!(self.registers, urxd).read();
            if word & CHARACTER_READY == 0 {
                return None;
            }
            if word & CHARACTER_ERROR == 0 {
                // Lossless: the character is bits 7:0.
                return Some((word & 0xff) as u8);
            }
        }
    }

    /// Whether a byte can be sent.
    pub fn ready(&self) -> bool {
        field_shared!(self.registers, usr2).read() & TRANSMIT_FIFO_EMPTY != 0
    }

    /// Sends a byte.
    pub fn send(&mut self, byte: u8) {
        field!(self.registers, utxd).write(u32::from(byte));
    }
}
