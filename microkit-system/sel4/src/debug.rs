// SPDX-License-Identifier: BSD-2-Clause

//! Debug system calls. They isolate nothing: any protection domain can halt the machine.

use crate::{
    Cap, CapType, InvocationContext, cap,
    sys::{Number, SystemCall, debug_trap},
};

/// Halts the kernel.
pub fn debug_halt() {
    debug_trap(Number::DebugHalt, 0);
}

/// Prints a capDL snapshot, where the kernel supports it.
pub fn debug_snapshot() {
    debug_trap(Number::DebugSnapshot, 0);
}

impl<C: InvocationContext> cap::Tcb<C> {
    /// Names the thread in the kernel's messages.
    ///
    /// # Panics
    /// If the name and its terminator do not fit the message registers.
    pub fn debug_name(self, name: &[u8]) {
        self.invoke(|cptr, buffer| {
            let bytes = buffer.msg_bytes_mut();
            assert!(name.len() < bytes.len(), "thread name too long");
            bytes[..name.len()].copy_from_slice(name);
            bytes[name.len()] = 0;
            SystemCall::on(cptr.bits()).trap(Number::DebugNameThread, buffer);
        });
    }
}

impl<T: CapType> Cap<T> {
    /// The kernel's number of the capability's type; 0 if there is none.
    pub fn debug_identify(self) -> u32 {
        u32::try_from(debug_trap(Number::DebugCapIdentify, self.bits())).unwrap_or(u32::MAX)
    }
}
