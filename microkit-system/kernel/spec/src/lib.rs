// SPDX-License-Identifier: BSD-2-Clause

//! What the image tool tells the embedded kernel about a system.
//!
//! The kernel is static: the tool works out every object, capability and page
//! table, and lays them out in the image at their final physical addresses. The
//! kernel finds a [`Header`] through its symbol [`SYMBOL`], which the tool
//! patches with the header's physical address, and instantiates what the tables
//! say. All numbers are little-endian; indices are positions in the tables; an
//! absent index is [`NONE`]. The format is described in `docs/interfaces/image.md`.

#![cfg_attr(not(test), no_std)]
#![forbid(unsafe_code)]

mod header;
mod objects;

pub use header::{BoardSpec, Header, MAGIC, Range, SYMBOL, TableRef, VERSION};
pub use objects::{
    CapKind, CapSpec, IrqSpec, NONE, Rights, SchedContextSpec, TcbFlags, TcbSpec, VSpaceSpec,
    VcpuSpec,
};

/// Capacities of the kernel's object tables. The tool refuses a larger system.
pub mod limits {
    /// Threads: protection domains and vCPUs.
    pub const TCBS: usize = 192;
    /// Scheduling contexts.
    pub const SCHED_CONTEXTS: usize = 192;
    /// Endpoints.
    pub const ENDPOINTS: usize = 64;
    /// Notifications.
    pub const NOTIFICATIONS: usize = 64;
    /// Reply objects.
    pub const REPLIES: usize = 64;
    /// CSpaces of protection domains.
    pub const CSPACES: usize = 64;
    /// Address spaces: VMID 0 is not used, so at most 255 of the 8-bit VMIDs.
    pub const VSPACES: usize = 128;
    /// vCPUs.
    pub const VCPUS: usize = 128;
    /// Interrupt handlers.
    pub const IRQS: usize = 192;
    /// Slots of a CSpace: 512 of the Microkit CNode, then the root's 64.
    pub const CSPACE_SLOTS: usize = 512 + 64;
}
