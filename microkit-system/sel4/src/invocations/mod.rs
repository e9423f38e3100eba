// SPDX-License-Identifier: BSD-2-Clause

//! Invocations: methods of kernel objects.
//!
//! An invocation is a call whose label is the method's number, message
//! registers its arguments, extra capabilities its capability arguments; the
//! answer's label is an error number (manual, 10.1).

mod irq;
mod sched_context;
mod tcb;
mod vcpu;

pub use tcb::TcbFlagsBuilder;

use crate::{
    CPtrBits, Cap, CapType, Error, InvocationContext, IpcBuffer, MessageInfo, Result, Word,
};

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Invokes method `label`; `read` takes the results from the answer's message registers.
    fn invoke_method<R>(
        self,
        label: u32,
        caps: &[CPtrBits],
        words: &[Word],
        read: impl FnOnce(&[Word]) -> R,
    ) -> Result<R> {
        self.invoke(|cptr, buffer| {
            let info = marshal(buffer, label, caps, words);
            let answer = buffer.call(cptr.bits(), info);
            Error::check(answer.label())?;
            Ok(read(buffer.msg_regs()))
        })
    }

    /// Invokes a method without results.
    fn invoke_method_for_unit(self, label: u32, caps: &[CPtrBits], words: &[Word]) -> Result<()> {
        self.invoke_method(label, caps, words, |_| ())
    }
}

/// Puts arguments into the buffer.
fn marshal(buffer: &mut IpcBuffer, label: u32, caps: &[CPtrBits], words: &[Word]) -> MessageInfo {
    buffer.msg_regs_mut()[..words.len()].copy_from_slice(words);
    buffer.caps_or_badges_mut()[..caps.len()].copy_from_slice(caps);
    MessageInfo::new(label.into(), 0, caps.len(), words.len())
}

#[cfg(test)]
mod tests {
    use super::marshal;
    use crate::IpcBuffer;

    #[test]
    fn arguments_go_to_their_places() {
        let mut buffer = IpcBuffer::zeroed();
        let info = marshal(&mut buffer, 8, &[11, 12, 13], &[1, 2]);
        assert_eq!((info.label(), info.extra_caps(), info.length()), (8, 3, 2));
        assert_eq!(buffer.msg_regs()[..3], [1, 2, 0]);
        assert_eq!(buffer.caps_or_badges(), [11, 12, 13]);
    }
}
