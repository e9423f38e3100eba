// SPDX-License-Identifier: BSD-2-Clause

//! Methods of a thread (manual, 10.3: `seL4_TCB`).

use crate::{
    CNodeCapData, CPtr, InvocationContext, Result, UserContext, Word, cap,
    sys::{invocation_label, seL4_UserContext},
    user_context::USER_CONTEXT_LENGTH,
    words::{index, word},
};

/// Words in front of the registers in WriteRegisters.
const WRITE_HEADER: usize = 2;

impl<C: InvocationContext> cap::Tcb<C> {
    /// Reads the first `count` registers; the others are 0.
    ///
    /// # Errors
    /// RangeError unless `count` is 1 to 36; IllegalOperation on the caller itself.
    pub fn tcb_read_registers(self, suspend: bool, count: Word) -> Result<UserContext> {
        let words = [suspend.into(), count];
        let taken = clipped(count);
        self.invoke_method(invocation_label::TCBReadRegisters, &[], &words, |answer| {
            let mut registers = [0; USER_CONTEXT_LENGTH];
            registers[..taken].copy_from_slice(&answer[..taken]);
            UserContext::from_inner(seL4_UserContext::from_words(registers))
        })
    }

    /// Reads all registers.
    pub fn tcb_read_all_registers(self, suspend: bool) -> Result<UserContext> {
        self.tcb_read_registers(suspend, word(USER_CONTEXT_LENGTH))
    }

    /// Writes the first `count` registers; 1 is the program counter alone.
    ///
    /// # Errors
    /// TruncatedMessage above 36; IllegalOperation on the caller itself.
    pub fn tcb_write_registers(
        self,
        resume: bool,
        count: Word,
        regs: &mut UserContext,
    ) -> Result<()> {
        let taken = clipped(count);
        let mut words = [0; WRITE_HEADER + USER_CONTEXT_LENGTH];
        words[0] = resume.into();
        words[1] = count;
        words[WRITE_HEADER..].copy_from_slice(&regs.inner().to_words());
        let words = &words[..WRITE_HEADER + taken];
        self.invoke_method_for_unit(invocation_label::TCBWriteRegisters, &[], words)
    }

    /// Writes all registers.
    pub fn tcb_write_all_registers(self, resume: bool, regs: &mut UserContext) -> Result<()> {
        self.tcb_write_registers(resume, word(USER_CONTEXT_LENGTH), regs)
    }

    /// Lets the thread run, restarting what it was blocked in.
    pub fn tcb_resume(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::TCBResume, &[], &[])
    }

    /// Stops the thread, cancelling what it was blocked in.
    pub fn tcb_suspend(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::TCBSuspend, &[], &[])
    }

    /// Sets the priority, at most the authority's maximum.
    pub fn tcb_set_priority(self, authority: cap::Tcb, priority: Word) -> Result<()> {
        let caps = [authority.bits()];
        self.invoke_method_for_unit(invocation_label::TCBSetPriority, &caps, &[priority])
    }

    /// Sets the maximum controlled priority, at most the authority's.
    pub fn tcb_set_mc_priority(self, authority: cap::Tcb, mcp: Word) -> Result<()> {
        let caps = [authority.bits()];
        self.invoke_method_for_unit(invocation_label::TCBSetMCPriority, &caps, &[mcp])
    }

    /// Sets priorities, scheduling context (null for none) and fault endpoint.
    pub fn tcb_set_sched_params(
        self,
        authority: cap::Tcb,
        mcp: Word,
        priority: Word,
        sched_context: cap::SchedContext,
        fault_ep: cap::Endpoint,
    ) -> Result<()> {
        let caps = [authority.bits(), sched_context.bits(), fault_ep.bits()];
        self.invoke_method_for_unit(invocation_label::TCBSetSchedParams, &caps, &[mcp, priority])
    }

    /// Sets where the thread's budget exhaustion is reported.
    pub fn tcb_set_timeout_endpoint(self, timeout_endpoint: cap::Endpoint) -> Result<()> {
        let caps = [timeout_endpoint.bits()];
        self.invoke_method_for_unit(invocation_label::TCBSetTimeoutEndpoint, &caps, &[])
    }

    /// Clears and sets flags; returns the flags now. See [`TcbFlagsBuilder`].
    pub fn tcb_set_flags(self, clear: Word, set: Word) -> Result<Word> {
        let words = [clear, set];
        self.invoke_method(invocation_label::TCBSetFlags, &[], &words, |answer| {
            answer[0]
        })
    }

    /// Sets spaces and IPC buffer.
    pub fn tcb_configure(
        self,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
        ipc_buffer: Word,
        ipc_buffer_frame: cap::Granule,
    ) -> Result<()> {
        let caps = [
            cspace_root.bits(),
            vspace_root.bits(),
            ipc_buffer_frame.bits(),
        ];
        let words = [cspace_root_data.into_word(), 0, ipc_buffer];
        self.invoke_method_for_unit(invocation_label::TCBConfigure, &caps, &words)
    }

    /// Sets fault endpoint and spaces.
    pub fn tcb_set_space(
        self,
        fault_ep: CPtr,
        cspace_root: cap::CNode,
        cspace_root_data: CNodeCapData,
        vspace_root: cap::VSpace,
    ) -> Result<()> {
        let caps = [fault_ep.bits(), cspace_root.bits(), vspace_root.bits()];
        let words = [cspace_root_data.into_word(), 0];
        self.invoke_method_for_unit(invocation_label::TCBSetSpace, &caps, &words)
    }

    /// Sets the thread's TPIDR_EL0.
    pub fn tcb_set_tls_base(self, tls_base: Word) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::TCBSetTLSBase, &[], &[tls_base])
    }

    /// Lets the thread's receives also take signals of `notification`.
    pub fn tcb_bind_notification(self, notification: cap::Notification) -> Result<()> {
        let caps = [notification.bits()];
        self.invoke_method_for_unit(invocation_label::TCBBindNotification, &caps, &[])
    }

    /// Undoes [`tcb_bind_notification`](Self::tcb_bind_notification).
    pub fn tcb_unbind_notification(self) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::TCBUnbindNotification, &[], &[])
    }
}

/// A register count as an index, at most the number of registers.
fn clipped(count: Word) -> usize {
    index(count).map_or(USER_CONTEXT_LENGTH, |count| count.min(USER_CONTEXT_LENGTH))
}

/// Builds the flags of [`tcb_set_flags`](crate::Cap::tcb_set_flags).
#[derive(Debug, Default, Copy, Clone, PartialEq, Eq)]
pub struct TcbFlagsBuilder(Word);

impl TcbFlagsBuilder {
    const FPU_DISABLED: Word = 1;

    /// No flag.
    pub fn new() -> Self {
        Self(0)
    }

    /// The flags as the kernel takes them.
    pub fn build(self) -> Word {
        self.0
    }

    /// Whether floating point traps.
    pub fn fpu_disabled(mut self, val: bool) -> Self {
        if val {
            self.0 |= Self::FPU_DISABLED;
        } else {
            self.0 &= !Self::FPU_DISABLED;
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{TcbFlagsBuilder, clipped};

    #[test]
    fn counts_beyond_the_context_are_clipped() {
        assert_eq!(
            (clipped(1), clipped(36), clipped(37), clipped(u64::MAX)),
            (1, 36, 36, 36)
        );
    }

    #[test]
    fn the_flag_can_be_set_and_cleared() {
        let flags = TcbFlagsBuilder::new().fpu_disabled(true);
        assert_eq!(flags.build(), 1);
        assert_eq!(flags.fpu_disabled(false).build(), 0);
    }
}
