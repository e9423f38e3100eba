// SPDX-License-Identifier: BSD-2-Clause

//! What the checks work with: the device, register by register.

use super::super::connection::PAGE;
use crate::failure;
use crate::machine::{Abort, Deadline, Page, Width, Woken};
use crate::run::{Failure, Machine};
use bare_guests::tables::Memory;
use core::ops::Range;
use core::ptr::with_exposed_provenance;
use core::sync::atomic::AtomicU32;

// Factory page.
pub const SHMEM: u64 = 0x08;
pub const VECTOR: u64 = 0x10;
pub const STATUS: u64 = 0x14;
pub const SIZE: u64 = 0x18;
pub const NAME: u64 = 0x1c;
pub const FIND: u64 = 0x3c;
/// Where nothing is defined any more.
pub const FACTORY_END: u64 = 0x40;

// Control page.
pub const CONTROL_STATUS: u64 = 0x00;
pub const CONTROL_IDX: u64 = 0x04;
pub const CONTROL_NOTIFY: u64 = 0x08;
pub const CONTROL_DETACH: u64 = 0x0c;
/// Where nothing is defined any more.
pub const CONTROL_END: u64 = 0x10;

/// On both pages: Tombolo's own registers, which the original does not have.
pub const FEATURES: Range<u64> = 0x800..0xa80;

/// `notify`: every attached connection but me.
pub const EVERYONE_ELSE: u64 = 0xffff_ffff;

// Status codes.
pub const OK: u64 = 0;
pub const UNKNOWN_FAILURE: u64 = 1;
pub const NOMEM: u64 = 2;
pub const ILLEGAL_NAME: u64 = 4;
pub const NO_PERMISSION: u64 = 5;
pub const DOES_NOT_EXIST: u64 = 6;

/// In which no interrupt is to come.
const QUIET_MS: u64 = 20;
/// In which one must come.
const SOON_MS: u64 = 2000;

/// A check's outcome.
pub type Outcome = Result<(), Failure>;

/// An attached region.
#[derive(Clone, Copy)]
pub struct Connection {
    pub shmem: u64,
    pub pages: u64,
    pub control: Page,
    pub data: &'static [AtomicU32],
}

/// The device and what was attached.
pub struct Bench<'m, 'a> {
    pub machine: &'m mut Machine<'a>,
    pub factory: Page,
    pub intid: u32,
    /// Regions of this guest alone.
    pub own: [Option<Connection>; 2],
    /// The region shared with the peer.
    pub shared: Option<Connection>,
}

impl<'m, 'a> Bench<'m, 'a> {
    /// Finds the device and lets it interrupt.
    pub fn new(machine: &'m mut Machine<'a>) -> Result<Self, Failure> {
        let device = machine.devices.guest_shm;
        let found = device.and_then(|d| Some((d.address, d.spi?, d.intid()?)));
        let (address, spi, intid) = found.ok_or_else(|| {
            failure!("the device tree has no qvm,guest_shm: give the guest a shmem device")
        })?;
        if !machine.interrupts.enable_device(spi) {
            return Err(failure!("the GIC does not let INTID {intid} interrupt"));
        }
        Ok(Self {
            machine,
            // SAFETY: devices are mapped; the device tree says that it is there.
            factory: unsafe { Page::new(address) },
            intid,
            own: [None; 2],
            shared: None,
        })
    }

    /// A word of the factory page.
    pub fn word(&self, offset: u64) -> Result<u64, Abort> {
        self.factory.load(offset, Width::Word)
    }

    /// Stores the name field, byte for byte what is given, then zeros.
    pub fn store_name(&self, name: &[u8]) -> Result<(), Abort> {
        for offset in 0..32 {
            let byte = name.get(offset).copied().unwrap_or(0);
            self.factory
                .store(NAME + offset as u64, Width::Byte, byte.into())?;
        }
        Ok(())
    }

    /// The name field.
    pub fn name(&self) -> Result<[u8; 32], Abort> {
        let mut name = [0; 32];
        for (offset, byte) in (NAME..).zip(&mut name) {
            // Lossless: a byte was loaded.
            *byte = self.factory.load(offset, Width::Byte)? as u8;
        }
        Ok(name)
    }

    /// Attaches; returns the status code.
    pub fn attach(&self, name: &[u8], pages: u64) -> Result<u64, Abort> {
        self.store_name(name)?;
        self.factory.store(SIZE, Width::Word, pages)?;
        self.word(STATUS)
    }

    /// Finds; returns the status code.
    pub fn find(&self, nth: u64) -> Result<u64, Abort> {
        self.factory.store(FIND, Width::Word, nth)?;
        self.word(STATUS)
    }

    /// Maps what the factory names: control page and data in one go, write-back,
    /// as drivers do.
    pub fn connect(&mut self) -> Result<Connection, Failure> {
        let shmem = self.factory.load(SHMEM, Width::Double)?;
        let pages = self.word(SIZE)?;
        let bytes = PAGE * (1 + pages);
        self.machine
            .mmu
            .map(shmem, bytes, Memory::Data)
            .map_err(|error| failure!("cannot map {bytes:#x} bytes at {shmem:#x}: {error:?}"))?;
        let data = with_exposed_provenance::<AtomicU32>((shmem + PAGE) as usize);
        let words = (pages * PAGE / 4) as usize;
        Ok(Connection {
            shmem,
            pages,
            // SAFETY: just mapped; `map` refuses what overlaps this program.
            control: unsafe { Page::new(shmem) },
            // SAFETY: just mapped, zeros at least; atomics admit other writers.
            data: unsafe { core::slice::from_raw_parts(data, words) },
        })
    }

    /// One of this guest's own regions.
    pub fn own(&self, number: usize) -> Result<Connection, Failure> {
        let own = self.own.get(number).copied().flatten();
        own.ok_or_else(|| failure!("not attached: see the checks before"))
    }

    /// The region shared with the peer.
    pub fn shared(&self) -> Result<Connection, Failure> {
        self.shared
            .ok_or_else(|| failure!("not attached: see the checks before"))
    }

    /// Waits for the interrupt, which stays active until [`Self::end`].
    pub fn interrupted(&mut self) -> Outcome {
        match self.machine.interrupts.wait(Deadline::in_ms(SOON_MS)) {
            Woken::Device => Ok(()),
            Woken::Timeout => Err(failure!("no interrupt within {SOON_MS} ms")),
        }
    }

    /// The interrupt was handled.
    pub fn end(&mut self) {
        self.machine.interrupts.end_device();
    }

    /// No interrupt comes.
    pub fn quiet(&mut self) -> Outcome {
        match self.machine.interrupts.wait(Deadline::in_ms(QUIET_MS)) {
            Woken::Timeout => Ok(()),
            Woken::Device => {
                self.end();
                Err(failure!("an interrupt came"))
            }
        }
    }

    /// Reads what is pending, and lets a last interrupt go by.
    pub fn settle(&mut self, connection: Connection) -> Outcome {
        connection.control.load(CONTROL_STATUS, Width::Word)?;
        let _ = self.quiet();
        connection.control.load(CONTROL_STATUS, Width::Word)?;
        self.quiet()
    }
}

/// An access that ends in an external abort, as documented.
pub fn aborts<T>(what: &str, outcome: Result<T, Abort>) -> Outcome {
    match outcome {
        Err(abort) if abort.is_external() => Ok(()),
        Err(abort) => Err(failure!(
            "{what}: esr {:#x} is no external abort",
            abort.esr
        )),
        Ok(_) => Err(failure!("{what} worked: it must be an external abort")),
    }
}
