// SPDX-License-Identifier: BSD-2-Clause

//! Channels, interrupts and children.
//!
//! A number from the system description plus the base of its kind is the slot of
//! its capability; the patched bitmaps say which slots are filled.

use core::fmt;

use sel4::{CPtrBits, Cap, CapType, cap};

use crate::{
    MessageInfo,
    symbols::{pd_irqs, pd_notifications, pd_pps},
};

const NOTIFICATION_BASE: usize = 10;
const ENDPOINT_BASE: usize = 74;
const IRQ_BASE: usize = 138;
const CHILD_TCB_BASE: usize = 202;

/// Channel numbers are below this.
pub(crate) const MAX_CHANNELS: usize = 62;

/// The capability in `slot`.
fn capability<T: CapType>(slot: usize) -> Cap<T> {
    Cap::from_bits(slot as CPtrBits)
}

/// One end of a channel, or an interrupt, by its id in the system description.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel {
    index: usize,
}

impl Channel {
    /// The channel with this id.
    ///
    /// # Panics
    /// From 62 on: the tool allows 0 to 61.
    pub const fn new(index: usize) -> Self {
        assert!(index < MAX_CHANNELS, "channel id above 61");
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    #[inline]
    fn slot<T: CapType>(&self, rights: u64, base: usize, method: &str) -> Cap<T> {
        if rights & (1 << self.index) == 0 {
            panic!(
                "{method}: not allowed on channel {}: see its end in the system description",
                self.index
            );
        }
        capability(base + self.index)
    }

    /// The other end's notification.
    #[doc(hidden)]
    #[inline]
    pub fn notification(&self) -> cap::Notification {
        self.slot(pd_notifications(), NOTIFICATION_BASE, "notify")
    }

    /// The interrupt's handler.
    #[doc(hidden)]
    #[inline]
    pub fn irq_handler(&self) -> cap::IrqHandler {
        self.slot(pd_irqs(), IRQ_BASE, "irq_ack")
    }

    /// The other end's endpoint.
    #[doc(hidden)]
    #[inline]
    pub fn endpoint(&self) -> cap::Endpoint {
        self.slot(pd_pps(), ENDPOINT_BASE, "pp_call")
    }

    /// Notifies the other end. Never waits.
    ///
    /// # Panics
    /// If this end may not (`notify="false"`).
    #[inline]
    pub fn notify(&self) {
        self.notification().signal();
    }

    /// Lets the interrupt be delivered again.
    ///
    /// # Panics
    /// If the id is not an interrupt's.
    pub fn irq_ack(&self) -> Result<(), IrqAckError> {
        self.irq_handler().irq_handler_ack().map_err(IrqAckError)
    }

    /// Calls the other end's `protected` and waits for its answer; message
    /// registers are those of [`set_mr`](crate::set_mr) and [`get_mr`](crate::get_mr).
    /// The wait has no limit: if the callee dies, the caller waits for ever.
    ///
    /// # Panics
    /// If this end may not (no `pp="true"`).
    #[inline]
    pub fn pp_call(&self, msg_info: MessageInfo) -> MessageInfo {
        MessageInfo::from_inner(self.endpoint().call(msg_info.into_inner()))
    }
}

/// The kernel refused to acknowledge an interrupt.
#[derive(Debug, PartialEq, Eq)]
pub struct IrqAckError(sel4::Error);

impl fmt::Display for IrqAckError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "irq ack error: {:?}", self.0)
    }
}

impl core::error::Error for IrqAckError {}

/// A child protection domain or virtual processor, by its id in the system description.
#[derive(Debug, Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Child {
    index: usize,
}

impl Child {
    /// The child with this id.
    pub const fn new(index: usize) -> Self {
        Self { index }
    }

    /// The id.
    pub const fn index(&self) -> usize {
        self.index
    }

    /// A child protection domain's thread. A virtual processor's is elsewhere: slot 266 + id.
    #[doc(hidden)]
    pub fn tcb(&self) -> cap::Tcb {
        capability(CHILD_TCB_BASE + self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::{Channel, Child};

    #[test]
    fn the_last_channel_is_61() {
        assert_eq!(Channel::new(61).index(), 61);
    }

    #[test]
    #[should_panic(expected = "channel id above 61")]
    fn there_is_no_channel_62() {
        let _ = Channel::new(62);
    }

    #[test]
    #[should_panic(expected = "notify: not allowed on channel 3")]
    fn a_channel_without_the_right_is_refused() {
        Channel::new(3).notify();
    }

    #[test]
    fn a_childs_thread_is_in_slot_202_and_up() {
        assert_eq!(Child::new(5).tcb().bits(), 207);
    }
}
