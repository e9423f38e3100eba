// SPDX-License-Identifier: BSD-2-Clause

//! Invocations of vCPUs (sel4-microkit-abi, 3.2, 3.4, 5.6).

use crate::hardware::{Hardware, ListRegisterBusy};
use crate::ids::{Id, TcbId, VcpuId};
use crate::invoke::decode::Decoder;
use crate::invoke::method::Method;
use crate::invoke::{InvocationError, Results};
use crate::kernel::Kernel;
use crate::objects::Cap;

/// Registers of a vCPU.
const VCPU_REGISTERS: u64 = 24;
/// PPI of the virtual timer.
const VIRTUAL_TIMER: u64 = 27;
/// Largest values of InjectIRQ's fields.
const MAX_VIRQ: u64 = 1023;
const MAX_PRIORITY: u64 = 31;
const MAX_GROUP: u64 = 1;

/// What can be asked of a vCPU.
pub enum VcpuInvocation {
    SetTcb(TcbId),
    InjectIrq {
        index: u32,
        virq: u32,
        priority: u32,
        group: u32,
    },
    ReadRegister(u32),
    WriteRegister(u32, u64),
    AckVppi,
}

impl<H: Hardware> Decoder<'_, H> {
    pub(super) fn vcpu(&self, method: Method) -> Result<VcpuInvocation, InvocationError> {
        match method {
            Method::VcpuSetTcb => match self.cap(0)? {
                Cap::Tcb(tcb) => Ok(VcpuInvocation::SetTcb(tcb)),
                _ => Err(InvocationError::InvalidCapability { index: 1 }),
            },
            Method::VcpuInjectIrq => self.inject_irq(),
            Method::VcpuReadRegs => {
                self.need(1)?;
                Ok(VcpuInvocation::ReadRegister(self.vcpu_register()?))
            }
            Method::VcpuWriteRegs => {
                self.need(2)?;
                let register = self.vcpu_register()?;
                Ok(VcpuInvocation::WriteRegister(register, self.word(1)))
            }
            Method::VcpuAckVppi => self.ack_vppi(),
            _ => Err(InvocationError::IllegalOperation),
        }
    }

    fn vcpu_register(&self) -> Result<u32, InvocationError> {
        match u32::try_from(self.word(0)) {
            Ok(register) if u64::from(register) < VCPU_REGISTERS => Ok(register),
            _ => Err(InvocationError::InvalidArgument { index: 1 }),
        }
    }

    fn inject_irq(&self) -> Result<VcpuInvocation, InvocationError> {
        self.need(1)?;
        let word = self.word(0);
        let registers = u64::from(self.hw.list_registers());
        let virq = at_most(word & 0xffff, MAX_VIRQ)?;
        let priority = at_most(word >> 16 & 0xff, MAX_PRIORITY)?;
        let group = at_most(word >> 24 & 0xff, MAX_GROUP)?;
        let index = at_most(word >> 32 & 0xff, registers.saturating_sub(1))?;
        Ok(VcpuInvocation::InjectIrq {
            index,
            virq,
            priority,
            group,
        })
    }

    fn ack_vppi(&self) -> Result<VcpuInvocation, InvocationError> {
        self.need(1)?;
        let intid = self.word(0);
        let max = u64::from(self.kernel.max_intid);
        if intid > max {
            return Err(InvocationError::RangeError { min: 0, max });
        }
        if intid != VIRTUAL_TIMER {
            return Err(InvocationError::InvalidArgument { index: 0 });
        }
        Ok(VcpuInvocation::AckVppi)
    }
}

fn at_most(value: u64, max: u64) -> Result<u32, InvocationError> {
    match u32::try_from(value) {
        Ok(small) if value <= max => Ok(small),
        _ => Err(InvocationError::RangeError { min: 0, max }),
    }
}

impl Kernel {
    pub(super) fn invoke_vcpu(
        &mut self,
        vcpu: VcpuId,
        what: VcpuInvocation,
        hw: &mut impl Hardware,
    ) -> Result<Results, InvocationError> {
        let number = vcpu.index();
        match what {
            VcpuInvocation::SetTcb(tcb) => self.set_tcb_of_vcpu(vcpu, tcb),
            VcpuInvocation::InjectIrq {
                index,
                virq,
                priority,
                group,
            } => hw
                .vcpu_inject(number, index, virq, priority, group)
                .map_err(|ListRegisterBusy| InvocationError::DeleteFirst)?,
            VcpuInvocation::ReadRegister(register) => {
                return Ok(Results::one(hw.vcpu_read(number, register)));
            }
            VcpuInvocation::WriteRegister(register, value) => {
                hw.vcpu_write(number, register, value);
            }
            VcpuInvocation::AckVppi => hw.vcpu_ack_vppi(number),
        }
        Ok(Results::NONE)
    }

    /// Replaces an older binding on either side. A thread that loses its vCPU
    /// runs at EL0 again.
    fn set_tcb_of_vcpu(&mut self, vcpu: VcpuId, tcb: TcbId) {
        if let Some(other) = self.tcbs[tcb].vcpu.replace(vcpu) {
            self.vcpus[other].tcb = None;
        }
        if let Some(other) = self.vcpus[vcpu].tcb.replace(tcb)
            && other != tcb
        {
            self.tcbs[other].vcpu = None;
            let spsr = self.tcbs[other].context.spsr;
            self.write_register(other, 2, spsr);
        }
    }
}
