// SPDX-License-Identifier: BSD-2-Clause

//! Invocations: what a capability other than an endpoint, a notification and a
//! reply object can do (sel4-microkit-abi, 3).
//!
//! Decoding is total and changes nothing; what it returns is then done. Only a
//! busy list register is found out while doing.

mod decode;
mod error;
mod method;
mod sched_context;
mod tcb;
mod vcpu;
mod vspace;

use crate::hardware::Hardware;
use crate::ids::{IrqId, TcbId};
use crate::kernel::Kernel;
use crate::message::Message;
use crate::objects::Cap;
pub use error::InvocationError;
use sched_context::SchedContextInvocation;
use tcb::TcbInvocation;
use vcpu::VcpuInvocation;
use vspace::CacheInvocation;

/// Words of the longest result: all registers.
const RESULT_WORDS: usize = crate::context::USER_CONTEXT_WORDS;

/// An invocation whose arguments are right.
enum Invocation {
    Tcb(TcbId, TcbInvocation),
    SchedContext(crate::ids::ScId, SchedContextInvocation),
    AckIrq(IrqId),
    Cache(CacheInvocation),
    Smc([u64; 8]),
    Vcpu(crate::ids::VcpuId, VcpuInvocation),
}

/// Message registers that an invocation returns.
pub struct Results {
    words: [u64; RESULT_WORDS],
    length: usize,
}

impl Results {
    pub const NONE: Self = Self {
        words: [0; RESULT_WORDS],
        length: 0,
    };

    pub fn one(word: u64) -> Self {
        Self::from_words([word])
    }

    pub fn from_words(words: impl IntoIterator<Item = u64>) -> Self {
        let mut results = Self::NONE;
        for (place, word) in results.words.iter_mut().zip(words) {
            *place = word;
            results.length += 1;
        }
        results
    }

    pub fn words(&self) -> &[u64] {
        self.words.get(..self.length).unwrap_or_default()
    }
}

impl Kernel {
    /// Does what `caller` asks of `cap`.
    pub(crate) fn invoke(
        &mut self,
        caller: TcbId,
        cap: Cap,
        arguments: &[Option<Cap>; 3],
        message: &Message,
        hw: &mut impl Hardware,
    ) -> Result<Results, InvocationError> {
        let decoder = decode::Decoder {
            kernel: self,
            caller,
            message,
            arguments,
            hw,
        };
        match decoder.decode(cap)? {
            Invocation::Tcb(tcb, what) => Ok(self.invoke_tcb(caller, tcb, what, message, hw)),
            Invocation::SchedContext(sc, what) => Ok(self.invoke_sched_context(caller, sc, what)),
            Invocation::AckIrq(irq) => {
                hw.irq_ack(self.irqs[irq].intid);
                Ok(Results::NONE)
            }
            Invocation::Cache(CacheInvocation { op, start, size }) => {
                if size != 0 {
                    hw.cache(op, start, size);
                }
                Ok(Results::NONE)
            }
            Invocation::Smc(mut registers) => {
                hw.smc(&mut registers);
                Ok(Results::from_words(registers))
            }
            Invocation::Vcpu(vcpu, what) => self.invoke_vcpu(vcpu, what, hw),
        }
    }
}
