// SPDX-License-Identifier: BSD-2-Clause

//! The virtual interface control of a GICv2 (GICH): virtual interrupts.
//!
//! Registers: Arm IHI 0048B, 5.3. The virtual interface is on only while its vCPU
//! runs; GICH_HCR asks for no interrupts but those of list registers.

use core::ptr::NonNull;

use safe_mmio::fields::{ReadPure, ReadPureWrite};
use safe_mmio::{UniqueMmioPointer, field, field_shared};

/// Most list registers a GICv2 may have.
const MAX_LIST_REGISTERS: usize = 64;
/// GICH_HCR.En.
const ENABLE: u32 = 1;
/// List register: maintenance interrupt at EOI.
const LR_EOI: u32 = 1 << 19;
/// List register: state pending.
const LR_PENDING: u32 = 1 << 28;
/// List register: state active, or active and pending.
const LR_ACTIVE: u32 = 1 << 29;

/// GICH.
#[repr(C)]
struct Gich {
    hcr: ReadPureWrite<u32>,
    vtr: ReadPure<u32>,
    vmcr: ReadPureWrite<u32>,
    _reserved_0: u32,
    misr: ReadPure<u32>,
    _reserved_1: [u32; 3],
    eisr: [ReadPure<u32>; 2],
    _reserved_2: [u32; 2],
    elrsr: [ReadPure<u32>; 2],
    _reserved_3: [u32; 46],
    apr: ReadPureWrite<u32>,
    _reserved_4: [u32; 3],
    lr: [ReadPureWrite<u32>; MAX_LIST_REGISTERS],
}

const _: () = assert!(core::mem::offset_of!(Gich, apr) == 0xf0);
const _: () = assert!(core::mem::offset_of!(Gich, lr) == 0x100);

/// State of a vCPU's virtual interface.
pub struct VirtualInterface {
    hcr: u32,
    vmcr: u32,
    apr: u32,
    list: [u32; MAX_LIST_REGISTERS],
}

impl VirtualInterface {
    /// All zeros.
    pub const ZERO: Self = Self {
        hcr: 0,
        vmcr: 0,
        apr: 0,
        list: [0; MAX_LIST_REGISTERS],
    };

    /// The start state.
    pub fn reset(&mut self) {
        self.hcr = ENABLE;
    }
}

/// A pending interrupt that reports its EOI.
pub fn pending(virq: u32, priority: u32, group: u32) -> u32 {
    (virq & 0x3ff) | LR_EOI | (priority & 0x1f) << 23 | LR_PENDING | (group & 1) << 30
}

/// The virtual interface control.
pub struct Vgic {
    registers: UniqueMmioPointer<'static, Gich>,
    count: usize,
}

impl Vgic {
    /// Takes the virtual interface over, off.
    ///
    /// # Safety
    /// `gich` is the physical address of a GICH, mapped as device memory, and
    /// nothing else accesses it.
    pub unsafe fn new(gich: u64) -> Option<Self> {
        let registers = NonNull::new(gich as *mut Gich)?;
        // SAFETY: the caller's promise.
        let mut registers = unsafe { UniqueMmioPointer::new(registers) };
        field!(registers, hcr).write(0);
        // GICH_VTR.ListRegs is the number less one.
        let count = (field_shared!(registers, vtr).read() & 0x3f) as usize + 1;
        let mut vgic = Self { registers, count };
        vgic.restore(&VirtualInterface::ZERO);
        Some(vgic)
    }

    /// Number of list registers.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Turns the interface off, keeping GICH_HCR in `to`.
    pub fn stop(&mut self, to: &mut VirtualInterface) {
        to.hcr = field!(self.registers, hcr).read();
        field!(self.registers, hcr).write(0);
    }

    /// Turns the interface on as `from` has it.
    pub fn start(&mut self, from: &VirtualInterface) {
        field!(self.registers, hcr).write(from.hcr);
    }

    /// Stores all but GICH_HCR.
    pub fn save(&mut self, to: &mut VirtualInterface) {
        to.vmcr = field!(self.registers, vmcr).read();
        to.apr = field!(self.registers, apr).read();
        for (index, value) in to.list.iter_mut().enumerate().take(self.count) {
            *value = self.list(index);
        }
    }

    /// Loads all but GICH_HCR.
    pub fn restore(&mut self, from: &VirtualInterface) {
        field!(self.registers, vmcr).write(from.vmcr);
        field!(self.registers, apr).write(from.apr);
        for (index, &value) in from.list.iter().enumerate().take(self.count) {
            self.set_list(index, value);
        }
    }

    /// List register `index`, 0 if there is none.
    pub fn list(&mut self, index: usize) -> u32 {
        field!(self.registers, lr)
            .get(index)
            .map_or(0, |register| register.read())
    }

    /// Writes list register `index`; ignored if there is none.
    pub fn set_list(&mut self, index: usize, value: u32) {
        if let Some(mut register) = field!(self.registers, lr).get(index) {
            register.write(value);
        }
    }

    /// The lowest list register whose EOI is due, taken off the list of those.
    pub fn take_ended(&mut self) -> Option<u32> {
        let word = |index| {
            let ended = field_shared!(self.registers, eisr);
            u64::from(ended.get(index).map_or(0, |register| register.read()))
        };
        let ended = word(0) | word(1) << 32;
        let index = ended.trailing_zeros();
        if index as usize >= self.count {
            return None;
        }
        let value = self.list(index as usize);
        self.set_list(index as usize, value & !LR_EOI);
        Some(index)
    }
}

/// Whether the list register's interrupt is being handled.
pub fn is_active(list_register: u32) -> bool {
    list_register & LR_ACTIVE != 0
}

impl VirtualInterface {
    /// Saved list register `index`.
    pub fn list_mut(&mut self, index: usize) -> Option<&mut u32> {
        self.list.get_mut(index)
    }
}
