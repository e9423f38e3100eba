// SPDX-License-Identifier: BSD-2-Clause

//! The serial port's ends: PL011 on one side, the console's rings on the other.

use crate::pl011::Pl011;
use crate::platform::Platform;
use crate::vcpu::VcpuId;
use heapless::Vec;
use tombolo_config::guest::Uart;
use tombolo_pages::ring::{Consumer, INPUT_BYTES, InputRing, OUTPUT_BYTES, OutputRing, Producer};

/// Bytes of a line that are held back until it is complete.
const LINE: usize = 256;
/// How long they are, as a part of a second: 10 ms.
const HELD_BACK: u64 = 100;

/// What a Linux kernel or a Rust program writes when it panics, and what Linux
/// writes once more at the end.
const PANICS: [&[u8]; 2] = [b"Kernel panic - not syncing", b"panicked at "];
const PANIC_AGAIN: &[u8] = b"end Kernel panic";

/// A serial port that is connected to the console.
pub(super) struct Serial<'a> {
    pub(super) uart: Pl011,
    pub(super) config: &'a Uart,
    output: Producer<'a, OUTPUT_BYTES>,
    input: Consumer<'a, INPUT_BYTES>,
    /// The vCPU that sent last.
    pub(super) writer: VcpuId,
    /// The line that is being written.
    line: Vec<u8, LINE>,
    /// Bytes of it that the console has seen.
    seen: usize,
    /// Counter value at which it is to see the rest at the latest: the prompt of a guest
    /// whose vCPUs never wait.
    pub(super) show_at: Option<u64>,
    /// A line was written that tells of a panic.
    panicked: bool,
    /// The guest saw that there is no room.
    saw_full: bool,
    /// While there is no room: when to look again, for who waits for the interrupt.
    pub(super) look_at: Option<u64>,
}

impl<'a> Serial<'a> {
    pub(super) fn new(config: &'a Uart, output: &'a OutputRing, input: &'a InputRing) -> Self {
        let (output, input) = (Producer::new(output), Consumer::new(input));
        Self {
            uart: Pl011::new(),
            config,
            output,
            input,
            writer: VcpuId::BOOT,
            line: Vec::new(),
            seen: 0,
            show_at: None,
            panicked: false,
            saw_full: false,
            look_at: None,
        }
    }

    /// As after power-on.
    pub(super) fn reset(&mut self) {
        self.uart = Pl011::new();
        self.start_line();
        self.saw_full = false;
        self.settle_room();
    }

    fn start_line(&mut self) {
        self.line.clear();
        (self.seen, self.show_at) = (0, None);
    }

    /// Passes a byte of `vcpu` on: the console gets whole lines, unless one is long, takes
    /// long, or the guest waits (a prompt).
    pub(super) fn send<P: Platform>(&mut self, vcpu: VcpuId, byte: u8, platform: &mut P) {
        self.writer = vcpu;
        // There is room: a full buffer is flushed below.
        let _ = self.line.push(byte);
        if byte == b'\n' || self.line.is_full() {
            self.panicked |= tells_of_panic(&self.line);
            self.flush(platform);
            self.start_line();
        } else if self.show_at.is_none() {
            let patience = platform.counter_frequency() / HELD_BACK;
            self.show_at = Some(platform.counter().saturating_add(patience));
        }
        self.settle_room();
    }

    /// The guest's load of a register.
    pub(super) fn load(&mut self, offset: u64) -> u32 {
        if Pl011::is_flags(offset) {
            self.settle_room();
            self.saw_full |= self.uart.is_transmit_full();
        }
        self.uart.read(offset)
    }

    /// Makes the UART say whether the console takes a byte more. A guest that heeds it
    /// loses none.
    pub(super) fn settle_room(&mut self) {
        // A byte more, behind those of the line, would be lost.
        let full = self.output.room() <= self.line.len() - self.seen;
        self.uart.set_transmit_full(full);
    }

    /// Whether the guest has looked and saw no room, since the last call.
    pub(super) fn take_saw_full(&mut self) -> bool {
        core::mem::take(&mut self.saw_full)
    }

    /// Whether a line told of a panic since the last call.
    pub(super) fn take_panic(&mut self) -> bool {
        core::mem::take(&mut self.panicked)
    }

    /// Gives the console what it has not seen. It has a higher priority and
    /// drains at once; if it has no room even so, bytes are dropped and counted
    /// by the ring.
    pub(super) fn flush<P: Platform>(&mut self, platform: &mut P) {
        let unseen = &self.line[self.seen..];
        self.show_at = None;
        if unseen.is_empty() {
            return;
        }
        if self.output.room() < unseen.len() {
            platform.notify(self.config.output.channel);
        }
        self.output.write(unseen);
        self.seen = self.line.len();
        platform.notify(self.config.output.channel);
    }

    /// Takes typed bytes for which the FIFO has room.
    pub(super) fn pull(&mut self) {
        let mut byte = [0];
        while self.uart.room() > 0 && self.input.read(&mut byte) == 1 {
            self.uart.receive(byte[0]);
        }
    }
}

fn tells_of_panic(line: &[u8]) -> bool {
    let has = |text: &[u8]| line.windows(text.len()).any(|window| window == text);
    PANICS.into_iter().any(has) && !has(PANIC_AGAIN)
}
