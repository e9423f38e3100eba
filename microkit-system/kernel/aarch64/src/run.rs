// SPDX-License-Identifier: BSD-2-Clause

//! The kernel's loop: run a thread, see why it trapped, ask the core what next.

use core::arch::asm;

use aarch64_cpu::asm::barrier::{SY, isb};
use aarch64_cpu::asm::wfi;
use aarch64_cpu::registers::{ESR_EL2, FAR_EL2, HPFAR_EL2, PAR_EL1, Readable, Writeable};
use tombolo_kernel_core::{Context, Event, Kernel, Next, TcbId};

use crate::gic::{MAINTENANCE, TIMER, VIRTUAL_TIMER};
use crate::machine::Machine;
use crate::syndrome::{
    self, Origin, RegisterAccess, Trap, intermediate_address, needs_walk, walked_address,
};
use crate::timer;
use crate::vcpu::emulate;
use crate::vectors::{Exit, enter};

/// SPSR_EL2.SS: the next instruction is not stepped yet.
const SPSR_SINGLE_STEP: u64 = 1 << 21;

/// Runs the system from `next` on.
pub fn run(kernel: &mut Kernel, machine: &mut Machine, mut next: Next, debug: bool) -> ! {
    loop {
        let event = match next {
            Next::Run(thread) => run_thread(kernel, machine, thread, debug),
            Next::Idle => wait(machine),
        };
        if let Some(event) = event {
            next = kernel.handle(event, machine);
        }
    }
}

/// Runs `thread` until it traps. `None`: nothing for the core, run it again.
fn run_thread(
    kernel: &mut Kernel,
    machine: &mut Machine,
    thread: TcbId,
    debug: bool,
) -> Option<Event> {
    let view = kernel.thread(thread);
    let origin = Origin {
        vcpu: view.vcpu.is_some(),
        fpu_disabled: view.fpu_disabled,
        debug,
    };
    let Machine {
        switch,
        vcpus,
        fpu,
        gic,
        ..
    } = machine;
    switch.select(thread.index(), &view, vcpus, fpu, gic);
    let context = kernel.context_mut(thread);
    match enter(context) {
        Exit::Synchronous => synchronous(machine, thread, origin, context),
        Exit::Interrupt => interrupt(machine),
        Exit::SystemError => Some(Event::VcpuFault { hsr: ESR_EL2.get() }),
    }
}

/// Waits for an interrupt with nobody running.
fn wait(machine: &mut Machine) -> Option<Event> {
    machine.switch.idle(&mut machine.vcpus, &mut machine.gic);
    // Interrupts are masked: WFI ends at a pending one without taking it.
    wfi();
    interrupt(machine)
}

fn synchronous(
    machine: &mut Machine,
    thread: TcbId,
    origin: Origin,
    context: &mut Context,
) -> Option<Event> {
    let esr = ESR_EL2.get();
    match syndrome::decode(origin, esr) {
        Trap::Event(event) => Some(event),
        Trap::Abort { is_fetch } => Some(Event::VmFault {
            address: fault_address(origin, esr),
            fsr: esr,
            is_fetch,
        }),
        Trap::FloatingPoint => {
            machine.fpu.own(thread.index());
            None
        }
        Trap::Register(access) => emulate_access(machine, access, esr, context),
    }
}

/// Native threads have no stage 1, so theirs is the virtual address.
fn fault_address(origin: Origin, esr: u64) -> u64 {
    let far = FAR_EL2.get();
    if !origin.vcpu {
        return far;
    }
    let walked = needs_walk(esr).then(|| walk(far)).flatten();
    walked.unwrap_or_else(|| intermediate_address(HPFAR_EL2.get(), far))
}

/// Stage 1 of the vCPU that trapped, whose registers are still in force. The
/// guest's PAR_EL1 is kept.
fn walk(address: u64) -> Option<u64> {
    let kept = PAR_EL1.get();
    // SAFETY: translates, and changes PAR_EL1 only.
    unsafe { asm!("at s1e1r, {}", in(reg) address, options(nostack)) };
    isb(SY);
    let par = PAR_EL1.get();
    PAR_EL1.set(kept);
    walked_address(par, address)
}

/// Emulates a register of the running vCPU, or makes it the parent's matter.
fn emulate_access(
    machine: &mut Machine,
    access: RegisterAccess,
    esr: u64,
    context: &mut Context,
) -> Option<Event> {
    let fault = Some(Event::VcpuFault { hsr: esr });
    let Some(state) = machine.vcpus.active() else {
        return fault;
    };
    let source = context.x.get(access.transfer).copied().unwrap_or(0);
    let written = (!access.is_read).then_some(source);
    let Some(value) = emulate(state, access.register, written) else {
        return fault;
    };
    if access.is_read
        && let Some(target) = context.x.get_mut(access.transfer)
    {
        *target = value;
    }
    context.pc = context.pc.wrapping_add(4);
    if state.debug.steps() {
        context.spsr &= !SPSR_SINGLE_STEP;
    }
    None
}

/// Takes one interrupt. `None` if there is none, or it was meant for nobody.
fn interrupt(machine: &mut Machine) -> Option<Event> {
    let Machine { gic, vcpus, .. } = machine;
    let intid = gic.acknowledge()?;
    let event = match intid {
        TIMER => {
            timer::stop();
            Some(Event::Timer)
        }
        VIRTUAL_TIMER => {
            let fired = vcpus.timer_fired(gic);
            fired.then_some(Event::VppiEvent { intid })
        }
        MAINTENANCE => {
            let ended = vcpus.maintenance();
            ended.map(|index| Event::VgicMaintenance { index })
        }
        _ => {
            gic.mask(intid);
            Some(Event::Interrupt { intid })
        }
    };
    gic.end(intid);
    event
}
