// SPDX-License-Identifier: BSD-2-Clause

//! The board's UART.
//!
//! Nothing here waits: the console asks whether a byte can be sent, and asks for an
//! interrupt if not. The i.MX UART keeps the line settings that the boot loader
//! made; the PL011, which no boot loader set up under QEMU, is enabled here.

mod imx;

use arm_pl011_uart::{
    DataBits, Interrupts, LineConfig, PL011Registers, Parity, StopBits, Uart as Pl011,
};
use console::Port;
use core::ptr::{NonNull, with_exposed_provenance_mut};
use safe_mmio::UniqueMmioPointer;
use tombolo_config::console::UartKind;

/// Depth of the receive FIFO.
const FIFO: usize = 32;

/// What the PL011 raises when something was received.
const RECEIVED: Interrupts = Interrupts::RXI.union(Interrupts::RTI);

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
                uart.set_interrupt_masks(RECEIVED);
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

    /// A received byte. Those that came with an error are left out and counted: they
    /// are noise, or the line was faster than the console.
    pub fn receive(&mut self, lost: &mut u32) -> Option<u8> {
        match self {
            // As many as the FIFO holds, at the most.
            Self::Pl011(uart) => (0..=FIFO).find_map(|_| match uart.read_word() {
                Ok(byte) => Some(byte),
                Err(_) => {
                    *lost += 1;
                    None
                }
            })?,
            Self::Imx(uart) => uart.receive(lost),
        }
    }

    /// Ends the interrupt at the device. To be called before everything is
    /// received: what comes after raises it again.
    pub fn acknowledge(&mut self) {
        if let Self::Pl011(uart) = self {
            // The i.MX line follows its FIFO; the PL011's timeout is latched.
            uart.clear_interrupts(RECEIVED);
        }
    }

    /// Whether to interrupt when something was received.
    pub fn interrupt_when_received(&mut self, wanted: bool) {
        match self {
            Self::Pl011(uart) => set_interrupt(uart, RECEIVED, wanted),
            Self::Imx(uart) => uart.interrupt_when_received(wanted),
        }
    }
}

fn set_interrupt(uart: &mut Pl011<'_>, which: Interrupts, wanted: bool) {
    let mut masks = uart.interrupt_masks();
    if masks.contains(which) != wanted {
        masks.set(which, wanted);
        uart.set_interrupt_masks(masks);
    }
}

impl Port for Uart {
    fn is_ready(&self) -> bool {
        match self {
            Self::Pl011(uart) => !uart.is_tx_fifo_full(),
            Self::Imx(uart) => uart.is_ready(),
        }
    }

    fn send(&mut self, byte: u8) {
        match self {
            Self::Pl011(uart) => uart.write_word(byte),
            Self::Imx(uart) => uart.send(byte),
        }
    }

    fn interrupt_when_ready(&mut self, wanted: bool) {
        match self {
            // Raised when the FIFO falls to its level; it is full now.
            Self::Pl011(uart) => set_interrupt(uart, Interrupts::TXI, wanted),
            Self::Imx(uart) => uart.interrupt_when_ready(wanted),
        }
    }
}
