// SPDX-License-Identifier: BSD-2-Clause

//! Orders of the manager, each taken and answered once.
//!
//! | order  | Held | Running | Paused | Resetting | Stopped |
//! |--------|------|---------|--------|-----------|---------|
//! | Hold   | done | refused | refused | refused | refused |
//! | Start  | starts | refused | refused | refused | loaded anew, starts |
//! | Stop   | off  | off     | off    | off       | done    |
//! | Pause  | refused | suspended | done | refused | refused |
//! | Resume | refused | done  | goes on | refused  | refused |
//! | Reset  | refused | resets | resets | answered at its end | refused |
//!
//! A start by way of the reset code and a reset are answered when the guest runs,
//! or cannot. Nothing that a vCPU says can be lost by a pause: the VMM has the higher
//! priority and one core serves all, so no fault is on its way while the VMM is not
//! waiting for one.

use super::Machine;
use super::state::Life;
use super::vcpu::Run;
use crate::platform::Platform;
use tombolo_pages::guest_status::{Given, GuestState, Order, Outcome, VcpuState};
use tombolo_trace::Event;

impl<P: Platform> Machine<'_, P> {
    /// Takes an order that has no answer yet, if there is one.
    pub(super) fn obey(&mut self) {
        let Some(given) = self.pages.order.unanswered(self.pages.status) else {
            return;
        };
        if self.under_way == Some(given) {
            return;
        }
        self.under_way = Some(given);
        if let Some(outcome) = self.carry_out(given.order) {
            self.answer_order(outcome);
        }
    }

    /// Answers the order that is under way, if there is one.
    pub(super) fn answer_order(&mut self, outcome: Outcome) {
        if let Some(Given { serial, order }) = self.under_way.take() {
            self.platform.trace(Event::Answered {
                // Lossless: small numbers.
                order: order as u16,
                outcome: outcome as u32,
                serial: serial.into(),
            });
            self.pages.status.answer(serial, outcome);
            self.platform.notify(self.config.manager);
        }
    }

    /// `None`: it is answered later, or was already.
    fn carry_out(&mut self, order: Order) -> Option<Outcome> {
        match (order, self.life) {
            (Order::Hold, Life::Held)
            | (Order::Stop, Life::Stopped)
            | (Order::Pause, Life::Paused)
            | (Order::Resume, Life::Running) => Some(Outcome::Done),
            (Order::Start, Life::Held) if self.pristine => {
                self.start();
                self.set_state(GuestState::Running);
                Some(Outcome::Done)
            }
            (Order::Start, Life::Held | Life::Stopped) => {
                self.renew();
                None
            }
            (Order::Stop, _) => {
                self.log
                    .line(format_args!("guest stopped by order of the manager"));
                self.stop(GuestState::Off);
                Some(Outcome::Done)
            }
            (Order::Pause, Life::Running) => {
                self.pause();
                Some(Outcome::Done)
            }
            (Order::Resume, Life::Paused) => {
                self.go_on();
                Some(Outcome::Done)
            }
            (Order::Reset, Life::Running | Life::Paused) => {
                self.reset();
                None
            }
            (Order::Reset, Life::Resetting) => None,
            _ => Some(Outcome::Refused),
        }
    }

    fn pause(&mut self) {
        for vcpu in self.vcpus.ids() {
            if self.vcpus[vcpu].run == Run::Running {
                self.platform.suspend(vcpu);
                self.stands(vcpu, VcpuState::Suspended);
            }
        }
        self.life = Life::Paused;
        self.settle_deadline();
        self.flush_serial();
        self.set_state(GuestState::Paused);
    }

    /// Each vCPU goes on where it was; what came meanwhile wakes those that are parked.
    fn go_on(&mut self) {
        self.life = Life::Running;
        for vcpu in self.vcpus.ids() {
            if self.vcpus[vcpu].run == Run::Running {
                self.runs(vcpu);
                self.platform.resume(vcpu);
            }
        }
        self.wake(|_, _, state| {
            matches!(
                state.run,
                Run::Parked {
                    on_access: true,
                    ..
                }
            )
        });
        self.look_at_the_clock();
        self.set_state(GuestState::Running);
    }
}
