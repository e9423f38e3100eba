// SPDX-License-Identifier: BSD-2-Clause

//! The serial port's ends: PL011 on one side, the console's rings on the other.

use crate::pl011::Pl011;
use crate::platform::Platform;
use tombolo_config::guest::Uart;
use tombolo_pages::ring::{Consumer, INPUT_BYTES, OUTPUT_BYTES, Producer};

/// A serial port that is connected to the console.
pub(super) struct Serial<'a> {
    pub(super) uart: Pl011,
    pub(super) config: &'a Uart,
    pub(super) output: Producer<'a, OUTPUT_BYTES>,
    pub(super) input: Consumer<'a, INPUT_BYTES>,
    /// Something was written that the console was not told of.
    pub(super) unflushed: bool,
}

impl Serial<'_> {
    /// Passes a byte on. The console is told at the end of a line and when the
    /// ring is half full; it has a higher priority and drains at once. If it
    /// still has no room, the byte is dropped and counted by the ring.
    pub(super) fn send<P: Platform>(&mut self, byte: u8, platform: &mut P) {
        if self.output.room() == 0 {
            self.flush(platform);
        }
        self.output.write(&[byte]);
        self.unflushed = true;
        if byte == b'\n' || self.output.room() < OUTPUT_BYTES / 2 {
            self.flush(platform);
        }
    }

    /// Tells the console of what it does not know yet.
    pub(super) fn flush<P: Platform>(&mut self, platform: &mut P) {
        if core::mem::take(&mut self.unflushed) {
            platform.notify(self.config.output.channel);
        }
    }

    /// Takes typed bytes for which the FIFO has room.
    pub(super) fn pull(&mut self) {
        let mut byte = [0];
        while self.uart.room() > 0 && self.input.read(&mut byte) == 1 {
            self.uart.receive(byte[0]);
        }
    }
}
