// SPDX-License-Identifier: BSD-2-Clause

//! What rust-sel4's API lacks, through its raw call.

use sel4::sys::invocation_label::SchedContextConsumed;
use sel4::{MessageInfo, cap};

/// Bits of a capability pointer below the slot of the root node, of which the user's
/// half of a protection domain's capability space consists (Microkit manual,
/// `cspace`).
const USER_SLOT_SHIFT: u32 = 58;

/// A scheduling context in a slot of the user's half.
pub fn sched_context(slot: u8) -> cap::SchedContext {
    cap::SchedContext::from_bits(u64::from(slot) << USER_SLOT_SHIFT)
}

/// Microseconds that a scheduling context has used since this was last asked.
/// `None`: the kernel refused.
pub fn consumed(context: cap::SchedContext) -> Option<u64> {
    let info = MessageInfo::new(SchedContextConsumed.into(), 0, 0, 0);
    let reply = context.call_with_mrs(info, []);
    (reply.info.label() == 0).then_some(reply.msg[0])
}
