// SPDX-License-Identifier: BSD-2-Clause

//! One vCPU of a machine: whether it runs, parking, waking.
//!
//! An idle vCPU is parked on its WFI, an access that has to wait parks it too.
//! `clock` wakes the VMM at the earliest deadline of its vCPUs. A vCPU whose guest
//! has kept the VMM busy for too long is held until that is made good.

use super::state::Life;
use super::{Answer, Machine};
use crate::platform::Platform;
use crate::vcpu::{VcpuId, VirtualTimer};
use tombolo_pages::guest_status::VcpuState;

/// How long a vCPU waits for an event (WFE): the resolution of `clock`.
const MOMENTS_PER_SECOND: u64 = 1000;

/// Whether a vCPU runs.
///
/// | from    | event                       | to      |
/// |---------|-----------------------------|---------|
/// | Off     | guest starts, reset, CPU_ON | Running |
/// | Running | WFI, access that waits      | Parked  |
/// | Parked  | interrupt, deadline, server | Running |
/// | Running | trap of a guest in debt     | Held    |
/// | Held    | deadline                    | Running |
/// | any     | CPU_OFF, guest stops        | Off     |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    Off,
    Running,
    /// Its last fault got no answer.
    Parked {
        /// Counter value to wake it at.
        wake_at: Option<u64>,
        /// It is on an access that it then repeats, not on a WFI.
        on_access: bool,
    },
    /// Its last fault is dealt with, but it goes on later.
    Held {
        /// Counter value at which.
        until: u64,
    },
}

/// What the VMM keeps for one vCPU.
#[derive(Debug)]
pub(super) struct Vcpu {
    pub(super) run: Run,
    pub(super) timer: VirtualTimer,
}

impl Vcpu {
    /// Off, as after power-on.
    pub(super) fn new() -> Self {
        Self {
            run: Run::Off,
            timer: VirtualTimer::default(),
        }
    }

    fn wake_at(&self) -> Option<u64> {
        match self.run {
            Run::Parked { wake_at, .. } => wake_at,
            Run::Held { until } => Some(until),
            Run::Off | Run::Running => None,
        }
    }
}

