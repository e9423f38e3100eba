// SPDX-License-Identifier: BSD-2-Clause

//! Actions deferred to the next wait, where they cost no system call of their own.

use sel4::{MessageInfo, MessageInfoBuilder, cap, sys::invocation_label};

use crate::{Channel, IrqAckError};

/// A notification or an acknowledgement to be done at the next wait.
/// See [`Handler::take_deferred_action`](crate::Handler::take_deferred_action).
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub struct DeferredAction {
    channel: Channel,
    interface: DeferredActionInterface,
}

/// What is deferred.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub enum DeferredActionInterface {
    /// [`Channel::notify`].
    Notify,
    /// [`Channel::irq_ack`]; an error goes unnoticed.
    IrqAck,
}

/// A deferred action as a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PreparedAction {
    pub(crate) target: cap::Unspecified,
    pub(crate) info: MessageInfo,
}

impl DeferredAction {
    /// `interface` of `channel`.
    pub fn new(channel: Channel, interface: DeferredActionInterface) -> Self {
        Self { channel, interface }
    }

    /// A notification.
    pub fn new_notify(channel: Channel) -> Self {
        Self::new(channel, DeferredActionInterface::Notify)
    }

    /// An acknowledgement.
    pub fn new_irq_ack(channel: Channel) -> Self {
        Self::new(channel, DeferredActionInterface::IrqAck)
    }

    /// The channel.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// What is deferred.
    pub fn interface(&self) -> DeferredActionInterface {
        self.interface
    }

    /// Does it now.
    pub fn execute_now(self) -> Result<(), IrqAckError> {
        match self.interface {
            DeferredActionInterface::Notify => {
                self.channel.notify();
                Ok(())
            }
            DeferredActionInterface::IrqAck => self.channel.irq_ack(),
        }
    }

    pub(crate) fn prepare(self) -> PreparedAction {
        let (target, label) = match self.interface {
            DeferredActionInterface::Notify => (self.channel.notification().upcast(), 0),
            DeferredActionInterface::IrqAck => (
                self.channel.irq_handler().upcast(),
                invocation_label::IRQAckIRQ,
            ),
        };
        PreparedAction {
            target,
            info: MessageInfoBuilder::default().label(label.into()).build(),
        }
    }
}

/// Room for one deferred action.
#[derive(Debug, Default)]
pub struct DeferredActionSlot {
    action: Option<DeferredAction>,
}

impl DeferredActionSlot {
    /// An empty slot.
    pub const fn new() -> Self {
        Self { action: None }
    }

    /// Takes the action out.
    pub fn take(&mut self) -> Option<DeferredAction> {
        self.action.take()
    }

    /// Puts an action in; the one it displaces is done now, and its error returned.
    pub fn defer(&mut self, action: DeferredAction) -> Result<(), IrqAckError> {
        match self.action.replace(action) {
            Some(displaced) => displaced.execute_now(),
            None => Ok(()),
        }
    }

    /// Defers a notification.
    pub fn defer_notify(&mut self, channel: Channel) -> Result<(), IrqAckError> {
        self.defer(DeferredAction::new_notify(channel))
    }

    /// Defers an acknowledgement.
    pub fn defer_irq_ack(&mut self, channel: Channel) -> Result<(), IrqAckError> {
        self.defer(DeferredAction::new_irq_ack(channel))
    }
}

#[cfg(test)]
mod tests {
    use super::{DeferredAction, DeferredActionInterface, DeferredActionSlot};
    use crate::Channel;

    #[test]
    fn a_slot_gives_back_what_was_put_in_once() {
        let mut slot = DeferredActionSlot::new();
        assert_eq!(slot.defer_irq_ack(Channel::new(4)), Ok(()));
        let expected = DeferredAction::new(Channel::new(4), DeferredActionInterface::IrqAck);
        assert_eq!(slot.take(), Some(expected));
        assert_eq!(slot.take(), None);
    }
}
