// SPDX-License-Identifier: BSD-2-Clause

//! The interrupt controller, GICv2: distributor and CPU interface.
//!
//! All interrupts in group 0 with one priority, to core 0; a line is off until
//! something wants it. A delivered line is masked and ended at once; the handler's
//! acknowledgement unmasks it (sel4-microkit-abi, 5.7). Registers: Arm IHI 0048B.

use core::ptr::NonNull;

use arm_gic::gicv2::registers::{Gicc, Gicd, GicdCtlr};
use safe_mmio::{UniqueMmioPointer, field};

/// GIC maintenance of the virtual interface (PPI).
pub const MAINTENANCE: u32 = 25;
/// EL2's physical timer (PPI).
pub const TIMER: u32 = 26;
/// EL1's virtual timer (PPI).
pub const VIRTUAL_TIMER: u32 = 27;

/// First INTID with a special meaning: none pending, or not for us.
const SPECIAL: u32 = 1020;
/// GICC_CTLR: enable group 0, as IRQ; EOI drops priority and deactivates.
const ENABLE: u32 = 1;
/// Priority of every interrupt, in each byte.
const PRIORITIES: u32 = 0x8080_8080;
/// GICC_PMR: lets all of them pass.
const PRIORITY_MASK: u32 = 0xf0;
/// Core 0, in each byte of GICD_ITARGETSR.
const TARGETS: u32 = 0x0101_0101;

/// The controller.
pub struct Gic {
    distributor: UniqueMmioPointer<'static, Gicd>,
    interface: UniqueMmioPointer<'static, Gicc>,
    max_intid: u32,
}

impl Gic {
    /// Takes the controller over, with all lines off.
    ///
    /// # Safety
    /// `gicd` and `gicc` are the physical addresses of a GICv2, mapped as device
    /// memory, and nothing else accesses it.
    pub unsafe fn new(gicd: u64, gicc: u64, max_intid: u32) -> Option<Self> {
        let distributor = NonNull::new(gicd as *mut Gicd)?;
        let interface = NonNull::new(gicc as *mut Gicc)?;
        // SAFETY: the caller's promise.
        let (distributor, interface) = unsafe {
            (
                UniqueMmioPointer::new(distributor),
                UniqueMmioPointer::new(interface),
            )
        };
        let mut gic = Self {
            distributor,
            interface,
            max_intid: max_intid.min(SPECIAL - 1),
        };
        gic.reset();
        Some(gic)
    }

    fn reset(&mut self) {
        field!(self.distributor, ctlr).write(GicdCtlr::empty());
        let words = (self.max_intid / 32 + 1) as usize;
        for word in 0..words {
            write(field!(self.distributor, icenabler).get(word), u32::MAX);
            write(field!(self.distributor, icpendr).get(word), u32::MAX);
            write(field!(self.distributor, icactiver).get(word), u32::MAX);
            write(field!(self.distributor, igroupr).get(word), 0);
        }
        for word in 0..words * 8 {
            write(field!(self.distributor, ipriorityr).get(word), PRIORITIES);
        }
        // Targets of the first 32 are read-only.
        for word in 8..words * 8 {
            if let Some(mut targets) = field!(self.distributor, itargetsr).get(word) {
                // SAFETY: GICD_ITARGETSR routes interrupts and nothing else.
                unsafe { targets.write_unsafe(TARGETS) };
            }
        }
        field!(self.distributor, ctlr).write(GicdCtlr::EnableGrp0);
        field!(self.interface, pmr).write(PRIORITY_MASK);
        field!(self.interface, ctlr).write(ENABLE);
    }

    /// The interrupt that is to be handled now; it is active until [`Gic::end`].
    pub fn acknowledge(&mut self) -> Option<u32> {
        // An SGI's source core is above the INTID.
        let intid = field!(self.interface, iar).read() & 0x3ff;
        (intid < SPECIAL).then_some(intid)
    }

    /// Ends the handling of `intid`.
    pub fn end(&mut self, intid: u32) {
        field!(self.interface, eoir).write(intid);
    }

    /// Masks `intid`.
    pub fn mask(&mut self, intid: u32) {
        let (word, bit) = position(intid);
        write(field!(self.distributor, icenabler).get(word), bit);
    }

    /// Unmasks `intid`.
    pub fn unmask(&mut self, intid: u32) {
        if intid <= self.max_intid {
            let (word, bit) = position(intid);
            write(field!(self.distributor, isenabler).get(word), bit);
        }
    }

    /// Sets the trigger of `intid`: edge, or else level.
    pub fn set_trigger(&mut self, intid: u32, edge: bool) {
        let bit = 2 << (intid % 16 * 2);
        let mut configuration = field!(self.distributor, icfgr);
        if let Some(mut register) = configuration.get((intid / 16) as usize) {
            let value = register.read();
            register.write(if edge { value | bit } else { value & !bit });
        }
    }
}

fn position(intid: u32) -> (usize, u32) {
    ((intid / 32) as usize, 1 << (intid % 32))
}

/// Writes a register that the caller knows to exist.
fn write(
    register: Option<UniqueMmioPointer<'_, safe_mmio::fields::ReadPureWrite<u32>>>,
    value: u32,
) {
    if let Some(mut register) = register {
        register.write(value);
    }
}
