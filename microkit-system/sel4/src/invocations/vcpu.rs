// SPDX-License-Identifier: BSD-2-Clause

//! Methods of a virtual processor (manual, 10.5: `seL4_ARM_VCPU`).

use crate::{InvocationContext, Result, VCpuReg, Word, cap, sys::invocation_label};

impl<C: InvocationContext> cap::VCpu<C> {
    /// Binds it to a thread, which runs its guest from then on.
    pub fn vcpu_set_tcb(self, tcb: cap::Tcb) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::ARMVCPUSetTCB, &[tcb.bits()], &[])
    }

    /// Reads a system register of the guest.
    pub fn vcpu_read_regs(self, field: VCpuReg) -> Result<Word> {
        let words = [field.into_sys()];
        self.invoke_method(invocation_label::ARMVCPUReadReg, &[], &words, |answer| {
            answer[0]
        })
    }

    /// Writes a system register of the guest.
    pub fn vcpu_write_regs(self, field: VCpuReg, value: Word) -> Result<()> {
        let words = [field.into_sys(), value];
        self.invoke_method_for_unit(invocation_label::ARMVCPUWriteReg, &[], &words)
    }

    /// Unmasks a virtual private interrupt; only 27, the virtual timer, is known.
    pub fn vcpu_ack_vppi(self, irq: Word) -> Result<()> {
        self.invoke_method_for_unit(invocation_label::ARMVCPUAckVPPI, &[], &[irq])
    }

    /// Makes interrupt `virq` pending in list register `index`.
    ///
    /// # Errors
    /// RangeError if `virq` is above 1023, `priority` above 31, `group` above 1
    /// or there is no such list register; DeleteFirst if it is occupied.
    pub fn vcpu_inject_irq(self, virq: u16, priority: u8, group: u8, index: u8) -> Result<()> {
        let words = [injection(virq, priority, group, index)];
        self.invoke_method_for_unit(invocation_label::ARMVCPUInjectIRQ, &[], &words)
    }
}

/// The argument word of InjectIRQ.
fn injection(virq: u16, priority: u8, group: u8, index: u8) -> Word {
    Word::from(virq)
        | Word::from(priority) << 16
        | Word::from(group) << 24
        | Word::from(index) << 32
}

#[cfg(test)]
mod tests {
    use super::injection;

    #[test]
    fn an_injection_packs_four_values_in_a_word() {
        assert_eq!(injection(27, 0, 0, 0), 27);
        assert_eq!(injection(0xffff, 0xee, 0xdd, 0xcc), 0xcc_ddee_ffff);
    }
}
