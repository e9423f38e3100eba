// SPDX-License-Identifier: BSD-2-Clause

//! System calls on capabilities.
//!
//! Rules: message registers are those of the context's IPC buffer, 0 to 3
//! included, except in the `…_with_mrs` forms, which pass 0 to 3 by value and
//! leave the buffer's alone. After a signal the message info is empty and the
//! first four message registers are 0.

use crate::{
    Badge, Cap, CapType, ConveysReplyAuthority, InvocationContext, IpcBuffer, MessageInfo,
    NUM_FAST_MESSAGE_REGISTERS, Word, cap,
    sys::{Number, SystemCall},
};

impl IpcBuffer {
    /// Message registers 0 to 3.
    #[inline]
    fn fast(&self) -> [Word; NUM_FAST_MESSAGE_REGISTERS] {
        core::array::from_fn(|index| self.msg_regs()[index])
    }

    /// Stores what a receive returned.
    #[inline]
    fn accept(&mut self, call: SystemCall) -> (MessageInfo, Badge) {
        self.msg_regs_mut()[..NUM_FAST_MESSAGE_REGISTERS].copy_from_slice(&call.mrs);
        (MessageInfo::from_inner(call.info), call.target)
    }

    /// Calls `target` with the message in this buffer.
    #[inline]
    pub(crate) fn call(&mut self, target: Word, info: MessageInfo) -> MessageInfo {
        let call = SystemCall {
            info: info.into_inner(),
            mrs: self.fast(),
            ..SystemCall::on(target)
        };
        let done = call.trap(Number::Call, self);
        self.accept(done).0
    }
}

fn reply_bits(reply: impl ConveysReplyAuthority) -> Word {
    reply.into_reply_authority().bits()
}

impl<T: CapType, C: InvocationContext> Cap<T, C> {
    /// Sends, and waits until somebody receives.
    #[inline]
    pub fn send(self, info: MessageInfo) {
        self.send_buffer(Number::Send, info);
    }

    /// Sends if somebody waits to receive; otherwise the message is dropped.
    pub fn nb_send(self, info: MessageInfo) {
        self.send_buffer(Number::NBSend, info);
    }

    #[inline]
    fn send_buffer(self, number: Number, info: MessageInfo) {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                info: info.into_inner(),
                mrs: buffer.fast(),
                ..SystemCall::on(cptr.bits())
            };
            call.trap(number, buffer);
        });
    }

    /// Sends if somebody waits for it, then receives from `src`; one system call.
    #[inline]
    pub fn nb_send_recv<U: CapType>(
        self,
        info: MessageInfo,
        src: Cap<U>,
        reply_authority: impl ConveysReplyAuthority,
    ) -> (MessageInfo, Badge) {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                info: info.into_inner(),
                mrs: buffer.fast(),
                reply: reply_bits(reply_authority),
                destination: cptr.bits(),
                ..SystemCall::on(src.bits())
            };
            let done = call.trap(Number::NBSendRecv, buffer);
            buffer.accept(done)
        })
    }

    /// Waits for a message, or for a signal of the bound notification.
    #[inline]
    pub fn recv(self, reply_authority: impl ConveysReplyAuthority) -> (MessageInfo, Badge) {
        self.receive(Number::Recv, reply_bits(reply_authority))
    }

    /// As [`recv`](Self::recv), without waiting: badge 0 if there is nothing.
    pub fn nb_recv(self, reply_authority: impl ConveysReplyAuthority) -> (MessageInfo, Badge) {
        self.receive(Number::NBRecv, reply_bits(reply_authority))
    }

    #[inline]
    fn receive(self, number: Number, reply: Word) -> (MessageInfo, Badge) {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                reply,
                ..SystemCall::on(cptr.bits())
            };
            let done = call.trap(number, buffer);
            buffer.accept(done)
        })
    }

    /// Sends, and waits for the answer. On a kernel object: an invocation.
    #[inline]
    pub fn call(self, info: MessageInfo) -> MessageInfo {
        self.invoke(|cptr, buffer| buffer.call(cptr.bits(), info))
    }

    /// Answers the caller behind the reply object, then receives.
    #[inline]
    pub fn reply_recv(
        self,
        info: MessageInfo,
        reply_authority: impl ConveysReplyAuthority,
    ) -> (MessageInfo, Badge) {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                info: info.into_inner(),
                mrs: buffer.fast(),
                reply: reply_bits(reply_authority),
                ..SystemCall::on(cptr.bits())
            };
            let done = call.trap(Number::ReplyRecv, buffer);
            buffer.accept(done)
        })
    }

    /// As [`send`](Self::send) with message registers 0 to 3 by value.
    pub fn send_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                info: info.into_inner(),
                mrs: messages.into_fast_messages(),
                ..SystemCall::on(cptr.bits())
            };
            call.trap(Number::Send, buffer);
        });
    }

    /// As [`recv`](Self::recv) with message registers 0 to 3 by value.
    pub fn recv_with_mrs(self, reply_authority: impl ConveysReplyAuthority) -> RecvWithMRs {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                reply: reply_bits(reply_authority),
                ..SystemCall::on(cptr.bits())
            };
            let done = call.trap(Number::Recv, buffer);
            RecvWithMRs {
                info: MessageInfo::from_inner(done.info),
                badge: done.target,
                msg: done.mrs,
            }
        })
    }

    /// As [`call`](Self::call) with message registers 0 to 3 by value, both ways.
    pub fn call_with_mrs<M: FastMessages>(self, info: MessageInfo, messages: M) -> CallWithMRs {
        self.invoke(|cptr, buffer| {
            let call = SystemCall {
                info: info.into_inner(),
                mrs: messages.into_fast_messages(),
                ..SystemCall::on(cptr.bits())
            };
            let done = call.trap(Number::Call, buffer);
            CallWithMRs {
                info: MessageInfo::from_inner(done.info),
                msg: done.mrs,
            }
        })
    }
}

