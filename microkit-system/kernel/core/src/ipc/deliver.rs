// SPDX-License-Identifier: BSD-2-Clause

//! Delivering what a thread sends: a message, or a fault in its name.

use crate::hardware::Hardware;
use crate::ids::TcbId;
use crate::ipc::fault::{Fault, FaultWords, failure_words};
use crate::ipc::send::Send;
use crate::kernel::Kernel;
use crate::objects::{EndpointCap, FaultHandler, ThreadState};

impl Kernel {
    /// `to` gets the fault of `from` if there is one, else its message.
    pub(crate) fn deliver(&mut self, from: TcbId, to: TcbId, badge: u64, hw: &mut impl Hardware) {
        match self.tcbs[from].fault {
            Some(fault) => {
                let words = self.fault_words(from, fault);
                self.write_message(to, badge, fault.label(), words.as_slice(), hw);
            }
            None => self.copy_message(from, to, badge, hw),
        }
    }

    /// `id` faults: a call in its name on its fault endpoint, or the end.
    pub(crate) fn deliver_fault(&mut self, id: TcbId, fault: Fault, hw: &mut impl Hardware) {
        let timeout = matches!(fault, Fault::Timeout { .. });
        let handler = match (timeout, self.tcbs[id].timeout_handler) {
            (true, Some(cap)) => FaultHandler::Endpoint(cap),
            (true, None) => FaultHandler::Null,
            (false, _) => self.tcbs[id].fault_handler,
        };
        match handler {
            FaultHandler::Endpoint(cap) if cap.can_send() && cap.can_be_replied() => {
                self.send_fault(id, fault, cap, !timeout, hw);
            }
            _ => self.give_up(id, fault, hw),
        }
    }

    fn send_fault(
        &mut self,
        id: TcbId,
        fault: Fault,
        cap: EndpointCap,
        donate: bool,
        hw: &mut impl Hardware,
    ) {
        self.tcbs[id].fault = Some(fault);
        let how = Send {
            blocking: true,
            call: true,
            donate,
        };
        self.send(id, cap, how, hw);
    }

    /// Nobody handles the fault: the thread never runs again by itself.
    fn give_up(&mut self, id: TcbId, fault: Fault, hw: &mut impl Hardware) {
        self.block(id, ThreadState::Inactive);
        let tcb = &self.tcbs[id];
        hw.report(format_args!(
            "{}: {fault} at pc {:#x}: never runs again",
            tcb.name.as_str(),
            tcb.restart_pc
        ));
    }

    fn fault_words(&self, id: TcbId, fault: Fault) -> FaultWords {
        let tcb = &self.tcbs[id];
        let (context, pc) = (&tcb.context, tcb.restart_pc);
        let mut words = FaultWords::EMPTY;
        match fault {
            Fault::Cap {
                cptr,
                in_receive,
                failure,
            } => {
                words.extend(&[pc, cptr, in_receive.into()]);
                failure_words(failure, &mut words);
            }
            Fault::UnknownSyscall { number } => {
                words.extend(&context.x[..8]);
                words.extend(&[pc, context.sp, context.pc, context.spsr, number]);
            }
            Fault::User { number, code } => {
                words.extend(&[pc, context.sp, context.spsr, number, code]);
            }
            Fault::Debug { reason, breakpoint } => {
                words.extend(&[pc, reason]);
                if let Some((address, number)) = breakpoint {
                    words.extend(&[address, number]);
                }
            }
            Fault::Timeout { badge, consumed_us } => words.extend(&[badge, consumed_us]),
            Fault::Vm {
                address,
                fsr,
                is_fetch,
            } => words.extend(&[pc, address, is_fetch.into(), fsr]),
            Fault::VgicMaintenance { index } => words.push(index.map_or(u64::MAX, u64::from)),
            Fault::Vcpu { hsr } => words.push(hsr),
            Fault::VppiEvent { intid } => words.push(intid.into()),
        }
        words
    }
}
