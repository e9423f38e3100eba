// SPDX-License-Identifier: BSD-2-Clause

//! System calls (sel4-microkit-abi, 1 and 2.1).

mod debug;
mod decode;
mod passive;

use crate::hardware::Hardware;
use crate::ids::{ReplyId, TcbId};
use crate::invoke::{InvocationError, Results};
use crate::ipc::{Fault, Send};
use crate::kernel::Kernel;
use crate::message::MessageInfo;
use crate::objects::{Cap, LookupFailure};
use decode::Syscall;

/// Capability arguments.
type Arguments = [Option<Cap>; 3];
/// A CPtr, and why it is no use.
type Unresolved = (u64, LookupFailure);

/// How a capability is invoked.
#[derive(Clone, Copy)]
struct Phase {
    how: Send,
    /// What comes first in a combined call.
    first_half: bool,
}

impl Phase {
    const CALL: Self = Self::new(true, true, true, false);
    const SEND: Self = Self::new(true, false, false, false);
    const NB_SEND: Self = Self::new(false, false, false, false);
    const FIRST_HALF: Self = Self::new(false, false, true, true);

    const fn new(blocking: bool, call: bool, donate: bool, first_half: bool) -> Self {
        Self {
            how: Send {
                blocking,
                call,
                donate,
            },
            first_half,
        }
    }
}

impl Kernel {
    /// The system call of `id`, the current thread.
    pub(crate) fn syscall(&mut self, id: TcbId, hw: &mut impl Hardware) {
        let x = &self.tcbs[id].context.x;
        let (x0, x6, x8) = (x[0], x[6], x[8]);
        match Syscall::decode(x[7], self.debug) {
            Syscall::Call => self.invoke_cap(id, x0, Phase::CALL, hw),
            Syscall::Send => self.invoke_cap(id, x0, Phase::SEND, hw),
            Syscall::NbSend => self.invoke_cap(id, x0, Phase::NB_SEND, hw),
            Syscall::ReplyRecv => {
                self.invoke_cap(id, x6, Phase::FIRST_HALF, hw);
                self.receive_cap(id, x0, true, Some(x6), hw);
            }
            Syscall::NbSendRecv => {
                self.invoke_cap(id, x8, Phase::FIRST_HALF, hw);
                self.receive_cap(id, x0, true, Some(x6), hw);
            }
            Syscall::NbSendWait => {
                self.invoke_cap(id, x6, Phase::FIRST_HALF, hw);
                self.receive_cap(id, x0, true, None, hw);
            }
            Syscall::Recv => self.receive_cap(id, x0, true, Some(x6), hw),
            Syscall::NbRecv => self.receive_cap(id, x0, false, Some(x6), hw),
            Syscall::Wait => self.receive_cap(id, x0, true, None, hw),
            Syscall::NbWait => self.receive_cap(id, x0, false, None, hw),
            Syscall::Yield => self.give_up_slice(hw),
            Syscall::Debug(call) => self.debug_call(id, call, hw),
            Syscall::Unknown { number } => {
                self.deliver_fault(id, Fault::UnknownSyscall { number }, hw);
            }
        }
    }

    /// The capability that `id` names `cptr`. A thread without a CSpace has
    /// empty slots only.
    #[inline]
    pub(crate) fn lookup(&self, id: TcbId, cptr: u64) -> Result<Cap, LookupFailure> {
        match self.tcbs[id].cspace {
            Some(cspace) => self.cspaces[cspace].lookup(cptr),
            None => Ok(Cap::Empty),
        }
    }

    /// Sends to, signals, or invokes what `cptr` names.
    fn invoke_cap(&mut self, id: TcbId, cptr: u64, phase: Phase, hw: &mut impl Hardware) {
        let info = MessageInfo(self.tcbs[id].context.x[1]);
        let cap = match self.lookup(id, cptr) {
            Ok(cap) if info.extra_caps() == 0 => cap,
            Ok(cap) => match self.lookup_arguments(id, hw) {
                Ok(_) => cap,
                Err(failed) => return self.failed_invocation(id, failed, phase, hw),
            },
            Err(failure) => return self.failed_invocation(id, (cptr, failure), phase, hw),
        };
        match cap {
            Cap::Endpoint(cap) if cap.can_send() => return self.send(id, cap, phase.how, hw),
            Cap::Monitor(thread) => {
                return self.message_to_monitor(id, thread, info, phase.how.call);
            }
            Cap::Notification(cap) if cap.can_send() => self.signal(cap.id, cap.badge),
            Cap::Reply(reply) => self.reply(id, reply, hw),
            Cap::Tcb(_) | Cap::SchedContext(_) | Cap::CNode if phase.first_half => return,
            _ => return self.invoke_object(id, cap, phase.how.call, hw),
        }
        if phase.how.call && self.tcbs[id].is_running() {
            self.write_message(id, 0, 0, &[], hw);
        }
    }

