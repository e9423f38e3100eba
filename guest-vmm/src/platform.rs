// SPDX-License-Identifier: BSD-2-Clause

//! What the VMM needs from outside: its vCPUs, its peers, the counter, guest RAM.
//!
//! One trait, so that the whole machine runs on the host against a model. The
//! numbers are seL4's (reference page "seL4 + Microkit ABI", sections 3 and 5).

use crate::vcpu::{Registers, SystemRegister, VcpuId};
use crate::virtio_blk::Dma;
use shmem_server_api::{Request, Response};
use tombolo_config::ChannelId;

/// Why an interrupt did not get into a list register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InjectError {
    /// There are only so many list registers (seL4: RangeError).
    OnlyHave(u8),
    /// The kernel says the register is in use, against our book.
    Busy,
}

/// The world around a guest. Each call about a vCPU names it first.
pub trait Platform: Dma {
    /// Reads the general registers.
    fn registers(&mut self, vcpu: VcpuId) -> Registers;
    /// Writes the general registers; with `resume`, ends the fault that the
    /// vCPU is blocked on and lets it run.
    fn set_registers(&mut self, vcpu: VcpuId, registers: &Registers, resume: bool);
    /// Reads one operand register; 31 is the zero register.
    fn operand(&mut self, vcpu: VcpuId, register: u8) -> u64 {
        self.registers(vcpu).operand(register)
    }
    /// Ends an emulated load: one operand register, and the program counter.
    fn finish_load(&mut self, vcpu: VcpuId, register: u8, value: u64, pc: u64) {
        let mut registers = self.registers(vcpu);
        registers.set_operand(register, value);
        registers.pc = pc;
        self.set_registers(vcpu, &registers, false);
    }
    /// Writes the program counter alone.
    fn set_pc(&mut self, vcpu: VcpuId, pc: u64);
    /// Reads a system register of the vCPU.
    fn system_register(&mut self, vcpu: VcpuId, register: SystemRegister) -> u64;
    /// Writes a system register of the vCPU.
    fn set_system_register(&mut self, vcpu: VcpuId, register: SystemRegister, value: u64);
    /// Puts a pending interrupt into a list register; `priority` has 5 bits.
    fn inject(
        &mut self,
        vcpu: VcpuId,
        list_register: u8,
        intid: u16,
        priority: u8,
    ) -> Result<(), InjectError>;
    /// Lets the virtual timer's interrupt come again.
    fn acknowledge_timer(&mut self, vcpu: VcpuId);
    /// Restarts a vCPU whose fault was not answered.
    fn resume(&mut self, vcpu: VcpuId);
    /// Stops the vCPU.
    fn suspend(&mut self, vcpu: VcpuId);
    /// The physical counter, which guests see without an offset.
    fn counter(&self) -> u64;
    /// Counter ticks per second.
    fn counter_frequency(&self) -> u64;
    /// Records what happens, for the trace.
    fn trace(&mut self, event: tombolo_trace::Event);
    /// Notifies a peer.
    fn notify(&mut self, channel: ChannelId);
    /// [`shmem_server_api::label::SIGNAL`]; returns the reply's label.
    fn signal(&mut self, connection: u8, targets: u32) -> u64;
    /// [`shmem_server_api::label::REQUEST`]. `None`: no sense in the reply.
    fn request(&mut self, request: &Request) -> Option<Response>;
    /// Copies the reset code (`machine::reset`) to guest-physical `address`, where
    /// instruction fetches then find it. `false`: it does not fit there.
    fn place_reset_code(&mut self, address: u64) -> bool;
    /// Cleans guest RAM out of the caches and loads the guest anew. `false`: it
    /// cannot be loaded.
    fn reload(&mut self) -> bool;
    /// An aligned 64-bit word of guest RAM. `None`: not RAM, or not aligned.
    fn guest_word(&self, address: u64) -> Option<u64>;
}
