// SPDX-License-Identifier: BSD-2-Clause

//! Waiting for interrupts.
//!
//! Interrupts stay masked at the core: WFI returns when one is pending, and the
//! GIC says which. That has no gap between looking and sleeping.

use super::time::{self, Deadline};
use aarch64_cpu::asm::{barrier, wfi};
use arm_gic::gicv2::GicV2;
use arm_gic::gicv2::registers::{Gicc, Gicd};
use arm_gic::{IntId, InterruptGroup, Trigger};
use core::ptr::with_exposed_provenance_mut;

/// PPI of the virtual timer: INTID 27.
const TIMER: IntId = IntId::ppi(11);
/// Middle priority.
const PRIORITY: u8 = 0x80;
/// Group 0, or the non-secure view of group 1: both are IAR and EOIR.
const GROUP: InterruptGroup = InterruptGroup::Group0;

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The device's interrupt. It is to be ended after the device was served.
    Device,
    /// The deadline.
    Timeout,
}

/// The GIC and who may interrupt.
pub struct Interrupts {
    gic: GicV2<'static>,
    device: Option<IntId>,
}

impl Interrupts {
    /// Sets a GICv2 up for the virtual timer.
    ///
    /// # Safety
    ///
    /// Distributor and CPU interface are mapped there as device memory, and this
    /// is their only user.
    pub unsafe fn new(gicd: u64, gicc: u64) -> Option<Self> {
        let gicd = with_exposed_provenance_mut::<Gicd>(gicd as usize);
        let gicc = with_exposed_provenance_mut::<Gicc>(gicc as usize);
        if gicd.is_null() || gicc.is_null() {
            return None;
        }
        // SAFETY: the caller promises the mapping and sole use.
        let mut gic = unsafe { GicV2::new(gicd, gicc) };
        gic.setup();
        gic.set_interrupt_priority(TIMER, PRIORITY);
        gic.enable_interrupt(TIMER, true).ok()?;
        Some(Self { gic, device: None })
    }

    /// Lets a device interrupt, by its number among the SPIs. False: the GIC refused.
    #[must_use]
    pub fn enable_device(&mut self, spi: u32) -> bool {
        if spi > IntId::MAX_SPI_COUNT {
            return false;
        }
        let device = IntId::spi(spi);
        self.gic.set_trigger(device, Trigger::Level);
        self.gic.set_interrupt_priority(device, PRIORITY);
        self.device = Some(device);
        self.gic.enable_interrupt(device, true).is_ok()
    }

    /// Sleeps until the device interrupts or the deadline has come.
    pub fn wait(&mut self, deadline: Deadline) -> Woken {
        deadline.arm();
        loop {
            match self.gic.get_and_acknowledge_interrupt(GROUP) {
                Some(intid) if Some(intid) == self.device => {
                    time::disarm();
                    return Woken::Device;
                }
                Some(intid) => {
                    // The timer's line falls when it is disarmed: before the end.
                    time::disarm();
                    self.gic.end_interrupt(intid, GROUP);
                    if deadline.passed() {
                        return Woken::Timeout;
                    }
                    deadline.arm();
                }
                None => {
                    barrier::dsb(barrier::SY);
                    wfi();
                }
            }
        }
    }

    /// The device was served.
    pub fn end_device(&mut self) {
        if let Some(device) = self.device {
            barrier::dsb(barrier::SY);
            self.gic.end_interrupt(device, GROUP);
        }
    }
}
