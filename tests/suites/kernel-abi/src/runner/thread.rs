// SPDX-License-Identifier: BSD-2-Clause

//! Threads the runner commands: its children and the guest.

use crate::code::{self, Code};
use crate::layout;
use crate::memory::CodeMemory;
use core::fmt;
use sel4::{UserContext, cap};

/// Program status of a child: EL0, only the flags can be chosen.
const CHILD_STATUS: u64 = 0;
/// Program status of a guest: EL1h, interrupts masked.
const GUEST_STATUS: u64 = 0x1c5;

/// A thread under the runner's command.
#[derive(Clone, Copy)]
pub struct Thread {
    /// Its TCB.
    pub tcb: cap::Tcb,
    /// Child id: low bits of its fault badge.
    pub id: u64,
    memory: CodeMemory,
    base: u64,
    status: u64,
}

impl Thread {
    /// Child `id`, whose code is in `memory`.
    pub fn child(id: u64, memory: CodeMemory) -> Self {
        let base = layout::CODE + id * layout::CODE_SIZE;
        Self {
            tcb: cap::Tcb::from_bits(202 + id),
            id,
            memory,
            base,
            status: CHILD_STATUS,
        }
    }

    /// Virtual processor `id`, whose code is in `memory`, `offset` bytes into its RAM.
    pub fn guest(id: u64, memory: CodeMemory, offset: u64) -> Self {
        Self {
            tcb: cap::Tcb::from_bits(266 + id),
            id,
            memory,
            base: layout::GUEST_RAM + offset,
            status: GUEST_STATUS,
        }
    }

    /// Address of its first instruction.
    pub fn base(&self) -> u64 {
        self.base
    }

    /// Registers of which no two are equal, ready to start.
    pub fn context(&self) -> Context {
        let mut context = UserContext::default();
        for register in 0..31 {
            *context.gpr_mut(register) = 0xa000 + register as u64;
        }
        *context.pc_mut() = self.base;
        *context.sp_mut() = 0xa100;
        *context.spsr_mut() = self.status | 0xa000_0000;
        context.inner_mut().tpidr_el0 = 0xa200;
        context.inner_mut().tpidrro_el0 = 0xa300;
        Context(context)
    }

    /// Runs these instructions from the start with these registers.
    pub fn start(&self, code: impl IntoIterator<Item = u32>, context: &Context) {
        self.memory.write(code);
        let done = self
            .tcb
            .tcb_write_all_registers(true, &mut context.0.clone());
        done.expect("a child's registers can be written");
    }

    /// Runs `code` with the registers of [`Self::context`] but for those in `set`.
    pub fn start_with(&self, code: Code, set: &[(usize, u64)]) {
        self.start(code::words(code), &self.context().with(set));
    }

    /// Its registers now; it is not stopped for that.
    pub fn registers(&self) -> Context {
        let context = self.tcb.tcb_read_all_registers(false);
        Context(context.expect("a child's registers can be read"))
    }

    /// Goes on after the instruction that it stopped at.
    pub fn resume_after(&self) {
        let mut context = self.registers().0;
        *context.pc_mut() += 4;
        let done = self.tcb.tcb_write_registers(true, 1, &mut context);
        done.expect("a child's program counter can be written");
    }
}

/// A thread's registers, compared and shown as one.
#[derive(Clone, PartialEq)]
pub struct Context(pub UserContext);

impl Context {
    /// The same with general registers changed.
    pub fn with(mut self, set: &[(usize, u64)]) -> Self {
        for (register, value) in set {
            *self.0.gpr_mut(*register) = *value;
        }
        self
    }

    /// The same `bytes` further on.
    pub fn at(mut self, bytes: u64) -> Self {
        *self.0.pc_mut() += bytes;
        self
    }

    /// General register `register`.
    pub fn x(&self, register: usize) -> u64 {
        *self.0.gpr(register)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let context = self.0.inner();
        write!(
            f,
            "pc {:x} sp {:x} spsr {:x}",
            context.pc, context.sp, context.spsr
        )?;
        for register in (0..31).filter(|n| self.x(*n) != 0xa000 + *n as u64) {
            write!(f, " x{register} {:x}", self.x(register))?;
        }
        write!(
            f,
            " tpidr {:x} tpidrro {:x}",
            context.tpidr_el0, context.tpidrro_el0
        )
    }
}
