// SPDX-License-Identifier: BSD-2-Clause

//! The device's state: what the registers hold, and the receive FIFO.

use super::registers::{FIFO_ENABLE, Interrupts};
use heapless::Deque;

/// Depth of the receive FIFO, as the revision we identify as has it.
pub(super) const DEPTH: usize = 16;

#[derive(Debug)]
pub(super) struct State {
    pub(super) received: Deque<u8, DEPTH>,
    pub(super) integer_baud: u32,
    pub(super) fractional_baud: u32,
    pub(super) line_control: u32,
    pub(super) control: u32,
    pub(super) fifo_level: u32,
    pub(super) mask: Interrupts,
    pub(super) raw: Interrupts,
    /// The line takes nothing now.
    pub(super) transmit_full: bool,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            received: Deque::new(),
            integer_baud: 0,
            fractional_baud: 0,
            line_control: 0,
            // Reset value: transmit and receive enabled.
            control: 0x300,
            fifo_level: 0x12,
            mask: Interrupts::empty(),
            raw: Interrupts::empty(),
            transmit_full: false,
        }
    }

    /// Bytes the receive FIFO takes.
    pub(super) fn capacity(&self) -> usize {
        if self.line_control & FIFO_ENABLE != 0 {
            DEPTH
        } else {
            1
        }
    }

    /// Level at which RECEIVE is raised (UARTIFLS 5:3).
    pub(super) fn receive_trigger(&self) -> usize {
        if self.capacity() == 1 {
            return 1;
        }
        match self.fifo_level >> 3 & 7 {
            0 => DEPTH / 8,
            1 => DEPTH / 4,
            2 => DEPTH / 2,
            3 => DEPTH * 3 / 4,
            _ => DEPTH * 7 / 8,
        }
    }

    /// Makes RECEIVE and TIMEOUT follow the FIFO after it lost bytes.
    pub(super) fn settle_after_read(&mut self) {
        if self.received.is_empty() {
            self.raw.remove(Interrupts::TIMEOUT);
        }
        if self.received.len() < self.receive_trigger() {
            self.raw.remove(Interrupts::RECEIVE);
        }
    }
}