impl<P: Platform> Machine<'_, P> {
    /// A vCPU waits for an interrupt (WFI).
    pub(super) fn wait(&mut self, vcpu: VcpuId) -> Answer {
        self.park(vcpu, None, false)
    }

    /// A vCPU waits for an interrupt, but not for long.
    pub(super) fn wait_a_moment(&mut self, vcpu: VcpuId) -> Answer {
        let until = self.in_a_moment();
        self.park(vcpu, Some(until), false)
    }

    fn in_a_moment(&self) -> u64 {
        let moment = self.platform.counter_frequency() / MOMENTS_PER_SECOND;
        self.platform.counter().saturating_add(moment)
    }

    /// A vCPU's access has to wait until `at`.
    pub(super) fn wait_until(&mut self, vcpu: VcpuId, at: u64) -> Answer {
        self.park(vcpu, Some(at), true)
    }

    /// A vCPU's access has to wait, for an attach's slot or for the doorbell's pace.
    pub(super) fn wait_on_access(&mut self, vcpu: VcpuId) -> Answer {
        let shm = self.shm.as_ref().and_then(|shm| shm.waits_until());
        let management = self.management.as_ref();
        let management = management.and_then(|device| device.waits_until());
        let until = [shm, management].into_iter().flatten().min();
        self.park(vcpu, until, true)
    }

    /// Charges the guest for the fault of `vcpu` that was just dealt with. True: it
    /// has had more than its share, and the vCPU goes on later.
    pub(super) fn hold_debtor(&mut self, vcpu: VcpuId) -> bool {
        let (now, contenders) = (self.platform.counter(), self.contenders());
        self.allowance.worked(self.trapped_at, now, contenders);
        if self.life != Life::Running || self.vcpus[vcpu].run != Run::Running {
            return false;
        }
        let Some(until) = self.allowance.in_debt_until(now, contenders) else {
            return false;
        };
        self.platform.suspend(vcpu);
        self.vcpus[vcpu].run = Run::Held { until };
        self.settle_deadline();
        self.parks(vcpu, Some(until));
        true
    }

    /// Guests that the processor is for, this one among them.
    fn contenders(&self) -> u64 {
        let this = u64::from(!self.holds());
        self.pages.deadline.contenders().saturating_add(this)
    }

    fn holds(&self) -> bool {
        let held = |vcpu: &Vcpu| matches!(vcpu.run, Run::Held { .. });
        self.vcpus.iter().any(held)
    }

    /// Lets held vCPUs on, if the guest's debt is paid.
    fn release_debtors(&mut self, now: u64) {
        let contenders = self.contenders();
        let debt = self.allowance.in_debt_until(now, contenders);
        for vcpu in self.vcpus.ids() {
            if let Run::Held { .. } = self.vcpus[vcpu].run {
                match debt {
                    Some(until) => self.vcpus[vcpu].run = Run::Held { until },
                    None => self.unpark(vcpu),
                }
            }
        }
    }

    /// A processor that would wait has nothing to deliver, so only what was
    /// injected after the trap, or what fires as soon as the vCPU runs, keeps it
    /// from being parked. `until`: counter value at which to wake it at the latest.
    fn park(&mut self, vcpu: VcpuId, until: Option<u64>, on_access: bool) -> Answer {
        self.deliver(vcpu);
        if self.gic.take_fresh(vcpu) {
            return Answer::Reply;
        }
        let timer = if self.vcpus[vcpu].timer.has_fired() {
            None
        } else {
            VirtualTimer::deadline(&mut self.platform, vcpu)
        };
        let wake_at = [timer, until].into_iter().flatten().min();
        if wake_at.is_some_and(|at| at <= self.platform.counter()) {
            return Answer::Reply;
        }
        // Leaving the fault unanswered would stop it too, at our next receive; a
        // debug kernel prints a warning each time.
        self.platform.suspend(vcpu);
        self.vcpus[vcpu].run = Run::Parked { wake_at, on_access };
        self.settle_deadline();
        self.show_prompt(vcpu);
        self.parks(vcpu, wake_at);
        Answer::Stay
    }

    /// Wakes a parked vCPU, which repeats the instruction it was parked on, or lets one
    /// on that was held.
    fn unpark(&mut self, vcpu: VcpuId) {
        self.vcpus[vcpu].run = Run::Running;
        self.settle_deadline();
        self.runs(vcpu);
        self.platform.resume(vcpu);
    }

    /// Whether a parked vCPU but `this` has an interrupt to take.
    pub(super) fn wakes_others(&self, this: VcpuId) -> bool {
        self.vcpus.ids().any(|other| {
            other != this
                && matches!(self.vcpus[other].run, Run::Parked { .. })
                && self.gic.has_fresh(other)
        })
    }

    /// Wakes those parked vCPUs that have an interrupt to take.
    pub(super) fn wake_for_interrupts(&mut self) {
        self.wake(|machine, vcpu, _| machine.gic.has_fresh(vcpu));
    }

    /// `clock` says that a deadline has come; it may be early.
    pub(super) fn look_at_the_clock(&mut self) {
        let now = self.platform.counter();
        if let Some(serial) = &mut self.serial
            && serial.look_at.take_if(|at| *at <= now).is_some()
        {
            serial.settle_room();
            self.settle_serial();
        }
        let prompt = self.serial.as_ref().and_then(|serial| serial.show_at);
        if prompt.is_some_and(|at| at <= now) {
            self.flush_serial();
        }
        self.wake(|_, _, state| state.wake_at().is_some_and(|at| at <= now));
        if self.life == Life::Running {
            self.release_debtors(now);
        }
        self.settle_deadline();
    }

    /// The server may have a clean slot: who waits for one tries again.
    pub(super) fn retry_attach(&mut self) {
        if self.shm.as_mut().is_some_and(|shm| shm.notified()) {
            self.wake(|_, _, state| {
                matches!(
                    state.run,
                    Run::Parked {
                        on_access: true,
                        ..
                    }
                )
            });
        }
    }

    /// Wakes parked vCPUs, unless the guest is paused.
    pub(super) fn wake(&mut self, who: impl Fn(&Self, VcpuId, &Vcpu) -> bool) {
        if self.life == Life::Paused {
            return;
        }
        for vcpu in self.vcpus.ids() {
            let state = &self.vcpus[vcpu];
            if matches!(state.run, Run::Parked { .. }) && who(self, vcpu, state) {
                self.unpark(vcpu);
            }
        }
    }

    /// Stops every vCPU, whatever it does.
    pub(super) fn stop_vcpus(&mut self) {
        for vcpu in self.vcpus.ids() {
            self.platform.suspend(vcpu);
            let before = core::mem::replace(&mut self.vcpus[vcpu].run, Run::Off);
            if before != Run::Off {
                self.stands(vcpu, VcpuState::Off);
            }
        }
        self.settle_deadline();
    }

    /// Half a line is shown when the vCPU that wrote it waits, or all do.
    fn show_prompt(&mut self, waiting: VcpuId) {
        let idle = self.vcpus.iter().all(|vcpu| vcpu.run != Run::Running);
        let wrote = self.serial.as_ref().map(|serial| serial.writer);
        if idle || wrote == Some(waiting) {
            self.flush_serial();
        }
    }

    /// Tells `clock` the earliest deadline, and whether the guest would run.
    pub(super) fn settle_deadline(&mut self) {
        let lives = self.life != Life::Paused;
        let runs = self.vcpus.iter().any(|vcpu| vcpu.run == Run::Running);
        self.pages
            .deadline
            .set_demand(lives && runs, lives && self.holds());
        if self.life == Life::Paused {
            return self.pages.deadline.clear();
        }
        let moment = self.in_a_moment();
        let room = self.serial.as_mut().and_then(|serial| {
            // Nobody tells when the console has room again. What counts is what the
            // guest was told: it may wait for the interrupt.
            let full = serial.uart.is_transmit_full() && self.life == Life::Running;
            let at = full.then(|| serial.look_at.unwrap_or(moment));
            serial.look_at = at;
            at
        });
        let prompt = self.serial.as_ref().and_then(|serial| serial.show_at);
        let vcpus = self.vcpus.iter().filter_map(Vcpu::wake_at);
        match vcpus.chain(room).chain(prompt).min() {
            Some(at) => self.pages.deadline.set(at),
            None => self.pages.deadline.clear(),
        }
    }
}
