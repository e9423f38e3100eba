// SPDX-License-Identifier: BSD-2-Clause

//! Guests that are silent: a vCPU runs and does not trap.
//!
//! Why: a guest that loops with its interrupts masked says nothing any more, also not
//! that it panicked. A vCPU of a guest that works traps all the time, for its timer at
//! least.
//!
//! | a running guest | silent before | then |
//! |---|---|---|
//! | a vCPU has not trapped for as long as its watchdog allows | no | said, counted; then what `on_silence` wants |
//! | the same | yes | what `on_silence` wants, if an order was in its way before |
//! | no such vCPU | yes | "makes exits again" |
//!
//! Rules: a vCPU that waits for an interrupt, or on an access, or is off, does not run,
//! so an idle guest is not silent however long it sleeps. Nobody tells the manager when
//! a vCPU begins to run, so it looks four times in the time that a watchdog allows.

use super::Guests;
use super::guest::{Guest, Vmm};
use crate::{Event, World};
use manager_api::Silence;
use tombolo_config::manager::{OnSilence, Watchdog};
use tombolo_pages::guest_status::{GuestState, Order};
use tombolo_trace::Event as Traced;

/// Looks in the time that a watchdog allows.
const LOOKS: u64 = 4;

/// What is known of a guest's silence.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Watch {
    /// It is silent, and that was said.
    pub(super) silent: bool,
    /// What is to be done about it was done.
    acted: bool,
    /// How often it fell silent.
    pub(super) times: u32,
    /// When to look again.
    look_at: Option<u64>,
}

impl Guests {
    /// Looks whether a guest is silent.
    pub(super) fn watch(&mut self, number: usize, world: &mut impl World) {
        let guest = &mut self.guests[number];
        let Some(watchdog) = guest.watchdog else {
            return;
        };
        if !runs(guest) {
            // What became of it was said.
            (guest.watch.silent, guest.watch.look_at) = (false, None);
            return;
        }
        let silence = world.silence(number);
        let limit = u64::from(watchdog.silence_ms);
        match silence.filter(|silence| silence.ms >= limit) {
            Some(silence) => self.silent(number, silence, watchdog, world),
            None if core::mem::take(&mut guest.watch.silent) => {
                world.say(&Event::Heard {
                    guest: guest.name.clone(),
                });
                world.trace(Traced::Heard {
                    guest: trace_number(number),
                });
            }
            None => {}
        }
        let watch = &mut self.guests[number].watch;
        let left = silence.map_or(limit, |silence| limit.saturating_sub(silence.ms));
        let pause = (limit / LOOKS).min(if watch.silent { limit } else { left });
        watch.look_at = Some(world.now().saturating_add(pause.max(1)));
    }

    fn silent(
        &mut self,
        number: usize,
        silence: Silence,
        watchdog: Watchdog,
        world: &mut impl World,
    ) {
        let guest = &mut self.guests[number];
        if !core::mem::replace(&mut guest.watch.silent, true) {
            guest.watch.acted = false;
            guest.watch.times = guest.watch.times.saturating_add(1);
            world.say(&Event::Silent {
                guest: guest.name.clone(),
                silence,
                then: watchdog.on_silence,
            });
            world.trace(Traced::Silent {
                guest: trace_number(number),
                vcpu: silence.vcpu,
                ms: u32::try_from(silence.ms).unwrap_or(u32::MAX),
            });
        }
        // Somebody else decides just now.
        if guest.under_way.is_some() || core::mem::replace(&mut guest.watch.acted, true) {
            return;
        }
        let order = match watchdog.on_silence {
            OnSilence::Report => return,
            OnSilence::Pause => Order::Pause,
            OnSilence::Reset => Order::Reset,
            OnSilence::Stop => Order::Stop,
        };
        guest.stopped |= order == Order::Stop;
        world.order(number, order);
    }

    /// When to look at the guests' silence again.
    pub(super) fn watch_at(&self) -> Option<u64> {
        let times = self.guests.iter().filter_map(|guest| guest.watch.look_at);
        times.min()
    }
}

fn runs(guest: &Guest) -> bool {
    matches!(guest.vmm, Vmm::Up { .. }) && guest.seen.state == GuestState::Running
}

/// Guests are 60 at the most.
fn trace_number(guest: usize) -> u8 {
    u8::try_from(guest).unwrap_or(u8::MAX)
}
