// SPDX-License-Identifier: BSD-2-Clause

//! Invocations of threads (sel4-microkit-abi, 3.2).

use crate::context::USER_CONTEXT_WORDS;
use crate::hardware::Hardware;
use crate::ids::{ScId, TcbId};
use crate::invoke::decode::Decoder;
use crate::invoke::method::Method;
use crate::invoke::{InvocationError, Results};
use crate::kernel::Kernel;
use crate::message::Message;
use crate::objects::{Cap, EndpointCap, FaultHandler, ThreadState};

/// What can be asked of a thread.
pub enum TcbInvocation {
    ReadRegisters { count: usize, suspend: bool },
    WriteRegisters { count: usize, resume: bool },
    SetPriority(u8),
    SetMcPriority(u8),
    SetSchedParams(SchedParams),
    SetTimeoutEndpoint(Option<EndpointCap>),
    Suspend,
    Resume,
    SetTlsBase(u64),
    SetFlags { clear: u64, set: u64 },
}

/// Arguments of SetSchedParams.
pub struct SchedParams {
    mcp: u8,
    priority: u8,
    sched_context: Option<ScId>,
    fault_handler: FaultHandler,
}

/// The one flag: any use of the FPU traps.
const FPU_DISABLED: u64 = 1;

impl<H: Hardware> Decoder<'_, H> {
    pub(super) fn tcb(&self, tcb: TcbId, method: Method) -> Result<TcbInvocation, InvocationError> {
        Ok(match method {
            Method::TcbReadRegisters => self.read_registers(tcb)?,
            Method::TcbWriteRegisters => self.write_registers(tcb)?,
            Method::TcbSetPriority => TcbInvocation::SetPriority(self.priority()?),
            Method::TcbSetMcPriority => TcbInvocation::SetMcPriority(self.priority()?),
            Method::TcbSetSchedParams => TcbInvocation::SetSchedParams(self.sched_params(tcb)?),
            Method::TcbSetTimeoutEndpoint => {
                TcbInvocation::SetTimeoutEndpoint(handler(self.cap(0)?, 1)?)
            }
            Method::TcbSuspend => TcbInvocation::Suspend,
            Method::TcbResume => TcbInvocation::Resume,
            Method::TcbSetTlsBase => {
                self.need(1)?;
                TcbInvocation::SetTlsBase(self.word(0))
            }
            Method::TcbSetFlags => {
                self.need(2)?;
                TcbInvocation::SetFlags {
                    clear: self.word(0),
                    set: self.word(1),
                }
            }
            _ => return Err(InvocationError::IllegalOperation),
        })
    }

    fn read_registers(&self, tcb: TcbId) -> Result<TcbInvocation, InvocationError> {
        self.need(2)?;
        let max = USER_CONTEXT_WORDS as u64;
        let count = self.word(1);
        if count < 1 || count > max {
            return Err(InvocationError::RangeError { min: 1, max });
        }
        self.not_own(tcb)?;
        Ok(TcbInvocation::ReadRegisters {
            count: count as usize,
            suspend: self.word(0) & 1 != 0,
        })
    }

    fn write_registers(&self, tcb: TcbId) -> Result<TcbInvocation, InvocationError> {
        self.need(2)?;
        let count = self.word(1);
        if count > (self.message.length - 2) as u64 {
            return Err(InvocationError::TruncatedMessage);
        }
        self.not_own(tcb)?;
        Ok(TcbInvocation::WriteRegisters {
            count: (count as usize).min(USER_CONTEXT_WORDS),
            resume: self.word(0) & 1 != 0,
        })
    }

    fn not_own(&self, tcb: TcbId) -> Result<(), InvocationError> {
        if tcb == self.caller {
            return Err(InvocationError::IllegalOperation);
        }
        Ok(())
    }

    /// Priority in MR0 under the authority of capability 0.
    fn priority(&self) -> Result<u8, InvocationError> {
        self.need(1)?;
        self.controlled(self.cap(0)?, self.word(0))
    }

    /// `priority`, if the thread `authority` may give it.
    fn controlled(&self, authority: Cap, priority: u64) -> Result<u8, InvocationError> {
        let Cap::Tcb(authority) = authority else {
            return Err(InvocationError::InvalidCapability { index: 1 });
        };
        let mcp = self.kernel.tcbs[authority].mcp;
        match u8::try_from(priority) {
            Ok(priority) if priority <= mcp => Ok(priority),
            _ => Err(InvocationError::RangeError {
                min: 0,
                max: mcp.into(),
            }),
        }
    }

    fn sched_params(&self, tcb: TcbId) -> Result<SchedParams, InvocationError> {
        self.need(2)?;
        let (authority, context, fault) = (self.cap(0)?, self.cap(1)?, self.cap(2)?);
        let mcp = self.controlled(authority, self.word(0))?;
        let priority = self.controlled(authority, self.word(1))?;
        let sched_context = match context {
            Cap::SchedContext(sc) if self.kernel.tcbs[tcb].sched_context == Some(sc) => Some(sc),
            Cap::SchedContext(sc) => {
                self.bindable(sc, tcb)?;
                Some(sc)
            }
            Cap::Empty => {
                self.not_own(tcb)?;
                None
            }
            _ => return Err(InvocationError::InvalidCapability { index: 2 }),
        };
        Ok(SchedParams {
            mcp,
            priority,
            sched_context,
            fault_handler: handler(fault, 3)?.map_or(FaultHandler::Null, FaultHandler::Endpoint),
        })
    }
}

