// SPDX-License-Identifier: BSD-2-Clause

//! Which guest starts when, by the manifest; and the end.

use super::Guests;
use super::guest::{Guest, Vmm};
use crate::{Event, World};
use tombolo_config::manager::{Milestone, Start};
use tombolo_pages::guest_status::Order;

impl Guests {
    pub(super) fn start_who_may(&mut self, world: &mut impl World) {
        for number in 0..self.guests.len() {
            let guest = &self.guests[number];
            if guest.started || !matches!(guest.vmm, Vmm::Up { .. }) || guest.over() {
                continue;
            }
            match guest.start {
                Start::Immediately => self.start(number, world),
                Start::After { guest, milestone } => {
                    self.start_after(number, usize::from(guest), milestone, world);
                }
            }
        }
    }

    fn start_after(
        &mut self,
        number: usize,
        other: usize,
        milestone: Milestone,
        world: &mut impl World,
    ) {
        let Some(awaited) = self.guests.get(other) else {
            // The generator refuses such a manifest; waiting for nobody is not waiting.
            return self.start(number, world);
        };
        if awaited.reached(milestone) {
            return self.start(number, world);
        }
        let (other, in_vain) = (awaited.name.clone(), awaited.over());
        let waiting = &mut self.guests[number];
        let guest = waiting.name.clone();
        if in_vain && !core::mem::replace(&mut waiting.told_in_vain, true) {
            world.say(&Event::HeldForEver {
                guest,
                other,
                milestone,
            });
        } else if !in_vain && !core::mem::replace(&mut waiting.told, true) {
            world.say(&Event::Held {
                guest,
                other,
                milestone,
            });
        }
    }

    fn start(&mut self, number: usize, world: &mut impl World) {
        let guest = &mut self.guests[number];
        guest.started = true;
        world.order(number, Order::Start);
        world.say(&Event::Starting {
            guest: guest.name.clone(),
        });
    }

    pub(super) fn tell_all_off(&mut self, world: &mut impl World) {
        let settled = |guest: &Guest| guest.over() || guest.told_in_vain && !guest.started;
        let all = self.guests.iter().all(settled);
        if !core::mem::replace(&mut self.told_all_off, all) && all {
            let failed = self.guests.iter().filter(|guest| !guest.ended_well());
            world.say(&Event::AllOff {
                failed: failed.count(),
            });
        }
    }
}
