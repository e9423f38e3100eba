// SPDX-License-Identifier: BSD-2-Clause

//! Capabilities, CSpaces and their look-up (sel4-microkit-abi, 6.1).
//!
//! A protection domain's CSpace has two levels: a root of 64 slots, whose slot 0
//! holds the Microkit CNode of 512 slots behind a guard of 49 zero bits.

use tombolo_kernel_spec::{Rights, limits};

use crate::ids::{EndpointId, IrqId, NotificationId, ReplyId, ScId, TcbId, VSpaceId, VcpuId};

/// Slots of the Microkit CNode.
const MICROKIT_SLOTS: usize = 512;
/// Bits that are left after the root CNode's 6.
const BITS_BELOW_ROOT: u32 = 58;
/// Guard of the Microkit CNode.
const GUARD_BITS: u32 = 49;

/// An endpoint capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndpointCap {
    pub id: EndpointId,
    pub badge: u64,
    pub rights: u8,
}

impl EndpointCap {
    /// Receiving is allowed.
    pub fn can_receive(self) -> bool {
        u32::from(self.rights) & Rights::READ != 0
    }

    /// Sending is allowed.
    pub fn can_send(self) -> bool {
        u32::from(self.rights) & Rights::WRITE != 0
    }

    /// A call may be answered: Grant or GrantReply.
    pub fn can_be_replied(self) -> bool {
        u32::from(self.rights) & (Rights::GRANT | Rights::GRANT_REPLY) != 0
    }
}

/// A notification capability.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationCap {
    pub id: NotificationId,
    pub badge: u64,
    pub rights: u8,
}

impl NotificationCap {
    /// Waiting is allowed.
    pub fn can_receive(self) -> bool {
        u32::from(self.rights) & Rights::READ != 0
    }

    /// Signalling is allowed.
    pub fn can_send(self) -> bool {
        u32::from(self.rights) & Rights::WRITE != 0
    }
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cap {
    Empty,
    Endpoint(EndpointCap),
    Notification(NotificationCap),
    Reply(ReplyId),
    Tcb(TcbId),
    VSpace(VSpaceId),
    Vcpu(VcpuId),
    SchedContext(ScId),
    IrqHandler(IrqId),
    /// Function that may be called, 0 = any.
    Smc(u64),
    /// The endpoint of Microkit's monitor, on behalf of this thread.
    Monitor(TcbId),
    CNode,
}

/// Why a CPtr names no slot (the type and its details in a CapFault).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupFailure {
    /// Type 2.
    MissingCapability { bits_left: u32 },
    /// Type 4.
    GuardMismatch {
        bits_left: u32,
        guard: u64,
        guard_bits: u32,
    },
}

/// The slots of a protection domain: the Microkit CNode, then the root.
pub struct CSpace {
    pub slots: [Cap; limits::CSPACE_SLOTS],
}

impl CSpace {
    pub const EMPTY: Self = Self {
        slots: [Cap::Empty; limits::CSPACE_SLOTS],
    };

    /// The capability that `cptr` names, [`Cap::Empty`] for an empty slot.
    #[inline]
    pub fn lookup(&self, cptr: u64) -> Result<Cap, LookupFailure> {
        let root_slot = (cptr >> BITS_BELOW_ROOT) as usize;
        if root_slot != 0 {
            return Ok(self.slot(MICROKIT_SLOTS + root_slot));
        }
        if cptr >= MICROKIT_SLOTS as u64 {
            return Err(LookupFailure::GuardMismatch {
                bits_left: BITS_BELOW_ROOT,
                guard: 0,
                guard_bits: GUARD_BITS,
            });
        }
        Ok(self.slot(cptr as usize))
    }

    fn slot(&self, index: usize) -> Cap {
        self.slots.get(index).copied().unwrap_or(Cap::Empty)
    }
}
