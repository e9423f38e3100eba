// SPDX-License-Identifier: BSD-2-Clause

//! Records of the tables: objects and capabilities.

use zerocopy::{FromBytes, Immutable, IntoBytes, KnownLayout};

/// An absent index.
pub const NONE: u32 = u32::MAX;

/// Bits of [`TcbSpec::flags`].
#[derive(Clone, Copy, Debug)]
pub struct TcbFlags;

impl TcbFlags {
    /// Any use of the FPU traps (`fpu="false"`).
    pub const FPU_DISABLED: u32 = 1;
    /// Runnable from the start (protection domains; vCPUs are not).
    pub const START: u32 = 2;
}

/// A thread. Start state: all registers 0 but these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct TcbSpec {
    /// Name for the kernel's reports, zero-padded.
    pub name: [u8; 64],
    /// Program counter.
    pub pc: u64,
    /// Stack pointer (SP_EL0).
    pub sp: u64,
    /// Physical address of the IPC buffer (1024 bytes), 0 = none.
    pub ipc_buffer: u64,
    /// Badge of fault messages.
    pub fault_badge: u64,
    /// Endpoint for faults: an index, or [`NONE`] for the kernel's own monitor.
    pub fault_endpoint: u32,
    /// 0..=255.
    pub priority: u32,
    /// Maximum controlled priority.
    pub mcp: u32,
    /// [`TcbFlags`].
    pub flags: u32,
    /// CSpace, or [`NONE`] (vCPUs: empty).
    pub cspace: u32,
    /// Address space.
    pub vspace: u32,
    /// Scheduling context.
    pub sched_context: u32,
    /// Bound notification, or [`NONE`].
    pub notification: u32,
    /// vCPU, or [`NONE`].
    pub vcpu: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// A scheduling context.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct SchedContextSpec {
    /// Budget in microseconds, 20 or more.
    pub budget_us: u64,
    /// Period in microseconds; equal to the budget means round robin.
    pub period_us: u64,
    /// Badge of timeout faults.
    pub badge: u64,
}

/// An address space: stage-2 tables that lie in the image, complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct VSpaceSpec {
    /// Physical address of the root: two concatenated level-1 tables (8 KiB,
    /// 8 KiB-aligned) for 40-bit intermediate physical addresses.
    pub root: u64,
    /// VMID, 1..=255.
    pub vmid: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// A vCPU, bound to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct VcpuSpec {
    /// The thread.
    pub tcb: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// An interrupt handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct IrqSpec {
    /// Badge of its signals.
    pub badge: u64,
    /// INTID.
    pub intid: u32,
    /// 0 level, 1 edge.
    pub edge: u32,
    /// Notification that it signals.
    pub notification: u32,
    /// Reserved, 0.
    pub reserved: u32,
}

/// What a capability names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CapKind {
    /// `object` = endpoint.
    Endpoint = 1,
    /// `object` = notification.
    Notification = 2,
    /// `object` = reply object.
    Reply = 3,
    /// `object` = thread.
    Tcb = 4,
    /// `object` = address space.
    VSpace = 5,
    /// `object` = vCPU.
    Vcpu = 6,
    /// `object` = scheduling context.
    SchedContext = 7,
    /// `object` = interrupt handler (index in the table of handlers).
    IrqHandler = 8,
    /// SMC calls; `badge` 0 allows any function.
    Smc = 9,
    /// The monitor's endpoint of a passive protection domain (slot 5); `object`
    /// = its thread.
    Monitor = 10,
    /// A CNode of a protection domain; it can be named, and does nothing.
    CNode = 11,
}

impl CapKind {
    /// The kind with number `number`.
    pub const fn from_number(number: u32) -> Option<Self> {
        Some(match number {
            1 => Self::Endpoint,
            2 => Self::Notification,
            3 => Self::Reply,
            4 => Self::Tcb,
            5 => Self::VSpace,
            6 => Self::Vcpu,
            7 => Self::SchedContext,
            8 => Self::IrqHandler,
            9 => Self::Smc,
            10 => Self::Monitor,
            11 => Self::CNode,
            _ => return None,
        })
    }
}

/// Bits of [`CapSpec::rights`].
#[derive(Clone, Copy, Debug)]
pub struct Rights;

impl Rights {
    /// Receive, wait.
    pub const READ: u32 = 1;
    /// Send, signal.
    pub const WRITE: u32 = 2;
    /// Grant (calls).
    pub const GRANT: u32 = 4;
    /// Grant reply (calls).
    pub const GRANT_REPLY: u32 = 8;
    /// All of them.
    pub const ALL: u32 = 15;
}

/// A capability in a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
pub struct CapSpec {
    /// Badge.
    pub badge: u64,
    /// CSpace.
    pub cspace: u32,
    /// Slot: 0..512 in the Microkit CNode (a CPtr by itself), 512 + n for slot n
    /// (1..64) of the root CNode (CPtr `n << 58`).
    pub slot: u32,
    /// [`CapKind`].
    pub kind: u32,
    /// Index of the object.
    pub object: u32,
    /// [`Rights`].
    pub rights: u32,
    /// Reserved, 0.
    pub reserved: u32,
}
