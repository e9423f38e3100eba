// SPDX-License-Identifier: BSD-2-Clause

//! The trap into the kernel.
//!
//! AArch64, MCS: `x7` is the number, `x0` the destination or source, `x1` the
//! message info, `x2` to `x5` message registers 0 to 3, `x6` the reply object,
//! `x8` the destination of NBSendRecv. The kernel preserves every other register.
//! All are passed in every call, so a delivery that leaves a register alone (a
//! signal leaves all but `x0`) returns what this program put there.

use crate::{IpcBuffer, NUM_FAST_MESSAGE_REGISTERS, Word};

/// Numbers of the system calls.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
#[repr(i64)]
pub(crate) enum Number {
    Call = -1,
    ReplyRecv = -2,
    NBSendRecv = -3,
    Send = -5,
    NBSend = -6,
    Recv = -7,
    NBRecv = -8,
    Wait = -9,
    NBWait = -10,
    Yield = -11,
    #[cfg(sel4_debug)]
    DebugPutChar = -12,
    #[cfg(sel4_debug)]
    DebugHalt = -14,
    #[cfg(sel4_debug)]
    DebugCapIdentify = -15,
    #[cfg(sel4_debug)]
    DebugSnapshot = -16,
    #[cfg(sel4_debug)]
    DebugNameThread = -17,
}

/// Registers of a system call, before and after.
#[derive(Debug, Copy, Clone, PartialEq, Eq)]
pub(crate) struct SystemCall {
    /// `x0`: destination or source in, badge out.
    pub(crate) target: Word,
    /// `x1`.
    pub(crate) info: Word,
    /// `x2` to `x5`.
    pub(crate) mrs: [Word; NUM_FAST_MESSAGE_REGISTERS],
    /// `x6`.
    pub(crate) reply: Word,
    /// `x8`.
    pub(crate) destination: Word,
}

impl SystemCall {
    /// A system call on `target`; everything else is 0.
    pub(crate) const fn on(target: Word) -> Self {
        Self {
            target,
            info: 0,
            mrs: [0; NUM_FAST_MESSAGE_REGISTERS],
            reply: 0,
            destination: 0,
        }
    }

    /// Traps; the result has the registers the kernel returned.
    ///
    /// `buffer` must be the one the kernel knows for this thread if registers
    /// from 4 on are to be transferred; otherwise they go elsewhere, harmlessly.
    #[inline(always)]
    pub(crate) fn trap(self, number: Number, buffer: &mut IpcBuffer) -> Self {
        // SAFETY: the kernel reads and writes the thread's IPC buffer, which
        // `buffer` borrows exclusively, and no other memory of this program.
        unsafe { trap(self, number, core::ptr::from_mut(buffer)) }
    }

    /// Traps in a call that transfers no message.
    #[inline(always)]
    pub(crate) fn trap_without_buffer(self, number: Number) -> Self {
        // SAFETY: the calls without message do not touch the IPC buffer.
        unsafe { trap(self, number, core::ptr::null_mut()) }
    }
}

/// # Safety
/// `buffer` is the thread's IPC buffer, borrowed exclusively, or the call transfers no message.
#[cfg(all(target_arch = "aarch64", target_os = "none"))]
#[inline(always)]
unsafe fn trap(call: SystemCall, number: Number, buffer: *mut IpcBuffer) -> SystemCall {
    let [mut mr0, mut mr1, mut mr2, mut mr3] = call.mrs;
    let (mut target, mut info) = (call.target, call.info);
    // SAFETY: the kernel changes only the listed registers and, by the caller's
    // promise, memory behind `buffer`, whose address the assembly takes so that
    // the compiler does not keep its contents across the trap.
    unsafe {
        core::arch::asm!(
            "svc #0",
            inout("x0") target,
            inout("x1") info,
            inout("x2") mr0,
            inout("x3") mr1,
            inout("x4") mr2,
            inout("x5") mr3,
            in("x6") call.reply,
            in("x7") number as i64,
            in("x8") call.destination,
            in("x9") buffer,
            options(nostack, preserves_flags),
        );
    }
    SystemCall {
        target,
        info,
        mrs: [mr0, mr1, mr2, mr3],
        ..call
    }
}

/// # Safety
/// None needed: there is no kernel.
#[cfg(not(all(target_arch = "aarch64", target_os = "none")))]
unsafe fn trap(_: SystemCall, number: Number, _: *mut IpcBuffer) -> SystemCall {
    panic!("seL4 system call {number:?} on a host: build for aarch64-unknown-none")
}

/// A debug system call with one argument; returns `x0`.
#[cfg(sel4_debug)]
pub(crate) fn debug_trap(number: Number, argument: Word) -> Word {
    SystemCall::on(argument).trap_without_buffer(number).target
}

#[cfg(test)]
mod tests {
    use super::{Number, SystemCall};

    #[test]
    fn numbers_are_those_of_the_mcs_kernel() {
        assert_eq!(Number::Call as i64, -1);
        assert_eq!(Number::NBSendRecv as i64, -3);
        assert_eq!(Number::Send as i64, -5);
        assert_eq!(Number::Yield as i64, -11);
    }

    #[test]
    #[should_panic(expected = "on a host")]
    fn a_host_has_no_kernel() {
        let _ = SystemCall::on(1).trap_without_buffer(Number::Yield);
    }
}
