// SPDX-License-Identifier: BSD-2-Clause

//! The board's UART.
//!
//! Output is polled and bounded: a UART that never gets ready costs bytes, not
//! the system. Input comes by interrupt. The i.MX UART keeps the line settings
//! that the boot loader made; the PL011, which no boot loader set up under QEMU,
//! is enabled here.

mod imx;

use arm_pl011_uart::{
    DataBits, Interrupts, LineConfig, PL011Registers, Parity, StopBits, Uart as Pl011,
};
use console::Sink;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use safe_mmio::UniqueMmioPointer;
use tombolo_config::console::UartKind;

/// Looks at the status register before a byte is given up: more than the time
/// of a whole FIFO at 115200 baud takes.
const PATIENCE: u32 = 1_000_000;

/// Line format of the PL011.
const LINE: LineConfig = LineConfig {
    data_bits: DataBits::Bits8,
    parity: Parity::None,
    stop_bits: StopBits::One,
};
/// Line rate of the PL011.
const BAUD: u32 = 115_200;
/// Reference clock of the PL011 on `qemu_virt_aarch64` (its device tree's
/// `apb-pclk`).
const PL011_CLOCK: u32 = 24_000_000;

/// A UART.
pub enum Uart {
    /// Arm PrimeCell PL011 (Arm DDI 0183).
    Pl011(Pl011<'static>),
    /// i.MX UART.
    Imx(imx::Imx),
}

impl Uart {
    /// Takes the UART at `address` and enables its receive interrupt.
    ///
    /// # Safety
    ///
    /// The registers of a UART of that kind are mapped at `address` as device
    /// memory for this domain's whole life, and nothing else uses them.
    pub unsafe fn new(kind: UartKind, address: u64) -> Option<Self> {
        let address = usize::try_from(address).ok()?;
        match kind {
            UartKind::Pl011 => {
                let registers =
                    NonNull::new(with_exposed_provenance_mut::<PL011Registers>(address))?;
                // SAFETY: the caller promises the registers and their sole use.
                let mut uart = Pl011::new(unsafe { UniqueMmioPointer::new(registers) });
                uart.enable(LINE, BAUD, PL011_CLOCK).ok()?;
                uart.clear_interrupts(Interrupts::all());
                uart.set_interrupt_masks(Interrupts::RXI | Interrupts::RTI);
                Some(Self::Pl011(uart))
            }
            UartKind::Imx => {
                let registers =
                    NonNull::new(with_exposed_provenance_mut::<imx::Registers>(address))?;
                // SAFETY: as above.
                let registers = unsafe { UniqueMmioPointer::new(registers) };
                Some(Self::Imx(imx::Imx::new(registers)))
            }
        }
    }

    /// A received byte.
    pub fn receive(&mut self) -> Option<u8> {
        match self {
            // A byte with a framing or parity error is dropped as noise; the next
            // one is looked for at the next interrupt.
            Self::Pl011(uart) => uart.read_word().ok().flatten(),
            Self::Imx(uart) => uart.receive(),
        }
    }

    /// Ends the interrupt at the device. To be called before everything is
    /// received: what comes after raises it again.
    pub fn acknowledge(&mut self) {
        if let Self::Pl011(uart) = self {
            // The i.MX line follows its FIFO; the PL011's timeout is latched.
            uart.clear_interrupts(Interrupts::RXI | Interrupts::RTI);
        }
    }

    fn ready(&self) -> bool {
        match self {
            Self::Pl011(uart) => !uart.is_tx_fifo_full(),
            Self::Imx(uart) => uart.ready(),
        }
    }
}

impl Sink for Uart {
    fn put(&mut self, byte: u8) {
        if !(0..PATIENCE).any(|_| self.ready()) {
            return;
        }
        match self {
            Self::Pl011(uart) => uart.write_word(byte),
            Self::Imx(uart) => uart.send(byte),
        }
    }
}
