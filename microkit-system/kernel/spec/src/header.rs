// SPDX-License-Identifier: BSD-2-Clause

//! The header that the kernel finds first, and the board.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// First word of [`Header`].
pub const MAGIC: u64 = u64::from_le_bytes(*b"TOMBOLO\0");
/// Version of the format.
pub const VERSION: u32 = 1;
/// The kernel ELF's 8-byte symbol that the tool patches with the physical
/// address of [`Header`].
pub const SYMBOL: &str = "tombolo_system_spec";

/// A table: `count` records at byte `offset` from the header's start.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct TableRef {
    /// Bytes from the start of the header, 8-byte-aligned.
    pub offset: u64,
    /// Number of records.
    pub count: u64,
}

/// Physical addresses of the devices that the kernel drives.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct BoardSpec {
    /// GICv2 distributor.
    pub gicd: u64,
    /// GICv2 CPU interface.
    pub gicc: u64,
    /// GICv2 virtual interface control.
    pub gich: u64,
    /// PL011 for the kernel's own messages.
    pub uart: u64,
    /// Main memory, start (inclusive) and end (exclusive).
    pub memory_start: u64,
    /// End of main memory.
    pub memory_end: u64,
    /// Largest INTID.
    pub max_intid: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// The header.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Header {
    /// [`MAGIC`].
    pub magic: u64,
    /// [`VERSION`].
    pub version: u32,
    /// 0 release, 1 debug: selects the numbering of invocations and the debug
    /// system calls.
    pub debug: u32,
    /// Bytes from the header's start to the end of the last table.
    pub size: u64,
    /// Where the image lies: `[image_start, image_end)`, the kernel first.
    pub image_start: u64,
    /// End of the image.
    pub image_end: u64,
    /// The board.
    pub board: BoardSpec,
    /// [`crate::TcbSpec`]s.
    pub tcbs: TableRef,
    /// [`crate::SchedContextSpec`]s.
    pub sched_contexts: TableRef,
    /// [`crate::VSpaceSpec`]s.
    pub vspaces: TableRef,
    /// [`crate::VcpuSpec`]s.
    pub vcpus: TableRef,
    /// [`crate::IrqSpec`]s.
    pub irqs: TableRef,
    /// [`crate::CapSpec`]s.
    pub caps: TableRef,
    /// [`Range`]s of memory to zero before anything runs.
    pub zero: TableRef,
    /// Number of endpoints.
    pub endpoints: u32,
    /// Number of notifications.
    pub notifications: u32,
    /// Number of reply objects.
    pub replies: u32,
    /// Number of CSpaces.
    pub cspaces: u32,
}

/// Physical memory `[start, start + size)`, both multiples of 4 KiB.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout,
)]
#[repr(C)]
pub struct Range {
    /// First byte.
    pub start: u64,
    /// Bytes.
    pub size: u64,
}
