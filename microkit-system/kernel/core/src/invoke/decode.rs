// SPDX-License-Identifier: BSD-2-Clause

//! From label and arguments to an invocation that can be done.

use crate::hardware::Hardware;
use crate::ids::TcbId;
use crate::invoke::method::Method;
use crate::invoke::{Invocation, InvocationError};
use crate::kernel::Kernel;
use crate::message::Message;
use crate::objects::Cap;

/// Registers of an SMC.
const SMC_WORDS: usize = 8;

/// All that decoding may look at.
pub struct Decoder<'d, H> {
    pub kernel: &'d Kernel,
    pub caller: TcbId,
    pub message: &'d Message,
    pub arguments: &'d [Option<Cap>; 3],
    pub hw: &'d H,
}

impl<H: Hardware> Decoder<'_, H> {
    /// What the message asks of `cap`.
    pub(super) fn decode(&self, cap: Cap) -> Result<Invocation, InvocationError> {
        let method = Method::decode(self.message.info.label(), self.kernel.debug);
        match cap {
            Cap::Tcb(tcb) => Ok(Invocation::Tcb(tcb, self.tcb(tcb, method)?)),
            Cap::SchedContext(sc) => {
                let what = self.sched_context(sc, method)?;
                Ok(Invocation::SchedContext(sc, what))
            }
            Cap::IrqHandler(irq) if method == Method::IrqAck => Ok(Invocation::AckIrq(irq)),
            Cap::VSpace(vspace) => Ok(Invocation::Cache(self.vspace(vspace, method)?)),
            Cap::Smc(function) if method == Method::SmcCall => self.smc(function),
            Cap::Vcpu(vcpu) => Ok(Invocation::Vcpu(vcpu, self.vcpu(method)?)),
            _ => Err(InvocationError::IllegalOperation),
        }
    }

    /// The message has at least `length` registers.
    pub(super) fn need(&self, length: usize) -> Result<(), InvocationError> {
        if self.message.length < length {
            return Err(InvocationError::TruncatedMessage);
        }
        Ok(())
    }

    /// Message register `index`.
    pub(super) fn word(&self, index: usize) -> u64 {
        self.message.get(index, self.hw)
    }

    /// Capability argument `index`.
    pub(super) fn cap(&self, index: usize) -> Result<Cap, InvocationError> {
        let cap = self.arguments.get(index).copied().flatten();
        cap.ok_or(InvocationError::TruncatedMessage)
    }

    fn smc(&self, function: u64) -> Result<Invocation, InvocationError> {
        self.need(SMC_WORDS)?;
        let registers: [u64; SMC_WORDS] = core::array::from_fn(|index| self.word(index));
        let [asked, ..] = registers;
        if function != 0 && function != asked {
            return Err(InvocationError::IllegalOperation);
        }
        Ok(Invocation::Smc(registers))
    }
}