impl<C: InvocationContext> cap::Notification<C> {
    /// Signals: the capability's badge is ORed into the notification's word.
    #[inline]
    pub fn signal(self) {
        self.invoke(|cptr, _| {
            SystemCall::on(cptr.bits()).trap_without_buffer(Number::Send);
        });
    }

    /// Waits for a signal.
    pub fn wait(self) -> (MessageInfo, Badge) {
        self.receive(Number::Wait, 0)
    }

    /// Takes the signals that are there: badge 0 if none.
    pub fn poll(self) -> (MessageInfo, Badge) {
        self.receive(Number::NBWait, 0)
    }
}

/// Gives up the rest of the time slice.
#[inline]
pub fn r#yield() {
    SystemCall::on(0).trap_without_buffer(Number::Yield);
}

/// What [`Cap::recv_with_mrs`] received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecvWithMRs {
    /// Message info.
    pub info: MessageInfo,
    /// Badge of the sender's capability.
    pub badge: Badge,
    /// Message registers 0 to 3.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// The answer to [`Cap::call_with_mrs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallWithMRs {
    /// Message info.
    pub info: MessageInfo,
    /// Message registers 0 to 3.
    pub msg: [Word; NUM_FAST_MESSAGE_REGISTERS],
}

/// Up to four message registers by value: `[Word; 0]` to `[Word; 4]`, or `&[Word]`.
pub trait FastMessages: sealed::Sealed {
    /// The registers, 0 where none is given.
    #[doc(hidden)]
    fn into_fast_messages(self) -> [Word; NUM_FAST_MESSAGE_REGISTERS];
}

impl<const N: usize> FastMessages for [Word; N]
where
    [Word; N]: sealed::Sealed,
{
    fn into_fast_messages(self) -> [Word; NUM_FAST_MESSAGE_REGISTERS] {
        self.as_slice().into_fast_messages()
    }
}

impl FastMessages for &[Word] {
    fn into_fast_messages(self) -> [Word; NUM_FAST_MESSAGE_REGISTERS] {
        assert!(
            self.len() <= NUM_FAST_MESSAGE_REGISTERS,
            "more than four message registers"
        );
        core::array::from_fn(|index| self.get(index).copied().unwrap_or(0))
    }
}

mod sealed {
    use crate::Word;

    pub trait Sealed {}
    impl Sealed for [Word; 0] {}
    impl Sealed for [Word; 1] {}
    impl Sealed for [Word; 2] {}
    impl Sealed for [Word; 3] {}
    impl Sealed for [Word; 4] {}
    impl Sealed for &[Word] {}
}

#[cfg(test)]
mod tests {
    use super::FastMessages;

    #[test]
    fn missing_registers_are_zero() {
        assert_eq!([].into_fast_messages(), [0; 4]);
        assert_eq!([1, 2].into_fast_messages(), [1, 2, 0, 0]);
        assert_eq!([1, 2, 3, 4].as_slice().into_fast_messages(), [1, 2, 3, 4]);
    }

    #[test]
    #[should_panic(expected = "more than four")]
    fn five_registers_are_refused() {
        let _ = [0; 5].as_slice().into_fast_messages();
    }
}
