// SPDX-License-Identifier: BSD-2-Clause

//! The manager's own log.

use core::fmt::{Arguments, Write};
use sel4_microkit::Channel;
use tombolo_config::Output;
use tombolo_pages::ring::{OUTPUT_BYTES, OutputRing, Producer};
use tombolo_start::{StartError, channel, shared};

/// A ring and who shows it.
pub struct Log {
    ring: Producer<'static, OUTPUT_BYTES>,
    console: Channel,
}

impl Log {
    /// As the configuration has it.
    pub fn new(output: Output) -> Result<Self, StartError> {
        let ring: &OutputRing = shared("the log", output.ring)?;
        Ok(Self {
            ring: Producer::new(ring),
            console: channel(output.channel)?,
        })
    }

    /// Writes a line.
    pub fn line(&mut self, text: Arguments<'_>) {
        // The ring's writer counts what does not fit and never fails.
        let _ = self.ring.write_fmt(text);
        self.ring.write(b"\n");
        self.console.notify();
    }
}
