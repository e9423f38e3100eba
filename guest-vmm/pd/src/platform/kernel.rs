// SPDX-License-Identifier: BSD-2-Clause

//! seL4's invocations on the vCPUs, and calls to the peers.
//!
//! An invocation on a vCPU of our own fails only if the system was built wrongly; then
//! the guest cannot go on, and neither can its VMM: it panics, and its parent
//! sees the fault. Nothing a guest does leads there.

use super::{dma::Storage, ram::Ram, raw, reset_code};
use guest_vmm::loader::GuestRam;
use guest_vmm::platform::{InjectError, Platform};
use guest_vmm::vcpu::{Registers, SystemRegister, VIRTUAL_TIMER, VcpuId};
use sel4::{UserContext, VCpuReg, cap};
use sel4_microkit::{Channel, MessageInfo, set_mr, with_msg_bytes, with_msg_bytes_mut};
use shmem_server_api::{Request, Response, call, label};
use tombolo_config::ChannelId;
use tombolo_config::guest::GuestConfig;
use tombolo_start::counter;
use tombolo_trace::Tracer;

/// First capability slot of vCPU threads, and of vCPUs (Microkit).
const VCPU_THREADS: u64 = 266;
const VCPUS: u64 = 330;

/// The vCPUs, their RAM, and the server.
pub struct Kernel {
    server: Option<Channel>,
    pub(super) ram: Ram,
    pub(super) storage: Option<Storage>,
    config: &'static GuestConfig,
    tracer: Tracer<'static>,
}

impl Kernel {
    /// The server that `config` names, and `ram`; records into `tracer`.
    pub fn new(config: &'static GuestConfig, ram: Ram, tracer: Tracer<'static>) -> Self {
        Self {
            server: config
                .shmem
                .as_ref()
                .map(|shm| Channel::new(usize::from(shm.server))),
            ram,
            // A disk whose storage is nowhere has errors to give, and no data.
            storage: config.disk.and_then(Storage::new),
            config,
            tracer,
        }
    }
}

/// The capability of a vCPU's thread.
fn thread(vcpu: VcpuId) -> cap::Tcb {
    cap::Tcb::from_bits(VCPU_THREADS + vcpu.index() as u64)
}

/// The capability of a vCPU.
fn object(vcpu: VcpuId) -> cap::VCpu {
    cap::VCpu::from_bits(VCPUS + vcpu.index() as u64)
}

/// Suspends every vCPU of the guest, whatever an earlier life of this VMM left.
pub fn suspend_vcpus(config: &GuestConfig) {
    for id in 0..u64::from(config.vcpus) {
        let thread = cap::Tcb::from_bits(VCPU_THREADS + id);
        expect(thread.tcb_suspend(), "suspend");
    }
}

/// An invocation on a vCPU.
fn expect<T>(result: sel4::Result<T>, what: &str) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("the kernel refused to {what} the vCPU: {error}"),
    }
}

/// `None`: rust-sel4 does not name it.
fn register(register: SystemRegister) -> Option<VCpuReg> {
    Some(match register {
        SystemRegister::Sctlr => VCpuReg::SCTLR,
        SystemRegister::Ttbr0 => VCpuReg::TTBR0,
        SystemRegister::Ttbr1 => VCpuReg::TTBR1,
        SystemRegister::Tcr => VCpuReg::TCR,
        SystemRegister::Esr => VCpuReg::ESR,
        SystemRegister::Far => VCpuReg::FAR,
        SystemRegister::Vbar => VCpuReg::VBAR,
        SystemRegister::SpEl1 => VCpuReg::SP_EL1,
        SystemRegister::ElrEl1 => VCpuReg::ELR_EL1,
        SystemRegister::SpsrEl1 => VCpuReg::SPSR_EL1,
        SystemRegister::CntvCtl => VCpuReg::CNTV_CTL,
        SystemRegister::CntvCval => VCpuReg::CNTV_CVAL,
        SystemRegister::Vmpidr => return None,
    })
}

/// How many registers to move so that `register` is among them: seL4 moves them in
/// the order of its context (pc, sp, spsr, x0-x8, x16-x18, x29, x30, x9-x15,
/// x19-x28, ...). `None`: the zero register.
fn count_up_to(register: u8) -> Option<u64> {
    let position = match register {
        0..=8 => 3 + register,
        9..=15 => 17 + (register - 9),
        16..=18 => 12 + (register - 16),
        19..=28 => 24 + (register - 19),
        29 | 30 => 15 + (register - 29),
        _ => return None,
    };
    Some(u64::from(position) + 1)
}

impl Platform for Kernel {
    fn registers(&mut self, vcpu: VcpuId) -> Registers {
        let context = expect(thread(vcpu).tcb_read_all_registers(false), "read");
        Registers {
            pc: *context.pc(),
            sp_el0: *context.sp(),
            spsr: *context.spsr(),
            x: core::array::from_fn(|n| *context.gpr(n)),
            tpidr_el0: context.inner().tpidr_el0,
            tpidrro_el0: context.inner().tpidrro_el0,
        }
    }

