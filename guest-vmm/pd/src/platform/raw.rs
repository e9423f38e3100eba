// SPDX-License-Identifier: BSD-2-Clause

//! What rust-sel4's API lacks, through its raw call.
//!
//! On one core it does not name VMPIDR_EL2, which the kernel keeps all the same
//! (libsel4, `seL4_VCPUReg`).

use sel4::sys::invocation_label::{ARMVCPUReadReg, ARMVCPUWriteReg};
use sel4::{Error, MessageInfo, Result, Word, cap};

/// VMPIDR_EL2's number.
const VMPIDR: Word = 16;

/// Reads a vCPU's VMPIDR_EL2.
pub fn read_vmpidr(vcpu: cap::VCpu) -> Result<Word> {
    call(vcpu, ARMVCPUReadReg, &[VMPIDR])
}

/// Writes a vCPU's VMPIDR_EL2, which its guest reads as MPIDR_EL1.
pub fn write_vmpidr(vcpu: cap::VCpu, value: Word) -> Result<()> {
    call(vcpu, ARMVCPUWriteReg, &[VMPIDR, value]).map(|_| ())
}

/// Invokes a method of few arguments; the first message register of its reply.
fn call(vcpu: cap::VCpu, label: u32, arguments: &[Word]) -> Result<Word> {
    let info = MessageInfo::new(label.into(), 0, 0, arguments.len());
    let reply = vcpu.call_with_mrs(info, arguments);
    // Errors are small numbers; one that is none is not NoError either.
    match u32::try_from(reply.info.label()).ok() {
        Some(0) => Ok(reply.msg[0]),
        number => Err(number
            .and_then(Error::from_sys)
            .unwrap_or(Error::IllegalOperation)),
    }
}