    /// Does what the message of `id` asks of an object and, for a call, answers.
    fn invoke_object(&mut self, id: TcbId, cap: Cap, call: bool, hw: &mut impl Hardware) {
        let message = self.message(id);
        let result = match cap {
            Cap::Empty | Cap::Endpoint(_) | Cap::Notification(_) => {
                Err(InvocationError::InvalidCapability { index: 0 })
            }
            _ => {
                let arguments = self.lookup_arguments(id, hw).unwrap_or_default();
                self.invoke(id, cap, &arguments, &message, hw)
            }
        };
        if call && self.tcbs[id].is_running() && self.tcbs[id].yield_to.is_none() {
            self.answer_invocation(id, result, hw);
        }
    }

    /// A CPtr of an invocation is no use: a fault, or nothing where sending must
    /// not block.
    fn failed_invocation(
        &mut self,
        id: TcbId,
        (cptr, failure): Unresolved,
        phase: Phase,
        hw: &mut impl Hardware,
    ) {
        if phase.how.blocking {
            let in_receive = false;
            let fault = Fault::Cap {
                cptr,
                in_receive,
                failure,
            };
            self.deliver_fault(id, fault, hw);
        }
    }

    /// The capabilities among the arguments, or the first CPtr that cannot be
    /// looked up.
    fn lookup_arguments(&self, id: TcbId, hw: &impl Hardware) -> Result<Arguments, Unresolved> {
        let message = self.message(id);
        let mut arguments = Arguments::default();
        for (index, argument) in arguments.iter_mut().enumerate().take(message.extra_caps()) {
            let cptr = message.cap(index, hw);
            let found = self.lookup(id, cptr).map_err(|failure| (cptr, failure));
            *argument = Some(found?);
        }
        Ok(arguments)
    }

    fn answer_invocation(
        &mut self,
        id: TcbId,
        result: Result<Results, InvocationError>,
        hw: &mut impl Hardware,
    ) {
        match result {
            Ok(results) => self.write_message(id, 0, 0, results.words(), hw),
            Err(error) => {
                let (words, length) = error.words();
                self.write_message(id, 0, error.label(), &words[..length], hw);
            }
        }
    }

    /// Receives from what `cptr` names; `reply` is the CPtr of a reply object,
    /// which receiving from an endpoint needs.
    fn receive_cap(
        &mut self,
        id: TcbId,
        cptr: u64,
        blocking: bool,
        reply: Option<u64>,
        hw: &mut impl Hardware,
    ) {
        if !self.tcbs[id].is_running() {
            return;
        }
        let missing = LookupFailure::MissingCapability { bits_left: 0 };
        let failed = match self.lookup(id, cptr) {
            Ok(Cap::Endpoint(cap)) if cap.can_receive() => match self.lookup_reply(id, reply) {
                Ok(reply) => return self.receive(id, cap.id, reply, blocking, hw),
                Err(failed) => failed,
            },
            Ok(Cap::Notification(cap)) if cap.can_receive() => {
                let bound = self.notifications[cap.id].bound;
                if bound.is_none_or(|bound| bound == id) {
                    return self.wait(id, cap.id, blocking);
                }
                (cptr, missing)
            }
            Ok(_) => (cptr, missing),
            Err(failure) => (cptr, failure),
        };
        let (cptr, failure) = failed;
        let fault = Fault::Cap {
            cptr,
            in_receive: true,
            failure,
        };
        self.deliver_fault(id, fault, hw);
    }

    #[inline]
    fn lookup_reply(&self, id: TcbId, cptr: Option<u64>) -> Result<Option<ReplyId>, Unresolved> {
        let Some(cptr) = cptr else {
            return Ok(None);
        };
        match self.lookup(id, cptr) {
            Ok(Cap::Reply(reply)) => Ok(Some(reply)),
            Ok(_) => Err((cptr, LookupFailure::MissingCapability { bits_left: 0 })),
            Err(failure) => Err((cptr, failure)),
        }
    }
}
