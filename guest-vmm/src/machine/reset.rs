// SPDX-License-Identifier: BSD-2-Clause

//! Reset: the guest asked for one (PSCI SYSTEM_RESET), or the manager, and starts
//! anew; a guest that was off, or whose VMM was restarted, is started the same way.
//!
//! | step | who | what |
//! |---|---|---|
//! | 1 | monitor | stops all vCPUs; the server drops the guest's connections, peers see a reset |
//! | 2 | monitor | MMU and timer off by invocation; reset code at the guest's entry |
//! | 3 | each vCPU | reset code: what no invocation reaches, then SMC [`RESET_DONE`] |
//! | 4 | monitor | devices as after power-on, RAM cleaned, guest loaded, the first vCPU started |
//!
//! Step 3 takes and ends every interrupt that is pending or active, clears the CPU
//! interface's active priorities, the TLB, instruction caches, floating point and
//! EL1's registers. It gets in x0 the CPU interface and in x1 the number of
//! INTIDs; stacks and memory it has none. It ends every one of them: which are
//! active nobody may know, if the VMM itself was restarted.
//!
//! As on a real machine RAM keeps what the loaded files do not cover.

use super::state::Life;
use super::vcpu::{Run, Vcpu};
use super::{Answer, Machine};
use crate::exits::{Exit, Syndrome};
use crate::gic::{Distributor, INTIDS};
use crate::platform::Platform;
use crate::vcpu::{PerVcpu, Registers, SCTLR_OFF, START_SPSR, SystemRegister, VcpuId};
use shmem_server_api::{Departure, Request};
use tombolo_pages::guest_status::{GuestState, Outcome, VcpuState};

/// The reset code's call: it is done. In the range of vendor-specific hypervisor
/// services (SMCCC, DEN0028, 6.1).
pub const RESET_DONE: u32 = 0x8600_ff00;

impl<P: Platform> Machine<'_, P> {
    /// Steps 1 and 2.
    pub(super) fn reset(&mut self) -> Answer {
        self.log.line(format_args!("guest reset"));
        self.pages.status.count_reset();
        self.stop_vcpus();
        self.flush_serial();
        self.leave_regions(Departure::Reset);
        self.renew()
    }

    /// Steps 2 to 4, whatever its vCPUs were left in.
    pub(super) fn renew(&mut self) -> Answer {
        self.life = Life::Resetting;
        self.set_state(GuestState::Resetting);
        if !self.platform.place_reset_code(self.entry.pc) {
            return self.fail(format_args!("it cannot be reset: no room at its entry"));
        }
        for vcpu in self.vcpus.ids() {
            self.run_reset_code(vcpu);
        }
        Answer::Stay
    }

    fn run_reset_code(&mut self, vcpu: VcpuId) {
        self.platform
            .set_system_register(vcpu, SystemRegister::CntvCtl, 0);
        // Though it was not told: an earlier life of this VMM may have been.
        self.platform.acknowledge_timer(vcpu);
        self.platform
            .set_system_register(vcpu, SystemRegister::Sctlr, SCTLR_OFF);
        let mut registers = Registers {
            pc: self.entry.pc,
            spsr: START_SPSR,
            ..Registers::default()
        };
        registers.x[0] = self.config.gic.gicc;
        // Which are active is not asked: an earlier life of this VMM knew.
        registers.x[1] = INTIDS as u64;
        self.vcpus[vcpu].run = Run::Running;
        self.settle_deadline();
        self.runs(vcpu);
        self.platform.set_registers(vcpu, &registers, true);
    }

    /// A fault while step 3 is under way.
    pub(super) fn fault_in_reset(&mut self, vcpu: VcpuId, exit: &Exit) -> Answer {
        match exit {
            Exit::Maintenance { .. } => Answer::Reply,
            Exit::Timer => {
                self.platform.acknowledge_timer(vcpu);
                Answer::Reply
            }
            Exit::Trap {
                syndrome: Syndrome::SecureCall,
                ..
            } if self.platform.operand(vcpu, 0) == u64::from(RESET_DONE) => self.reset_done(vcpu),
            _ => self.fail(format_args!(
                "it cannot be reset: a processor of its left the reset code"
            )),
        }
    }

    fn reset_done(&mut self, vcpu: VcpuId) -> Answer {
        self.platform.suspend(vcpu);
        self.vcpus[vcpu].run = Run::Off;
        self.stands(vcpu, VcpuState::Off);
        if self.vcpus.iter().all(|vcpu| vcpu.run == Run::Off) {
            return self.start_anew();
        }
        Answer::Stay
    }

    /// Step 4.
    fn start_anew(&mut self) -> Answer {
        // A list register that is in use even so says so when it is filled.
        self.gic = Distributor::new(self.vcpus.count());
        self.vcpus = PerVcpu::new(self.vcpus.count(), |_| Vcpu::new());
        if let Some(serial) = &mut self.serial {
            serial.reset();
        }
        if let Some(disk) = &mut self.disk {
            disk.reset();
        }
        if let Some(device) = &mut self.management {
            device.reset();
        }
        if !self.platform.reload() {
            return self.fail(format_args!("it cannot be loaded again"));
        }
        self.start();
        self.log.line(format_args!("guest started again"));
        self.set_state(GuestState::Running);
        self.answer_order(Outcome::Done);
        Answer::Stay
    }

    /// The guest is gone: the server drops what it held and tells the peers why.
    pub(super) fn leave_regions(&mut self, departure: Departure) {
        let Some(shm) = &mut self.shm else { return };
        shm.reset();
        let answer = self.platform.request(&Request::Gone { departure });
        if answer != Some(shmem_server_api::Response::Done) {
            self.log.line(format_args!(
                "the server did not take the guest's end: {answer:?}"
            ));
        }
    }
}