/// An endpoint on which faults can be sent and answered, or none. The kernel's
/// own monitor stands for no handler.
fn handler(cap: Cap, index: u64) -> Result<Option<EndpointCap>, InvocationError> {
    match cap {
        Cap::Empty | Cap::Monitor(_) => Ok(None),
        Cap::Endpoint(cap) if cap.can_send() && cap.can_be_replied() => Ok(Some(cap)),
        _ => Err(InvocationError::InvalidCapability { index }),
    }
}

impl Kernel {
    pub(super) fn invoke_tcb(
        &mut self,
        caller: TcbId,
        tcb: TcbId,
        what: TcbInvocation,
        message: &Message,
        hw: &mut impl Hardware,
    ) -> Results {
        match what {
            TcbInvocation::ReadRegisters { count, suspend } => {
                if suspend {
                    self.suspend(caller, tcb);
                }
                return Results::from_words((0..count).map(|i| self.read_register(tcb, i)));
            }
            TcbInvocation::WriteRegisters { count, resume } => {
                for index in 0..count {
                    self.write_register(tcb, index, message.get(2 + index, hw));
                }
                if resume {
                    self.resume(tcb);
                }
            }
            TcbInvocation::SetPriority(priority) => self.set_priority(tcb, priority),
            TcbInvocation::SetMcPriority(mcp) => self.tcbs[tcb].mcp = mcp,
            TcbInvocation::SetSchedParams(params) => self.set_sched_params(tcb, &params),
            TcbInvocation::SetTimeoutEndpoint(cap) => self.tcbs[tcb].timeout_handler = cap,
            TcbInvocation::Suspend => self.suspend(caller, tcb),
            TcbInvocation::Resume => self.resume(tcb),
            TcbInvocation::SetTlsBase(base) => self.tcbs[tcb].context.tpidr_el0 = base,
            TcbInvocation::SetFlags { clear, set } => return self.set_flags(tcb, clear, set),
        }
        Results::NONE
    }

    fn set_sched_params(&mut self, tcb: TcbId, params: &SchedParams) {
        self.tcbs[tcb].mcp = params.mcp;
        self.tcbs[tcb].fault_handler = params.fault_handler;
        self.set_priority(tcb, params.priority);
        match params.sched_context {
            Some(sc) if self.tcbs[tcb].sched_context != Some(sc) => {
                self.donate(sc, tcb);
                self.admit(tcb);
            }
            Some(_) => {}
            None => self.take_sched_context(tcb),
        }
    }

    fn set_flags(&mut self, tcb: TcbId, clear: u64, set: u64) -> Results {
        let now = u64::from(self.tcbs[tcb].fpu_disabled);
        let flags = (now & !clear | set) & FPU_DISABLED;
        self.tcbs[tcb].fpu_disabled = flags != 0;
        Results::one(flags)
    }

    /// Stops `tcb`. If it was running it continues where it was; the caller
    /// itself repeats its call when it is resumed.
    fn suspend(&mut self, caller: TcbId, tcb: TcbId) {
        self.cancel(tcb);
        self.abandon_yield_to(tcb);
        if self.tcbs[tcb].is_running() {
            if tcb == caller {
                self.tcbs[tcb].context.pc = self.tcbs[tcb].restart_pc;
            } else {
                self.tcbs[tcb].restart_pc = self.tcbs[tcb].context.pc;
            }
            self.block(tcb, ThreadState::Inactive);
        }
    }

    /// Restarts `tcb` if it is stopped or blocked.
    fn resume(&mut self, tcb: TcbId) {
        if self.tcbs[tcb].is_running() {
            return;
        }
        self.cancel(tcb);
        self.tcbs[tcb].context.pc = self.tcbs[tcb].restart_pc;
        self.unblock(tcb);
    }
}
