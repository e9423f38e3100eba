// SPDX-License-Identifier: BSD-2-Clause

//! Registers (Arm DDI 0183, 3.2).

use bitflags::bitflags;

/// A register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Register {
    Data,
    ReceiveStatus,
    Flag,
    IrDa,
    IntegerBaud,
    FractionalBaud,
    LineControl,
    Control,
    FifoLevel,
    InterruptMask,
    RawStatus,
    MaskedStatus,
    InterruptClear,
    DmaControl,
    /// PrimeCell identification, byte n.
    Identification(usize),
    Reserved,
}

impl Register {
    pub(super) fn at(offset: u64) -> Self {
        match offset & 0xffc {
            0x00 => Self::Data,
            0x04 => Self::ReceiveStatus,
            FLAGS => Self::Flag,
            0x20 => Self::IrDa,
            0x24 => Self::IntegerBaud,
            0x28 => Self::FractionalBaud,
            0x2c => Self::LineControl,
            0x30 => Self::Control,
            0x34 => Self::FifoLevel,
            0x38 => Self::InterruptMask,
            0x3c => Self::RawStatus,
            0x40 => Self::MaskedStatus,
            0x44 => Self::InterruptClear,
            0x48 => Self::DmaControl,
            // Lossless: below a page.
            id @ 0xfe0.. => Self::Identification(((id - 0xfe0) / 4) as usize),
            _ => Self::Reserved,
        }
    }
}

/// UARTPeriphID0-3 (revision 1: a FIFO of 16) and UARTPCellID0-3.
pub(super) const IDENTIFICATION: [u8; 8] = [0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1];

bitflags! {
    /// UARTFR.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(super) struct Flags: u32 {
        const CTS = 1 << 0;
        const DSR = 1 << 1;
        const DCD = 1 << 2;
        const BUSY = 1 << 3;
        const RECEIVE_EMPTY = 1 << 4;
        const TRANSMIT_FULL = 1 << 5;
        const RECEIVE_FULL = 1 << 6;
        const TRANSMIT_EMPTY = 1 << 7;
    }

    /// UARTIMSC, UARTRIS, UARTMIS and UARTICR.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Interrupts: u32 {
        /// RX FIFO has reached its level.
        const RECEIVE = 1 << 4;
        /// TX FIFO has fallen to its level.
        const TRANSMIT = 1 << 5;
        /// The RX FIFO holds something, and nothing more came.
        const TIMEOUT = 1 << 6;
        /// All that exist.
        const ALL = 0x7ff;
    }
}

/// Offset of UARTFR.
pub(super) const FLAGS: u64 = 0x18;

/// UARTLCR_H: FIFOs enabled.
pub(super) const FIFO_ENABLE: u32 = 1 << 4;
