// SPDX-License-Identifier: BSD-2-Clause

//! Driver of the `guest_shm` device: factory page and control page.
//!
//! Every access is one plain load or store (`safe-mmio` uses assembly), so that a
//! hypervisor can tell what it was.

use core::ptr::{NonNull, with_exposed_provenance, with_exposed_provenance_mut};
use core::sync::atomic::AtomicU32;
use safe_mmio::fields::{ReadOnly, ReadPure, ReadPureWrite, WriteOnly};
use safe_mmio::{UniqueMmioPointer, field, field_shared};
use shmem_rings::{MapError, map_read_only};

/// "QVMG2GSM" in memory order.
const SIGNATURE: u64 = 0x4d53_4732_474d_5651;
/// Bytes of the name field.
const NAME: usize = 32;
/// Indices of a region.
const PEERS: usize = 16;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// Factory page.
#[repr(C)]
pub struct FactoryRegisters {
    signature: ReadPure<u64>,
    shmem: ReadPure<u64>,
    vector: ReadPure<u32>,
    status: ReadPure<u32>,
    size: ReadPureWrite<u32>,
    name: [ReadPureWrite<u32>; NAME / 4],
    find: ReadPureWrite<u32>,
}

/// Control page.
#[repr(C)]
pub struct ControlRegisters {
    status: ReadOnly<u32>,
    idx: ReadPure<u32>,
    notify: WriteOnly<u32>,
    detach: WriteOnly<u32>,
    original: [u32; 0x200],
    generation: ReadPure<u32>,
    serial: ReadPure<u32>,
    others: [u32; 0x3a],
    records: [[ReadPure<u32>; 4]; PEERS],
}

/// What an attach came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Status code; 0 is success.
    pub status: u32,
    /// Size register: pages.
    pub pages: u32,
    /// Physical address of the control page.
    pub shmem: u64,
}

/// The device.
pub struct Factory {
    registers: UniqueMmioPointer<'static, FactoryRegisters>,
}

impl Factory {
    /// Takes the device. `None`: there is no such device there.
    ///
    /// # Safety
    ///
    /// The address is mapped as device memory, answers loads, and this is its
    /// only user.
    pub unsafe fn new(address: u64) -> Option<Self> {
        let registers = NonNull::new(with_exposed_provenance_mut(address as usize))?;
        // SAFETY: the caller promises mapping and sole use.
        let registers = unsafe { UniqueMmioPointer::<FactoryRegisters>::new(registers) };
        let found = field_shared!(registers, signature).read() == SIGNATURE;
        found.then_some(Self { registers })
    }

    /// INTID that the device says it raises.
    pub fn vector(&self) -> u32 {
        field_shared!(self.registers, vector).read()
    }

    /// Attaches: creates or joins the region of that name.
    pub fn attach(&mut self, name: &str, pages: u32) -> Outcome {
        let mut field = [0; NAME];
        for (to, from) in field[..NAME - 1].iter_mut().zip(name.bytes()) {
            *to = from;
        }
        let mut words = field!(self.registers, name);
        for (number, bytes) in field.chunks_exact(4).enumerate() {
            if let (Some(mut word), &[a, b, c, d]) = (words.get(number), bytes) {
                word.write(u32::from_le_bytes([a, b, c, d]));
            }
        }
        // This store attaches.
        field!(self.registers, size).write(pages);
        Outcome {
            status: field_shared!(self.registers, status).read(),
            pages: field_shared!(self.registers, size).read(),
            shmem: field_shared!(self.registers, shmem).read(),
        }
    }
}

/// An attached region.
pub struct Region {
    control: UniqueMmioPointer<'static, ControlRegisters>,
    data: &'static [AtomicU32],
}

impl Region {
    /// The region that an attach gave.
    ///
    /// # Safety
    ///
    /// The control page is mapped as device memory, the data behind it as normal
    /// memory, and this is the only object for it.
    pub unsafe fn new(outcome: &Outcome) -> Option<Self> {
        let control = NonNull::new(with_exposed_provenance_mut(outcome.shmem as usize))?;
        let data = with_exposed_provenance((outcome.shmem + PAGE) as usize);
        let words = outcome.pages as usize * (PAGE as usize / 4);
        // SAFETY: the caller promises the mappings; atomics admit other writers.
        unsafe {
            Some(Self {
                control: UniqueMmioPointer::new(control),
                data: core::slice::from_raw_parts(data, words),
            })
        }
    }

    /// The data.
    pub fn data(&self) -> &'static [AtomicU32] {
        self.data
    }

    /// The connection's index.
    pub fn idx(&self) -> u32 {
        field_shared!(self.control, idx).read()
    }

    /// Who signalled since the last call, and who is attached.
    pub fn status(&mut self) -> u32 {
        field!(self.control, status).read()
    }

    /// Signals a set of connections.
    pub fn signal(&mut self, targets: u32) {
        field!(self.control, notify).write(targets);
    }

    /// Number of the region's birth (feature registers).
    pub fn generation(&self) -> u32 {
        field_shared!(self.control, generation).read()
    }

    /// The data for the readers of `shmem-rings`, which may be mapped for reading only.
    pub fn view(&self) -> Result<shmem_rings::ReadOnly<'static>, MapError> {
        let bytes = core::mem::size_of_val(self.data);
        // SAFETY: mapped for good, as `new` was promised; only atomics reach it here.
        unsafe { map_read_only(self.data.as_ptr().cast(), bytes) }
    }

    /// What happened last at an index: event, its serial, last departure, its serial
    /// (feature registers). Zeros for an index that there cannot be.
    pub fn record(&mut self, index: u32) -> [u32; 4] {
        // The device takes this moment.
        field_shared!(self.control, serial).read();
        let records = field_shared!(self.control, records);
        let record = usize::try_from(index)
            .ok()
            .and_then(|index| records.get(index));
        record.map_or([0; 4], |record| {
            core::array::from_fn(|n| record.get(n).map_or(0, |word| word.read()))
        })
    }

    /// Ends the connection. The data stays mapped, but is not ours any more.
    pub fn detach(mut self) {
        field!(self.control, detach).write(1);
    }
}
