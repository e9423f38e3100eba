// SPDX-License-Identifier: BSD-2-Clause

//! Blob of a guest's VMM: the guest and where its parts are mapped.

use crate::{ChannelId, Mapping, Name, Output, TraceRing, server::Access};
use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

/// Most vCPUs of a guest: GICv2 has no more CPU interfaces.
pub const MAX_VCPUS: usize = 8;

/// Guest RAM: at `gpa` in the guest, at `mapping` in the VMM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ram {
    /// Guest-physical address, 2 MiB-aligned.
    pub gpa: u64,
    /// In the VMM.
    pub mapping: Mapping,
}

/// The guest's GICv2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gic {
    /// Distributor (emulated), 4 KiB.
    pub gicd: u64,
    /// CPU interface (the hardware's GICV is mapped there), 8 KiB.
    pub gicc: u64,
}

/// The guest's PL011.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uart {
    /// Registers, 4 KiB.
    pub gpa: u64,
    /// INTID.
    pub intid: u32,
    /// Guest's output.
    pub output: Output,
    /// Address of the guest's `InputRing`.
    pub input: u64,
}

/// The guest's disk: virtio over MMIO.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Registers, 4 KiB.
    pub gpa: u64,
    /// INTID.
    pub intid: u32,
    /// Its storage in the VMM: read-only there too if the guest may only read.
    pub mapping: Mapping,
    /// The guest's rights.
    pub access: Access,
}

/// A slot that is mapped into the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlotWindow {
    /// Slot number at the server.
    pub slot: u16,
    /// Guest-physical address of the control page (trapped); the data follows
    /// at `control + 0x1000`, 2 MiB-aligned if the slot is that large.
    pub control: u64,
    /// Data pages.
    pub pages: u32,
    /// The mapping's rights.
    pub access: Access,
}

/// The shared-memory device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shmem {
    /// Factory page (`loc`).
    pub loc: u64,
    /// INTID (`intr`).
    pub intr: u32,
    /// Channel to the server (protected calls; it notifies back).
    pub server: ChannelId,
    /// Address of the board.
    pub board: u64,
    /// Slots this guest is a member of.
    pub slots: Vec<SlotWindow, 32>,
    /// How long an attach waits for a slot to be cleaned, before NOMEM.
    pub attach_timeout_ms: u32,
    /// How often its registers may call the server.
    pub pace: Pace,
}

/// Limit on what a client asks of the server: on a host's calls, and on the accesses of
/// a guest that call it (signals, attaches and
/// the like): so many at once, so many per second after that, and one for each
/// signal heard from a peer. Who exceeds it waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    /// At once.
    pub burst: u32,
    /// Per second.
    pub per_second: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            burst: 256,
            per_second: 256,
        }
    }
}

/// The device by which an appointed guest asks the manager: a page of registers, and
/// the mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Management {
    /// Registers, 4 KiB, trapped.
    pub gpa: u64,
    /// The mailbox, 4 KiB, mapped: normal memory.
    pub mailbox_gpa: u64,
    /// INTID.
    pub intid: u32,
    /// Address of the mailbox in the VMM, which only reads it.
    pub mailbox: u64,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestConfig {
    /// Guest name.
    pub name: Name,
    /// The VMM's own log.
    pub output: Output,
    /// The VMM's own trace.
    pub trace: TraceRing,
    /// Guest RAM.
    pub ram: Ram,
    /// Kernel `Image`.
    pub kernel: Mapping,
    /// Initial RAM disk.
    pub initrd: Option<Mapping>,
    /// Kernel command line.
    pub command_line: String<512>,
    /// Number of vCPUs, 1 to [`MAX_VCPUS`]; their Microkit ids count from 0.
    pub vcpus: u8,
    /// Interrupt controller.
    pub gic: Gic,
    /// Serial port.
    pub uart: Option<Uart>,
    /// Disk.
    pub disk: Option<Disk>,
    /// Shared memory; absent if the guest has no such device.
    pub shmem: Option<Shmem>,
    /// Its way to ask the manager, if the manifest appoints it.
    pub management: Option<Management>,
    /// Channel to the manager.
    pub manager: ChannelId,
    /// Address of the `GuestStatus` page.
    pub status: u64,
    /// Address of the `GuestOrder` page.
    pub order: u64,
    /// Channel that `clock` notifies.
    pub clock: ChannelId,
    /// Address of the `DeadlinePage`.
    pub deadline: u64,
}
