// SPDX-License-Identifier: BSD-2-Clause

//! Firmware calls, and turning vCPUs on and off (PSCI, Arm DEN0022).
//!
//! A vCPU that was turned off keeps what no invocation of seL4 reaches: interrupts
//! that lie in its list registers, floating point, its CPU interface. When it is
//! turned on again it finds them, as the same core of a real machine would find
//! what the distributor kept for it; whatever starts there has to set up its CPU
//! interface anyway.

use super::vcpu::Run;
use super::{Answer, Machine};
use crate::platform::Platform;
use crate::psci::{self, Outcome};
use crate::vcpu::{Registers, SCTLR_OFF, START_SPSR, SystemRegister, VcpuId};
use tombolo_pages::guest_status::VcpuState;

/// MPIDR_EL1's bit that is RES1.
const MPIDR_RES1: u64 = 1 << 31;

impl<P: Platform> Machine<'_, P> {
    /// `vcpu` did SMC.
    pub(super) fn secure_call(&mut self, vcpu: VcpuId) -> Answer {
        let registers = self.platform.registers(vcpu);
        let [x0, x1, x2, x3, ..] = registers.x;
        match psci::call(&[x0, x1, x2, x3]) {
            Outcome::Return(value) => self.return_from_call(vcpu, registers, value),
            Outcome::Standby(value) => {
                self.return_from_call(vcpu, registers, value);
                self.wait(vcpu)
            }
            Outcome::CpuOn {
                target,
                entry,
                context,
            } => {
                let answer = self.cpu_on(target, entry, context);
                self.return_from_call(vcpu, registers, answer.into())
            }
            Outcome::CpuOff if self.is_last_on(vcpu) => {
                self.return_from_call(vcpu, registers, psci::Answer::LastCpu.into())
            }
            Outcome::CpuOff => self.cpu_off(vcpu),
            Outcome::AffinityInfo(target) => {
                let answer = self.affinity_info(target);
                self.return_from_call(vcpu, registers, answer.into())
            }
            Outcome::Off => self.off(),
            Outcome::Reset => self.reset(),
        }
    }

    fn return_from_call(&mut self, vcpu: VcpuId, mut registers: Registers, value: u64) -> Answer {
        registers.set_operand(0, value);
        registers.pc = registers.pc.wrapping_add(4);
        self.platform.set_registers(vcpu, &registers, false);
        Answer::Reply
    }

    fn cpu_on(&mut self, target: VcpuId, entry: u64, context: u64) -> psci::Answer {
        if !self.vcpus.has(target) {
            return psci::Answer::NoSuchCpu;
        }
        if self.vcpus[target].run != Run::Off {
            return psci::Answer::AlreadyOn;
        }
        if self.platform.guest_word(entry & !7).is_none() {
            return psci::Answer::InvalidAddress;
        }
        let affinity = MPIDR_RES1 | target.index() as u64;
        for (register, value) in [
            (SystemRegister::Vmpidr, affinity),
            (SystemRegister::CntvCtl, 0),
            (SystemRegister::Sctlr, SCTLR_OFF),
        ] {
            self.platform.set_system_register(target, register, value);
        }
        let mut registers = Registers {
            pc: entry,
            spsr: START_SPSR,
            ..Registers::default()
        };
        registers.set_operand(0, context);
        self.vcpus[target].run = Run::Running;
        self.settle_deadline();
        self.runs(target);
        self.platform.set_registers(target, &registers, true);
        psci::Answer::Success
    }

    fn cpu_off(&mut self, vcpu: VcpuId) -> Answer {
        self.platform.suspend(vcpu);
        self.platform
            .set_system_register(vcpu, SystemRegister::CntvCtl, 0);
        self.end_timer(vcpu);
        self.gic.leave(vcpu);
        self.vcpus[vcpu].run = Run::Off;
        self.stands(vcpu, VcpuState::Off);
        self.settle_deadline();
        Answer::Stay
    }

    fn affinity_info(&self, target: VcpuId) -> psci::Answer {
        match self.vcpus[target].run {
            _ if !self.vcpus.has(target) => psci::Answer::NoSuchCpu,
            Run::Off => psci::Answer::Off,
            Run::Running | Run::Parked { .. } | Run::Held { .. } => psci::Answer::Success,
        }
    }

    /// The last may not turn itself off: nothing could turn one on again.
    fn is_last_on(&self, vcpu: VcpuId) -> bool {
        let mut others = self.vcpus.ids().filter(|&other| other != vcpu);
        others.all(|other| self.vcpus[other].run == Run::Off)
    }
}