    fn set_registers(&mut self, vcpu: VcpuId, registers: &Registers, resume: bool) {
        let mut context = UserContext::default();
        *context.pc_mut() = registers.pc;
        *context.sp_mut() = registers.sp_el0;
        *context.spsr_mut() = registers.spsr;
        for (n, value) in registers.x.iter().enumerate() {
            *context.gpr_mut(n) = *value;
        }
        context.inner_mut().tpidr_el0 = registers.tpidr_el0;
        context.inner_mut().tpidrro_el0 = registers.tpidrro_el0;
        expect(
            thread(vcpu).tcb_write_all_registers(resume, &mut context),
            "write",
        );
    }

    fn operand(&mut self, vcpu: VcpuId, register: u8) -> u64 {
        let Some(count) = count_up_to(register) else {
            return 0;
        };
        let context = expect(thread(vcpu).tcb_read_registers(false, count), "read");
        *context.gpr(usize::from(register))
    }

    fn finish_load(&mut self, vcpu: VcpuId, register: u8, value: u64, pc: u64) {
        let Some(count) = count_up_to(register) else {
            return self.set_pc(vcpu, pc);
        };
        let mut context = expect(thread(vcpu).tcb_read_registers(false, count), "read");
        *context.gpr_mut(usize::from(register)) = value;
        *context.pc_mut() = pc;
        expect(
            thread(vcpu).tcb_write_registers(false, count, &mut context),
            "write",
        );
    }

    fn set_pc(&mut self, vcpu: VcpuId, pc: u64) {
        let mut context = UserContext::default();
        *context.pc_mut() = pc;
        expect(
            thread(vcpu).tcb_write_registers(false, 1, &mut context),
            "move",
        );
    }

    fn system_register(&mut self, vcpu: VcpuId, name: SystemRegister) -> u64 {
        expect(
            match register(name) {
                Some(register) => object(vcpu).vcpu_read_regs(register),
                None => raw::read_vmpidr(object(vcpu)),
            },
            "read a system register of",
        )
    }

    fn set_system_register(&mut self, vcpu: VcpuId, name: SystemRegister, value: u64) {
        expect(
            match register(name) {
                Some(register) => object(vcpu).vcpu_write_regs(register, value),
                None => raw::write_vmpidr(object(vcpu), value),
            },
            "write a system register of",
        );
    }

    fn inject(
        &mut self,
        vcpu: VcpuId,
        list_register: u8,
        intid: u16,
        priority: u8,
    ) -> Result<(), InjectError> {
        // Group 0: without security extensions the guest's one group.
        match object(vcpu).vcpu_inject_irq(intid, priority, 0, list_register) {
            Ok(()) => Ok(()),
            // Registers are tried in order, so this one is the first too many.
            Err(sel4::Error::RangeError) => Err(InjectError::OnlyHave(list_register)),
            Err(_) => Err(InjectError::Busy),
        }
    }

    fn acknowledge_timer(&mut self, vcpu: VcpuId) {
        expect(
            object(vcpu).vcpu_ack_vppi(u64::from(VIRTUAL_TIMER)),
            "acknowledge the timer of",
        );
    }

    fn resume(&mut self, vcpu: VcpuId) {
        expect(thread(vcpu).tcb_resume(), "resume");
    }

    fn suspend(&mut self, vcpu: VcpuId) {
        expect(thread(vcpu).tcb_suspend(), "suspend");
    }

    fn counter(&self) -> u64 {
        counter::now()
    }

    fn counter_frequency(&self) -> u64 {
        counter::frequency()
    }

    fn trace(&mut self, event: tombolo_trace::Event) {
        self.tracer.record(counter::now(), event);
    }

    fn notify(&mut self, channel: ChannelId) {
        Channel::new(usize::from(channel)).notify();
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        let Some(server) = self.server else {
            return label::REPLY_MALFORMED;
        };
        set_mr(0, u64::from(connection));
        set_mr(1, u64::from(targets));
        server.pp_call(MessageInfo::new(label::SIGNAL, 2)).label()
    }

    fn request(&mut self, request: &Request) -> Option<Response> {
        let server = self.server?;
        let count = with_msg_bytes_mut(|registers| call::put_request(request, registers))?;
        let reply = server.pp_call(MessageInfo::new(label::REQUEST, count));
        with_msg_bytes(|registers| call::response(reply.label(), reply.count(), registers))
    }

    fn place_reset_code(&mut self, address: u64) -> bool {
        let code = reset_code::bytes();
        let placed = self.ram.copy(address, code);
        // Lossless: a few hundred bytes.
        self.ram.clean(address, code.len() as u64);
        self.ram.unify(address, code.len() as u64);
        placed
    }

    fn reload(&mut self) -> bool {
        // What the guest left in the caches must not be written back over what is
        // loaded.
        let ram = self.config.ram;
        self.ram.clean(ram.gpa, ram.mapping.size);
        crate::setup::load(self.config, &mut self.ram).is_ok()
    }

    fn guest_word(&self, address: u64) -> Option<u64> {
        self.ram.word(address)
    }
}
