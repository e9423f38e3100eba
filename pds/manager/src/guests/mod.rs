// SPDX-License-Identifier: BSD-2-Clause

//! All guests: what is known of them, and what follows from what is seen.

mod guest;
mod orders;
mod policy;
mod restart;
mod watchdog;

use crate::World;
use guest::{Guest, Vmm};
use heapless::Vec;
use manager_api::{State, VmmState};
use tombolo_config::{
    Name,
    manager::{self, Restart, Watchdog},
};

/// Most guests.
const MAX_GUESTS: usize = 60;

/// What is known of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its number at the server.
    pub client: Option<u8>,
    /// Its state.
    pub state: State,
    /// Its VMM's.
    pub vmm: VmmState,
    /// Restarts of its VMM.
    pub restarts: u32,
    /// Virtual CPUs.
    pub vcpus: u8,
    /// RAM in 4 KiB pages.
    pub memory_pages: u32,
    /// One of its vCPUs runs and has not trapped for as long as its watchdog allows.
    pub silent: bool,
    /// How often that was so.
    pub silences: u32,
    /// Its watchdog.
    pub watchdog: Option<Watchdog>,
}

/// All guests.
#[derive(Debug)]
pub struct Guests {
    guests: Vec<Guest, MAX_GUESTS>,
    restart: Restart,
    told_all_off: bool,
}

impl Guests {
    /// The guests of the configuration. Nothing was seen of them yet.
    pub fn new(guests: &[manager::Guest], restart: Restart) -> Self {
        Self {
            guests: guests.iter().take(MAX_GUESTS).map(Guest::new).collect(),
            restart,
            told_all_off: false,
        }
    }

    /// The number of the guest whose VMM is that child.
    pub fn by_child(&self, child: usize) -> Option<usize> {
        self.guests.iter().position(|guest| guest.child == child)
    }

    /// The number of the guest of that name.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        self.guests.iter().position(|guest| guest.name == name)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.guests.len()
    }

    /// What is known of a guest.
    pub fn get(&self, number: usize) -> Option<Known<'_>> {
        let guest = self.guests.get(number)?;
        Some(Known {
            name: &guest.name,
            client: guest.client,
            state: guest.state(),
            vmm: guest.vmm_state(),
            restarts: guest.restarts,
            vcpus: guest.vcpus,
            memory_pages: guest.memory_pages,
            silent: guest.watch.silent,
            silences: guest.watch.times,
            watchdog: guest.watchdog,
        })
    }

    /// Looks at every page and at the time, and does what follows.
    pub fn look(&mut self, world: &mut impl World) {
        for number in 0..self.guests.len() {
            let seen = world.seen(number);
            match self.guests[number].vmm {
                Vmm::Up { .. } | Vmm::GivenUp => self.guests[number].note(seen, world),
                Vmm::Booting { boots, .. } if seen.boots != boots => self.back(number, seen, world),
                // A VMM that is not up says nothing that counts.
                Vmm::Booting { .. } | Vmm::Waiting { .. } | Vmm::Lost => {}
            }
            self.settle_order(number, seen.answer, world);
            self.look_at_the_time(number, world);
            self.watch(number, world);
        }
        self.start_who_may(world);
        self.tell_all_off(world);
    }

    /// The time at which to look again, at the latest.
    pub fn wake_at(&self) -> Option<u64> {
        let times = self.guests.iter().flat_map(|guest| {
            let vmm = match guest.vmm {
                Vmm::Waiting { at, .. } => Some(at),
                Vmm::Booting { until, .. } => Some(until),
                Vmm::Up { .. } | Vmm::GivenUp | Vmm::Lost => None,
            };
            [vmm, guest.under_way.map(|order| order.until)]
        });
        times.flatten().chain(self.watch_at()).min()
    }
}
