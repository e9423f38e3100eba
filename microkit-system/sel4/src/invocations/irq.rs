// SPDX-License-Identifier: BSD-2-Clause

//! Methods of an interrupt handler.

use crate::{InvocationContext, Result, cap, sys::invocation_label};

impl<C: InvocationContext> cap::IrqHandler<C> {
    /// Lets the interrupt be delivered again.
    pub fn irq_handler_ack(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::IRQAckIRQ, &[], &[])
    }

    /// Makes the interrupt signal `notification`.
    pub fn irq_handler_set_notification(self, notification: cap::Notification) -> Result<()> {
        let caps = [notification.bits()];
        self.invoke_method_for_unit(invocation_label::IRQSetIRQHandler, &caps, &[])
    }

    /// Makes the interrupt signal nobody.
    pub fn irq_handler_clear(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::IRQClearIRQHandler, &[], &[])
    }
}
