// SPDX-License-Identifier: BSD-2-Clause

//! Driver of the `tombolo,manager` device: doorbell, interrupt, mailbox.

use core::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};
use safe_mmio::fields::{ReadPure, WriteOnly};
use safe_mmio::{UniqueMmioPointer, field, field_shared};
use tombolo_pages::mailbox::Mailbox;

/// "TMGR" in memory order.
const MAGIC: u32 = 0x5247_4d54;

/// Its registers.
#[repr(C)]
pub struct ManagementRegisters {
    magic: ReadPure<u32>,
    version: ReadPure<u32>,
    doorbell: WriteOnly<u32>,
    status: ReadPure<u32>,
    acknowledge: WriteOnly<u32>,
}

/// The device.
pub struct Management {
    registers: UniqueMmioPointer<'static, ManagementRegisters>,
    mailbox: &'static Mailbox,
}

impl Management {
    /// Takes the device. `None`: there is no such device there.
    ///
    /// # Safety
    ///
    /// The registers are mapped as device memory and answer loads, the mailbox is
    /// mapped as normal memory, and this is the only user of both.
    pub unsafe fn new(registers: u64, mailbox: u64) -> Option<Self> {
        let registers = NonNull::new(with_exposed_provenance_mut(registers as usize))?;
        let mailbox =
            NonNull::new(with_exposed_provenance::<Mailbox>(mailbox as usize).cast_mut())?;
        // SAFETY: the caller promises mappings and sole use; the mailbox is a page of
        // atomics, which admit the manager as another writer.
        let (registers, mailbox) = unsafe {
            (
                UniqueMmioPointer::<ManagementRegisters>::new(registers),
                mailbox.as_ref(),
            )
        };
        let found = field_shared!(registers, magic).read() == MAGIC
            && field_shared!(registers, version).read() == 1;
        found.then_some(Self { registers, mailbox })
    }

    /// Where requests and answers lie.
    pub fn mailbox(&self) -> &'static Mailbox {
        self.mailbox
    }

    /// The manager is to look into the mailbox.
    pub fn ring(&mut self) {
        field!(self.registers, doorbell).write(1);
    }

    /// Whether an answer has come that was not acknowledged.
    pub fn has_answer(&self) -> bool {
        field_shared!(self.registers, status).read() & 1 != 0
    }

    /// Lowers the interrupt's line.
    pub fn acknowledge(&mut self) {
        field!(self.registers, acknowledge).write(1);
    }
}
