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
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, Ordering};

/// PPI of the virtual timer: INTID 27.
const TIMER: IntId = IntId::ppi(11);
/// Middle priority.
const PRIORITY: u8 = 0x80;
/// Group 0, or the non-secure view of group 1: both are IAR and EOIR.
const GROUP: InterruptGroup = InterruptGroup::Group0;

/// Offset of the acknowledge register in the CPU interface (Arm IHI 0048, 4.4.4).
const GICC_IAR: u64 = 0xc;

/// Where the CPU interface is, for the exception handler; 0: no interrupt is
/// expected as an exception.
static HANDLER: AtomicU64 = AtomicU64::new(0);
/// What the handler counts up before it ends the guest's life.
static EPITAPH: AtomicPtr<AtomicU32> = AtomicPtr::new(core::ptr::null_mut());
/// How it does: an [`End`].
static END: AtomicU8 = AtomicU8::new(End::Reset as u8);

/// How a guest's life ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    /// PSCI SYSTEM_RESET.
    Reset,
    /// PSCI SYSTEM_OFF.
    Off,
    /// A crash, as [`super::crash`].
    Crash,
}

/// Whom the handler waits for before that.
static PARTY: AtomicPtr<Party> = AtomicPtr::new(core::ptr::null_mut());

/// Processors that meet in their interrupts' handlers; one of them resets the guest.
pub struct Party {
    all: AtomicU32,
    chosen: AtomicU32,
    sleepy: AtomicBool,
    inside: AtomicU32,
}

impl Party {
    /// Of nobody yet.
    pub const fn new() -> Self {
        Self {
            all: AtomicU32::new(0),
            chosen: AtomicU32::new(0),
            sleepy: AtomicBool::new(false),
            inside: AtomicU32::new(0),
        }
    }

    /// So many are to come; the one with the number chosen resets the guest. The others
    /// sleep or spin meanwhile.
    pub fn invite(&self, all: u32, chosen: u32, sleepy: bool) {
        self.all.store(all, Ordering::SeqCst);
        self.chosen.store(chosen, Ordering::SeqCst);
        self.sleepy.store(sleepy, Ordering::SeqCst);
    }

    /// How many are in their handlers.
    pub fn inside(&self) -> u32 {
        self.inside.load(Ordering::SeqCst)
    }

    /// In a handler: returns when all are, to the one that is chosen.
    fn meet(&self) {
        let chosen = self.chosen.load(Ordering::SeqCst) == super::number();
        self.inside.fetch_add(1, Ordering::SeqCst);
        while !chosen || self.inside() < self.all.load(Ordering::SeqCst) {
            if !chosen && self.sleepy.load(Ordering::SeqCst) {
                wfi();
            }
            core::hint::spin_loop();
        }
    }
}

/// An interrupt was taken as an exception: if that was asked for, its handler
/// acknowledges it and ends the guest's life. Else this returns.
pub(super) fn handle() {
    let gicc = HANDLER.load(Ordering::SeqCst);
    if gicc == 0 {
        return;
    }
    // SAFETY: `end_at` put a mapped register's address there. It stays active:
    // that is the point.
    unsafe {
        with_exposed_provenance_mut::<u32>((gicc + GICC_IAR) as usize).read_volatile();
        if let Some(epitaph) = EPITAPH.load(Ordering::SeqCst).as_ref() {
            epitaph.fetch_add(1, Ordering::SeqCst);
        }
        if let Some(party) = PARTY.load(Ordering::SeqCst).as_ref() {
            party.meet();
        }
    }
    match END.load(Ordering::SeqCst) {
        end if end == End::Off as u8 => super::off(),
        end if end == End::Crash as u8 => super::crash_at_once(),
        _ => super::reset(),
    }
}

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
    gicc: u64,
    device: Option<IntId>,
}

impl Interrupts {
    /// Sets a GICv2 up for the virtual timer.
    ///
    /// # Safety
    ///
    /// Distributor and CPU interface are mapped there as device memory, and this
    /// is their only user.
    pub unsafe fn new(gicd: u64, address: u64) -> Option<Self> {
        let gicd = with_exposed_provenance_mut::<Gicd>(gicd as usize);
        let gicc = with_exposed_provenance_mut::<Gicc>(address as usize);
        if gicd.is_null() || gicc.is_null() {
            return None;
        }
        // SAFETY: the caller promises the mapping and sole use.
        let mut gic = unsafe { GicV2::new(gicd, gicc) };
        gic.setup();
        gic.set_interrupt_priority(TIMER, PRIORITY);
        gic.enable_interrupt(TIMER, true).ok()?;
        Some(Self {
            gic,
            gicc: address,
            device: None,
        })
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

    /// Sleeps for so many milliseconds, whatever the device's line does.
    pub fn sleep_unheard(&mut self, ms: u64) {
        let Some(device) = self.device else { return };
        // A failure leaves it as it was: then this returns early or late.
        let _ = self.gic.enable_interrupt(device, false);
        let deadline = Deadline::in_ms(ms);
        while self.wait(deadline) == Woken::Device {
            // It was on its way.
            self.end_device();
        }
        let _ = self.gic.enable_interrupt(device, true);
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

    /// From now on an interrupt is taken as an exception, whose handler ends the
    /// guest's life: the timer's, at `deadline`. The word is counted up by one before.
    /// A crash needs [`super::prepare_crash`] before.
    pub fn end_at(&mut self, deadline: Deadline, end: End, epitaph: Option<&'static AtomicU32>) {
        END.store(end as u8, Ordering::SeqCst);
        if let Some(device) = self.device {
            // A failure leaves it enabled: it then ends this guest's life earlier.
            let _ = self.gic.enable_interrupt(device, false);
        }
        let epitaph = epitaph.map_or(core::ptr::null(), core::ptr::from_ref);
        EPITAPH.store(epitaph.cast_mut(), Ordering::SeqCst);
        HANDLER.store(self.gicc, Ordering::SeqCst);
        deadline.arm();
        // SAFETY: the vectors handle it.
        unsafe { core::arch::asm!("msr daifclr, #2", "isb", options(nostack)) };
    }

    /// The same on each of several processors, whose handlers meet before one of them
    /// resets the guest.
    pub fn meet_at(&mut self, deadline: Deadline, party: &'static Party) {
        PARTY.store(core::ptr::from_ref(party).cast_mut(), Ordering::SeqCst);
        self.end_at(deadline, End::Reset, None);
    }

    /// Ends what [`Self::end_at`] began; nothing if that did not.
    pub fn end_no_more(&mut self) {
        if HANDLER.load(Ordering::SeqCst) == 0 {
            return;
        }
        // SAFETY: back to how programs run here.
        unsafe { core::arch::asm!("msr daifset, #2", "isb", options(nostack)) };
        HANDLER.store(0, Ordering::SeqCst);
        time::disarm();
        if let Some(device) = self.device {
            // A failure leaves it silent: whoever waits for it says so.
            let _ = self.gic.enable_interrupt(device, true);
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
