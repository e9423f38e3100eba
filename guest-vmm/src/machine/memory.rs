// SPDX-License-Identifier: BSD-2-Clause

//! A load, store or fetch that stage 2 stopped.

use super::{Answer, Machine};
use crate::exits::{
    AbortTransfer, Access, Addressing, DataAbort, Instruction, Refusal, Served, Syndrome, Transfer,
    Width, extend,
};
use crate::platform::Platform;
use crate::vcpu::{Exception, Registers, SystemRegister, VcpuId, inject_exception, translate};

const PAGE_MASK: u64 = 0xfff;
/// Bytes of an A64 instruction.
const INSTRUCTION: u64 = 4;

/// A fault, and where.
#[derive(Clone, Copy)]
struct Fault {
    vcpu: VcpuId,
    pc: u64,
    address: u64,
    store: bool,
}

impl<P: Platform> Machine<'_, P> {
    pub(super) fn memory(
        &mut self,
        vcpu: VcpuId,
        pc: u64,
        address: u64,
        syndrome: Syndrome,
    ) -> Answer {
        let Syndrome::Data(abort) = syndrome else {
            return self.fetch_abort(vcpu, pc, address);
        };
        let fault = Fault {
            vcpu,
            pc,
            address,
            store: abort.store,
        };
        if abort.opaque {
            return self.refuse(fault, Refusal::TableWalk);
        }
        if abort.cache_maintenance && self.answers(address) {
            // Registers are not cached: nothing to do.
            self.platform.set_pc(vcpu, pc.wrapping_add(INSTRUCTION));
            return Answer::Reply;
        }
        match abort.transfer {
            Some(transfer) => {
                let width = transfer.width;
                let store = abort
                    .store
                    .then(|| self.platform.operand(vcpu, transfer.register) & width.mask());
                let access = Access {
                    address,
                    width,
                    store,
                };
                self.single(fault, &access, &transfer)
            }
            None => self.without_syndrome(fault, &abort),
        }
    }

    /// A load or store that the processor describes.
    fn single(&mut self, fault: Fault, access: &Access, transfer: &AbortTransfer) -> Answer {
        let next = fault.pc.wrapping_add(INSTRUCTION);
        match self.access(fault.vcpu, access) {
            Served::Done(_) if fault.store => self.platform.set_pc(fault.vcpu, next),
            Served::Done(value) => {
                let value = extend(value, transfer.width, transfer.signed, transfer.to_64);
                self.platform
                    .finish_load(fault.vcpu, transfer.register, value, next);
            }
            Served::Wait => return self.wait_on_access(fault.vcpu),
            Served::Later(at) => return self.wait_until(fault.vcpu, at),
            Served::Refused(refusal) => return self.refuse(fault, refusal),
        }
        let serial = self.serial.as_mut();
        if serial.is_some_and(|serial| serial.take_saw_full()) {
            // It looks until there is room: others may run meanwhile.
            return self.wait_a_moment(fault.vcpu);
        }
        Answer::Reply
    }

    /// A pair, or a form with write-back: read and do the instruction.
    fn without_syndrome(&mut self, fault: Fault, abort: &DataAbort) -> Answer {
        if !self.answers(fault.address) {
            let refusal = self.no_device(fault);
            return self.refuse(fault, refusal);
        }
        let registers = self.platform.registers(fault.vcpu);
        let Some(word) = self.instruction(fault.vcpu, &registers) else {
            return self.refuse(fault, Refusal::Unreadable);
        };
        match Instruction::decode(word) {
            Instruction::Other(kind) => self.refuse(fault, Refusal::Instruction { word, kind }),
            Instruction::Transfer(transfer) if transfer.load == abort.store => {
                // The guest changed the instruction behind the processor's back.
                self.refuse(fault, Refusal::Unreadable)
            }
            Instruction::Transfer(transfer) => self.transfer(fault, word, &transfer, registers),
        }
    }

    /// Does a decoded transfer, element by element.
    fn transfer(
        &mut self,
        fault: Fault,
        word: u32,
        transfer: &Transfer,
        mut registers: Registers,
    ) -> Answer {
        let base = self.base(fault.vcpu, transfer.base, &registers);
        let sum = base.wrapping_add_signed(transfer.offset);
        let start = if transfer.addressing == Addressing::PostIndex {
            base
        } else {
            sum
        };
        let bytes = transfer.width.bytes() * if transfer.second.is_some() { 2 } else { 1 };
        if start & PAGE_MASK != fault.address & PAGE_MASK
            || (fault.address & PAGE_MASK) + bytes > PAGE_MASK + 1
        {
            let kind = "an access across two pages";
            return self.refuse(fault, Refusal::Instruction { word, kind });
        }
        let mut loaded = [None; 2];
        let elements = [Some(transfer.first), transfer.second];
        for (n, register) in elements.into_iter().enumerate() {
            let Some(register) = register else { continue };
            let address = fault.address + n as u64 * transfer.width.bytes();
            let value = registers.operand(register) & transfer.width.mask();
            let store = (!transfer.load).then_some(value);
            if let (1.., Some(shm)) = (n, &mut self.shm) {
                shm.next_is_second();
            }
            match self.access(
                fault.vcpu,
                &Access {
                    address,
                    width: transfer.width,
                    store,
                },
            ) {
                Served::Done(value) => loaded[n] = Some((register, value)),
                // The whole instruction is repeated: an attach is idempotent.
                Served::Wait => return self.wait_on_access(fault.vcpu),
                Served::Later(at) => return self.wait_until(fault.vcpu, at),
                Served::Refused(refusal) => return self.refuse(fault, refusal),
            }
        }
        if transfer.addressing != Addressing::Offset {
            self.set_base(fault.vcpu, transfer.base, sum, &mut registers);
        }
        if transfer.load {
            for (register, value) in loaded.into_iter().flatten() {
                let value = extend(value, transfer.width, transfer.signed, transfer.to_64);
                registers.set_operand(register, value);
            }
        }
        registers.pc = fault.pc.wrapping_add(INSTRUCTION);
        self.platform.set_registers(fault.vcpu, &registers, false);
        Answer::Reply
    }

    /// The instruction at the program counter.
    fn instruction(&mut self, vcpu: VcpuId, registers: &Registers) -> Option<u32> {
        if registers.in_aarch32() || registers.pc & 3 != 0 {
            return None;
        }
        let address = translate(&mut self.platform, vcpu, registers.pc)?;
        let word = self.platform.guest_word(address & !7)?;
        // Truncation picks the half.
        Some((word >> (8 * (address & 4))) as u32)
    }

    fn base(&mut self, vcpu: VcpuId, register: u8, registers: &Registers) -> u64 {
        match register {
            31 if registers.uses_sp_el1() => {
                self.platform.system_register(vcpu, SystemRegister::SpEl1)
            }
            31 => registers.sp_el0,
            _ => registers.operand(register),
        }
    }

    fn set_base(&mut self, vcpu: VcpuId, register: u8, value: u64, registers: &mut Registers) {
        match register {
            31 if registers.uses_sp_el1() => {
                self.platform
                    .set_system_register(vcpu, SystemRegister::SpEl1, value);
            }
            31 => registers.sp_el0 = value,
            _ => registers.set_operand(register, value),
        }
    }

    /// Why nothing answers at an address where no device is.
    fn no_device(&mut self, fault: Fault) -> Refusal {
        let store = fault.store.then_some(0);
        let probe = Access {
            address: fault.address,
            width: Width::Byte,
            store,
        };
        // Without a device the access has no effect but its refusal.
        match self.access(fault.vcpu, &probe) {
            Served::Refused(refusal) => refusal,
            Served::Done(_) | Served::Wait | Served::Later(_) => Refusal::NothingThere,
        }
    }

    /// An external abort in the guest, and a line that says why.
    fn refuse(&mut self, fault: Fault, refusal: Refusal) -> Answer {
        let verb = if fault.store { "store to" } else { "load from" };
        self.log.guest_line(
            self.platform.counter(),
            format_args!(
                "guest {verb} {:#x} (pc {:#x}): {refusal}: external abort",
                fault.address, fault.pc
            ),
        );
        self.take(
            fault.vcpu,
            Exception::DataAbort {
                store: fault.store,
                address: None,
            },
        )
    }

    fn fetch_abort(&mut self, vcpu: VcpuId, pc: u64, address: u64) -> Answer {
        self.log.guest_line(
            self.platform.counter(),
            format_args!(
                "guest fetch from {address:#x} (pc {pc:#x}): nothing there: external abort"
            ),
        );
        let vectors = self.platform.system_register(vcpu, SystemRegister::Vbar) & !0x7ff;
        if pc.wrapping_sub(vectors) < 0x800 {
            // It would abort for ever.
            return self.fail(format_args!(
                "its exception vectors at {vectors:#x} cannot be fetched"
            ));
        }
        self.take(vcpu, Exception::InstructionAbort)
    }

    /// Lets the guest take an exception when its fault is answered.
    pub(super) fn take(&mut self, vcpu: VcpuId, exception: Exception) -> Answer {
        let mut registers = self.platform.registers(vcpu);
        inject_exception(&mut self.platform, vcpu, &mut registers, exception);
        self.platform.set_registers(vcpu, &registers, false);
        Answer::Reply
    }
}
