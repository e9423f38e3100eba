// SPDX-License-Identifier: BSD-2-Clause

//! Blob of the console.

use crate::{ChannelId, Name, ToManager, TraceRing};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// Whose output a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StreamKind {
    /// A protection domain's log, shown as `NAME | text`.
    Log,
    /// A guest's own console, shown as `NAME > text`.
    Guest,
}

/// One output ring.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stream {
    /// Speaker's name, as prefix of each line.
    pub name: Name,
    /// Log or guest console.
    pub kind: StreamKind,
    /// Address of the `OutputRing`.
    pub ring: u64,
}

/// A guest that takes input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Guest name.
    pub name: Name,
    /// Address of the `InputRing`.
    pub ring: u64,
    /// Channel to notify after writing.
    pub channel: ChannelId,
}

/// A protection domain's trace, which the console may read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Its name, as it speaks.
    pub name: Name,
    /// Its ring.
    pub ring: TraceRing,
}

/// Which UART the board has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UartKind {
    /// Arm PrimeCell PL011 (`qemu_virt_aarch64`).
    Pl011,
    /// i.MX UART (`imx8m*_evk`).
    Imx,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsoleConfig {
    /// UART registers.
    pub uart: u64,
    /// Which UART.
    pub uart_kind: UartKind,
    /// Channel number of the UART's interrupt.
    pub uart_irq: ChannelId,
    /// Address of its `tombolo_pages::deadline::DeadlinePage`: `clock` wakes the
    /// console to show a line that nobody finishes.
    pub deadline: u64,
    /// All output rings.
    pub streams: Vec<Stream, 124>,
    /// Guests that take input, in order; the first is selected at start.
    pub inputs: Vec<Input, 62>,
    /// The manager, for the shell.
    pub manager: ToManager,
    /// All traces.
    pub traces: Vec<Trace, 60>,
}
