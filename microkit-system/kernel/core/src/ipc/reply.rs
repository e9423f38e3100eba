// SPDX-License-Identifier: BSD-2-Clause

//! Replying: to a call, or to a fault (sel4-microkit-abi, 2.2 and 4).

use crate::context::sanitise_spsr;
use crate::hardware::Hardware;
use crate::ids::{ReplyId, TcbId};
use crate::ipc::Fault;
use crate::kernel::Kernel;
use crate::message::Message;
use crate::objects::ThreadState;

/// Registers that a reply to an UnknownSyscall may write: x0–x7, FaultIP, SP,
/// LR, SPSR.
const UNKNOWN_SYSCALL_WORDS: usize = 12;
/// Registers that a reply to a UserException may write: FaultIP, SP, SPSR.
const USER_EXCEPTION_WORDS: usize = 3;
/// Registers that a reply to a Timeout may write.
const TIMEOUT_WORDS: usize = 34;

impl Kernel {
    /// `from` answers the call that waits on `reply`; nothing if there is none.
    pub(crate) fn reply(&mut self, from: TcbId, reply: ReplyId, hw: &mut impl Hardware) {
        let Some(to) = self.replies[reply].tcb else {
            return;
        };
        if self.tcbs[to].state != (ThreadState::BlockedOnReply { reply }) {
            return;
        }
        self.pop_call(to, reply);
        let fault = self.tcbs[to].fault.take();
        let goes_on = match fault {
            None => {
                self.copy_message(from, to, 0, hw);
                true
            }
            Some(fault) => self.answer_fault(from, to, fault, hw),
        };
        if !goes_on {
            self.tcbs[to].state = ThreadState::Inactive;
            return;
        }
        self.tcbs[to].state = ThreadState::Running;
        let exhausted = self.tcbs[to].sched_context.filter(|sc| {
            !self.has_budget(*sc)
                && self.has_timeout_handler(to, *sc)
                && !matches!(fault, Some(Fault::Timeout { .. }))
        });
        match exhausted {
            Some(sc) => self.timeout_fault(to, sc, hw),
            None => self.admit(to),
        }
    }

    /// Writes back what a reply to `fault` may; whether the thread goes on.
    fn answer_fault(
        &mut self,
        from: TcbId,
        to: TcbId,
        fault: Fault,
        hw: &mut impl Hardware,
    ) -> bool {
        let answer = self.message(from);
        let resumes = answer.info.label() == 0;
        match fault {
            Fault::UnknownSyscall { .. } if resumes => self.answer_syscall(to, &answer, hw),
            Fault::User { .. } if resumes => {
                self.answer_registers(to, &answer, USER_EXCEPTION_WORDS, hw);
            }
            Fault::Timeout { .. } if resumes => {
                self.answer_registers(to, &answer, TIMEOUT_WORDS, hw);
            }
            Fault::UnknownSyscall { .. } | Fault::User { .. } | Fault::Timeout { .. } => {
                return false;
            }
            Fault::Cap { .. }
            | Fault::Debug { .. }
            | Fault::Vm { .. }
            | Fault::VgicMaintenance { .. }
            | Fault::Vcpu { .. }
            | Fault::VppiEvent { .. } => {}
        }
        let tcb = &mut self.tcbs[to];
        tcb.context.pc = tcb.restart_pc;
        true
    }

    fn answer_syscall(&mut self, to: TcbId, answer: &Message, hw: &impl Hardware) {
        for index in 0..answer.length.min(UNKNOWN_SYSCALL_WORDS) {
            let word = answer.get(index, hw);
            match index {
                8 => self.write_register(to, 0, word),
                9 => self.write_register(to, 1, word),
                // LR is the next PC, which restarting at FaultIP overrides.
                10 => {}
                11 => self.write_register(to, 2, word),
                _ => self.tcbs[to].context.x[index] = word,
            }
        }
    }

    /// The first words of seL4_UserContext.
    fn answer_registers(&mut self, to: TcbId, answer: &Message, count: usize, hw: &impl Hardware) {
        for index in 0..answer.length.min(count) {
            self.write_register(to, index, answer.get(index, hw));
        }
    }

    /// Register `index` of seL4_UserContext (0 = PC, also where it restarts).
    pub(crate) fn write_register(&mut self, id: TcbId, index: usize, word: u64) {
        let debug = self.debug;
        let tcb = &mut self.tcbs[id];
        if index == 0 {
            tcb.restart_pc = word;
            tcb.context.pc = word;
            return;
        }
        let word = if index == 2 {
            sanitise_spsr(word, tcb.vcpu.is_some(), debug)
        } else {
            word
        };
        if let Some(register) = tcb.context.user_register_mut(index) {
            *register = word;
        }
    }

    /// Register `index` of seL4_UserContext.
    pub(crate) fn read_register(&self, id: TcbId, index: usize) -> u64 {
        let tcb = &self.tcbs[id];
        if index == 0 {
            return tcb.restart_pc;
        }
        tcb.context.user_register(index).unwrap_or(0)
    }
}
