// SPDX-License-Identifier: BSD-2-Clause

//! Methods of a scheduling context.

use crate::{InvocationContext, Result, cap, sys::invocation_label};

impl<C: InvocationContext> cap::SchedContext<C> {
    /// Unbinds it from its thread and its notification.
    pub fn unbind(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::SchedContextUnbind, &[], &[])
    }
}
