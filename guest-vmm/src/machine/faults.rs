// SPDX-License-Identifier: BSD-2-Clause

//! Dispatch of the vCPU's faults.

use super::state::Life;
use super::{Answer, Machine};
use crate::exits::{Exit, FAULT_WORDS, Syndrome};
use crate::platform::Platform;
use crate::psci::{self, Outcome};
use crate::vcpu::{Exception, VIRTUAL_TIMER};

impl<P: Platform> Machine<'_, P> {
    /// The vCPU faulted. `words`: the message's first registers; what lies
    /// beyond `length` is not looked at.
    pub fn fault(&mut self, label: u64, length: usize, words: &[u64; FAULT_WORDS]) -> Answer {
        // A fault that was under way when the guest was stopped.
        if matches!(self.life, Life::Held | Life::Stopped) {
            return Answer::Stay;
        }
        let exit = Exit::new(label, length, words);
        if self.life == Life::Resetting {
            let answer = self.fault_in_reset(&exit);
            self.finish();
            return answer;
        }
        self.life = Life::Running;
        let answer = match exit {
            Exit::Memory {
                pc,
                address,
                syndrome,
            } => self.memory(pc, address, syndrome),
            Exit::Trap {
                syndrome: Syndrome::Wait,
                ..
            } => self.park(None),
            Exit::Trap {
                syndrome: Syndrome::SecureCall,
                ..
            } => self.secure_call(),
            Exit::Trap { esr, .. } => self.unknown_trap(esr),
            Exit::HypervisorCall { pc } => self.hypervisor_call(pc),
            Exit::Maintenance { list_register } => self.maintenance(list_register),
            Exit::Timer => self.timer_fired(),
            Exit::Malformed { label, length } => self.fail(format_args!(
                "fault message {label} of {length} words makes no sense"
            )),
        };
        self.finish();
        answer
    }

    /// After each event: hand over interrupts, wake a guest that they wake, tell
    /// the console.
    pub(super) fn finish(&mut self) {
        if self.life != Life::Resetting {
            self.deliver();
        }
        if matches!(self.life, Life::Parked { .. }) && self.gic.has_fresh() {
            self.unpark();
        }
        if self.log.take_unflushed() {
            self.platform.notify(self.config.output.channel);
        }
    }

    fn secure_call(&mut self) -> Answer {
        let mut registers = self.platform.registers();
        let [x0, x1, x2, x3, ..] = registers.x;
        let outcome = psci::call(&[x0, x1, x2, x3]);
        if let Outcome::Return(value) | Outcome::Standby(value) = outcome {
            registers.set_operand(0, value);
            registers.pc = registers.pc.wrapping_add(4);
            self.platform.set_registers(&registers, false);
        }
        match outcome {
            Outcome::Return(_) => Answer::Reply,
            Outcome::Standby(_) => self.park(None),
            Outcome::Off => self.off(),
            Outcome::Reset => self.reset(),
        }
    }

    fn unknown_trap(&mut self, esr: u64) -> Answer {
        let pc = self.platform.registers().pc;
        self.log.guest_line(
            self.platform.counter(),
            format_args!("guest trap with syndrome {esr:#x} (pc {pc:#x}): undefined instruction"),
        );
        self.take(Exception::Undefined)
    }

    /// HVC is seL4's; the vCPU has no capabilities. Answering such a fault would
    /// repeat or alter the call, so the thread is restarted instead.
    fn hypervisor_call(&mut self, pc: u64) -> Answer {
        self.log.guest_line(
            self.platform.counter(),
            format_args!("guest HVC (pc {pc:#x}): undefined instruction (PSCI is by SMC)"),
        );
        let mut registers = self.platform.registers();
        registers.pc = pc;
        crate::vcpu::inject_exception(&mut self.platform, &mut registers, Exception::Undefined);
        self.platform.set_registers(&registers, true);
        Answer::Stay
    }

    fn maintenance(&mut self, list_register: Option<u8>) -> Answer {
        let Some(intid) = list_register.and_then(|register| self.gic.maintenance(register)) else {
            return Answer::Reply;
        };
        if intid == VIRTUAL_TIMER {
            self.gic.set_line(VIRTUAL_TIMER, false);
            self.timer.acknowledge(&mut self.platform);
        }
        self.settle_shm();
        self.settle_serial();
        Answer::Reply
    }

    fn timer_fired(&mut self) -> Answer {
        self.timer.fire();
        self.gic.set_line(VIRTUAL_TIMER, true);
        Answer::Reply
    }
}
