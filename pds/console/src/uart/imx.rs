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
/// UCR1: interrupt when the transmit FIFO is empty.
const TRANSMITTER_EMPTY_INTERRUPT: u32 = 1 << 6;
/// UTS: the transmit FIFO is full.
const TRANSMIT_FIFO_FULL: u32 = 1 << 4;

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
    reserved_84: [u32; 12],
    /// 0xb4 UTS: test register, which has the FIFOs' states.
    uts: ReadPure<u32>,
}

const _: () = assert!(core::mem::offset_of!(Registers, uts) == 0xb4);

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

    /// A received byte; those with an error are left out and counted.
    pub fn receive(&mut self, lost: &mut u32) -> Option<u8> {
        loop {
            let word = field!(self.registers, urxd).read();
            if word & CHARACTER_READY == 0 {
                return None;
            }
            if word & CHARACTER_ERROR == 0 {
                // Lossless: the character is bits 7:0.
                return Some((word & 0xff) as u8);
            }
            *lost += 1;
        }
    }

    /// Whether a byte can be sent.
    pub fn is_ready(&self) -> bool {
        field_shared!(self.registers, uts).read() & TRANSMIT_FIFO_FULL == 0
    }

    /// Whether to interrupt when everything is sent.
    pub fn interrupt_when_ready(&mut self, wanted: bool) {
        self.set_interrupt(TRANSMITTER_EMPTY_INTERRUPT, wanted);
    }

    /// Whether to interrupt when something was received.
    pub fn interrupt_when_received(&mut self, wanted: bool) {
        self.set_interrupt(RECEIVER_READY_INTERRUPT, wanted);
    }

    fn set_interrupt(&mut self, which: u32, wanted: bool) {
        field!(self.registers, ucr1).modify(
            |ucr1| {
                if wanted { ucr1 | which } else { ucr1 & !which }
            },
        );
    }

    /// Sends a byte.
    pub fn send(&mut self, byte: u8) {
        field!(self.registers, utxd).write(u32::from(byte));
    }
}
