// SPDX-License-Identifier: BSD-2-Clause

//! The device: the guest's accesses, received bytes, the interrupt line.

use super::registers::{FLAGS, Flags, IDENTIFICATION, Interrupts, Register};
use super::state::State;

/// A guest's serial port.
#[derive(Debug)]
pub struct Pl011 {
    state: State,
}

impl Default for Pl011 {
    fn default() -> Self {
        Self::new()
    }
}

impl Pl011 {
    /// As after reset.
    pub fn new() -> Self {
        Self {
            state: State::new(),
        }
    }

    /// The guest's load of the register at `offset`. Taking a byte out of the
    /// FIFO is its only effect.
    pub fn read(&mut self, offset: u64) -> u32 {
        let state = &mut self.state;
        match Register::at(offset) {
            Register::Data => {
                let byte = state.received.pop_front().unwrap_or(0);
                state.settle_after_read();
                u32::from(byte)
            }
            Register::Flag => self.flags().bits(),
            Register::IntegerBaud => state.integer_baud,
            Register::FractionalBaud => state.fractional_baud,
            Register::LineControl => state.line_control,
            Register::Control => state.control,
            Register::FifoLevel => state.fifo_level,
            Register::InterruptMask => state.mask.bits(),
            Register::RawStatus => state.raw.bits(),
            Register::MaskedStatus => (state.raw & state.mask).bits(),
            Register::Identification(n) => IDENTIFICATION.get(n).copied().map_or(0, u32::from),
            // No errors, no infrared, no DMA; ICR is write-only.
            Register::ReceiveStatus
            | Register::IrDa
            | Register::InterruptClear
            | Register::DmaControl
            | Register::Reserved => 0,
        }
    }

    /// The guest's store. Returns the byte that it sends, if it sends one.
    pub fn write(&mut self, offset: u64, value: u32) -> Option<u8> {
        let state = &mut self.state;
        match Register::at(offset) {
            Register::Data => {
                state.raw.set(Interrupts::TRANSMIT, !state.transmit_full);
                // Truncation: the data register sends its low 8 bits.
                return Some(value as u8);
            }
            Register::IntegerBaud => state.integer_baud = value & 0xffff,
            Register::FractionalBaud => state.fractional_baud = value & 0x3f,
            Register::LineControl => state.line_control = value & 0xff,
            Register::Control => state.control = value & 0xffff,
            Register::FifoLevel => state.fifo_level = value & 0x3f,
            Register::InterruptMask => state.mask = Interrupts::from_bits_truncate(value),
            Register::InterruptClear => state.raw.remove(Interrupts::from_bits_truncate(value)),
            Register::ReceiveStatus
            | Register::Flag
            | Register::IrDa
            | Register::RawStatus
            | Register::MaskedStatus
            | Register::DmaControl
            | Register::Identification(_)
            | Register::Reserved => {}
        }
        None
    }

    /// How many more bytes can be received.
    pub fn room(&self) -> usize {
        self.state
            .capacity()
            .saturating_sub(self.state.received.len())
    }

    /// A byte arrives. `false`: there was no room, and it is lost.
    pub fn receive(&mut self, byte: u8) -> bool {
        if self.room() == 0 || self.state.received.push_back(byte).is_err() {
            return false;
        }
        self.state.raw.insert(Interrupts::TIMEOUT);
        if self.state.received.len() >= self.state.receive_trigger() {
            self.state.raw.insert(Interrupts::RECEIVE);
        }
        true
    }

    /// Whether a load from `offset` tells whether the transmit FIFO is full.
    pub fn is_flags(offset: u64) -> bool {
        offset & 0xffc == FLAGS
    }

    /// The line takes no byte more, or takes them again. What is written even so is
    /// the line's business.
    pub fn set_transmit_full(&mut self, full: bool) {
        if core::mem::replace(&mut self.state.transmit_full, full) != full {
            // At its level when it is empty again, above it when it is full.
            self.state.raw.set(Interrupts::TRANSMIT, !full);
        }
    }

    /// Whether the guest sees that the line takes nothing.
    pub fn is_transmit_full(&self) -> bool {
        self.state.transmit_full
    }

    /// Level of the interrupt line.
    pub fn line(&self) -> bool {
        self.state.raw.intersects(self.state.mask)
    }

    fn flags(&self) -> Flags {
        // CTS, DSR and DCD: somebody is always there.
        let mut flags = Flags::CTS | Flags::DSR | Flags::DCD;
        let full = self.state.transmit_full;
        flags.set(Flags::TRANSMIT_EMPTY, !full);
        flags.set(Flags::TRANSMIT_FULL | Flags::BUSY, full);
        flags.set(Flags::RECEIVE_EMPTY, self.state.received.is_empty());
        flags.set(Flags::RECEIVE_FULL, self.room() == 0);
        flags
    }
}
