// SPDX-License-Identifier: BSD-2-Clause

//! Dispatch of the vCPUs' faults.

use super::state::Life;
use super::vcpu::Run;
use super::{Answer, Machine};
use crate::exits::{Exit, FAULT_WORDS, Syndrome};
use crate::platform::Platform;
use crate::vcpu::{Exception, VIRTUAL_TIMER, VcpuId, inject_exception};

impl<P: Platform> Machine<'_, P> {
    /// `vcpu` faulted. `words`: the message's first registers; what lies
    /// beyond `length` is not looked at.
    pub fn fault(
        &mut self,
        vcpu: VcpuId,
        label: u64,
        length: usize,
        words: &[u64; FAULT_WORDS],
    ) -> Answer {
        // A fault that was under way when the guest was stopped.
        if matches!(self.life, Life::Held | Life::Paused | Life::Stopped)
            || !self.vcpus.has(vcpu)
            || self.vcpus[vcpu].run == Run::Off
        {
            return Answer::Stay;
        }
        let exit = Exit::new(label, length, words);
        self.trapped(vcpu, &exit);
        if self.life == Life::Resetting {
            let answer = self.fault_in_reset(vcpu, &exit);
            return self.answer(vcpu, answer);
        }
        self.vcpus[vcpu].run = Run::Running;
        let answer = match exit {
            Exit::Memory {
                pc,
                address,
                syndrome,
            } => self.memory(vcpu, pc, address, syndrome),
            Exit::Trap {
                syndrome: Syndrome::Wait,
                ..
            } => self.wait(vcpu),
            Exit::Trap {
                syndrome: Syndrome::WaitForEvent,
                ..
            } => self.wait_for_event(vcpu),
            Exit::Trap {
                syndrome: Syndrome::SecureCall,
                ..
            } => self.secure_call(vcpu),
            Exit::Trap { esr, .. } => self.unknown_trap(vcpu, esr),
            Exit::HypervisorCall { pc } => self.hypervisor_call(vcpu, pc),
            Exit::Maintenance { list_register } => self.maintenance(vcpu, list_register),
            Exit::Timer => self.timer_fired(vcpu),
            Exit::Malformed { label, length } => self.fail(format_args!(
                "fault message {label} of {length} words makes no sense"
            )),
        };
        self.answer(vcpu, answer)
    }

    fn answer(&mut self, vcpu: VcpuId, answer: Answer) -> Answer {
        self.deliver_all();
        let answer = match self.hold_debtor(vcpu) {
            true => Answer::Stay,
            false => self.let_others_go_first(vcpu, answer),
        };
        self.wake_and_tell();
        if answer == Answer::Reply {
            self.runs(vcpu);
        }
        answer
    }

    /// After each event: hand over interrupts, wake the vCPUs that they wake, tell
    /// the console.
    pub(super) fn finish(&mut self) {
        self.deliver_all();
        self.wake_and_tell();
    }

    fn wake_and_tell(&mut self) {
        self.wake_for_interrupts();
        if self.log.take_unflushed() {
            self.platform.notify(self.config.output.channel);
        }
    }

    /// A vCPU that wakes others goes on after them: it may well spin until they have
    /// answered, and they share its core. What is resumed last runs first.
    fn let_others_go_first(&mut self, vcpu: VcpuId, answer: Answer) -> Answer {
        if answer == Answer::Stay || !self.wakes_others(vcpu) {
            return answer;
        }
        self.runs(vcpu);
        self.platform.resume(vcpu);
        Answer::Stay
    }

    /// WFE: a vCPU that spins for a lock. Nothing tells the VMM of a SEV, so it
    /// waits for a moment only; meanwhile the others run.
    fn wait_for_event(&mut self, vcpu: VcpuId) -> Answer {
        let pc = self.platform.registers(vcpu).pc;
        self.platform.set_pc(vcpu, pc.wrapping_add(4));
        self.wait_a_moment(vcpu)
    }

    fn unknown_trap(&mut self, vcpu: VcpuId, esr: u64) -> Answer {
        let pc = self.platform.registers(vcpu).pc;
        self.log.guest_line(
            self.platform.counter(),
            format_args!("guest trap with syndrome {esr:#x} (pc {pc:#x}): undefined instruction"),
        );
        self.take(vcpu, Exception::Undefined)
    }

    /// HVC is seL4's; the vCPU has no capabilities. Answering such a fault would
    /// repeat or alter the call, so the thread is restarted instead.
    fn hypervisor_call(&mut self, vcpu: VcpuId, pc: u64) -> Answer {
        self.log.guest_line(
            self.platform.counter(),
            format_args!("guest HVC (pc {pc:#x}): undefined instruction (PSCI is by SMC)"),
        );
        let mut registers = self.platform.registers(vcpu);
        registers.pc = pc;
        inject_exception(
            &mut self.platform,
            vcpu,
            &mut registers,
            Exception::Undefined,
        );
        self.runs(vcpu);
        self.platform.set_registers(vcpu, &registers, true);
        Answer::Stay
    }

    fn maintenance(&mut self, vcpu: VcpuId, list_register: Option<u8>) -> Answer {
        let ended = list_register.and_then(|register| self.gic.maintenance(vcpu, register));
        let Some(intid) = ended else {
            return Answer::Reply;
        };
        if intid == VIRTUAL_TIMER {
            self.end_timer(vcpu);
        }
        self.settle_shm();
        self.settle_serial();
        self.settle_disk();
        self.settle_management();
        Answer::Reply
    }

    fn timer_fired(&mut self, vcpu: VcpuId) -> Answer {
        self.vcpus[vcpu].timer.fire();
        self.gic.set_private_line(vcpu, VIRTUAL_TIMER, true);
        Answer::Reply
    }
}
