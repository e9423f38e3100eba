// SPDX-License-Identifier: BSD-2-Clause

//! Boards of the embedded kernel.
//!
//! Addresses are those of the board's device tree; the load address and main
//! memory are those of the Microkit SDK for the same board, so that one command
//! line starts the image of either.

use std::ops::Range;

/// A device that belongs to the kernel.
#[derive(Clone, Copy, Debug)]
pub struct KernelDevice {
    /// Name in the manuals.
    pub name: &'static str,
    /// Physical address.
    pub start: u64,
    /// Bytes.
    pub size: u64,
}

/// A board.
#[derive(Debug)]
pub struct Board {
    /// Name as Microkit spells it.
    pub name: &'static str,
    /// Main memory, given out by the tool.
    pub memory: Range<u64>,
    /// Where the image is loaded and started.
    pub load_address: u64,
    /// GICv2 distributor.
    pub gicd: KernelDevice,
    /// GICv2 CPU interface.
    pub gicc: KernelDevice,
    /// GICv2 virtual interface control.
    pub gich: KernelDevice,
    /// PL011 for the kernel's messages; protection domains may have it too.
    pub uart: u64,
    /// Largest INTID.
    pub max_intid: u64,
    /// INTIDs of the kernel: GIC maintenance, virtual timer, hypervisor timer.
    pub reserved_intids: Range<u64>,
    /// Number of cores that are used.
    pub cores: u64,
}

/// QEMU's `virt` machine as Microkit uses it.
pub const QEMU_VIRT_AARCH64: Board = Board {
    name: "qemu_virt_aarch64",
    memory: 0x6000_0000..0xc000_0000,
    load_address: 0x7000_0000,
    gicd: KernelDevice {
        name: "GICD",
        start: 0x0800_0000,
        size: 0x1_0000,
    },
    gicc: KernelDevice {
        name: "GICC",
        start: 0x0801_0000,
        size: 0x1_0000,
    },
    gich: KernelDevice {
        name: "GICH",
        start: 0x0803_0000,
        size: 0x1_0000,
    },
    uart: 0x0900_0000,
    max_intid: 159,
    reserved_intids: 25..28,
    cores: 1,
};

/// All boards.
pub const BOARDS: &[&Board] = &[&QEMU_VIRT_AARCH64];

/// Intermediate physical addresses of 40 bits: the top of every address space.
pub const IPA_TOP: u64 = 1 << 40;
/// A small page.
pub const PAGE: u64 = 0x1000;
/// A large page: a level-2 block.
pub const LARGE_PAGE: u64 = 0x20_0000;
/// Address of the IPC buffer in a protection domain.
pub const IPC_BUFFER: u64 = IPA_TOP - PAGE;
/// Top of the stack of a protection domain, below a guard page.
pub const STACK_TOP: u64 = IPC_BUFFER - PAGE;

impl Board {
    /// The board named `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        BOARDS.iter().copied().find(|board| board.name == name)
    }

    /// Devices that no protection domain may have.
    pub fn kernel_devices(&self) -> [KernelDevice; 3] {
        [self.gicd, self.gicc, self.gich]
    }
}

/// Whether two half-open ranges share an address.
pub fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

/// The smallest multiple of `unit` that is `value` or more.
pub fn round_up(value: u64, unit: u64) -> u64 {
    value.div_ceil(unit) * unit
}

/// The largest multiple of `unit` that is `value` or less.
pub fn round_down(value: u64, unit: u64) -> u64 {
    value / unit * unit
}
