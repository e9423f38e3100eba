// SPDX-License-Identifier: BSD-2-Clause

//! VMMs that fault, and how they come back.
//!
//! | VMM | event | then |
//! |---|---|---|
//! | up | fault, below the limit | restarted: the first time at once, then after the delay, then after twice that |
//! | up | fault, at the limit | restarted at once, the last time |
//! | up | order to restart | restarted at once; it does not count |
//! | restarted | its vCPUs are suspended | the server drops the guest's connections; the guest is started if it ran |
//! | restarted, the last time | its vCPUs are suspended | the same, but the guest stays stopped: given up |
//! | restarted | fault | as above |
//! | restarted, the last time | fault | lost |
//! | restarted | no sign in time | lost |
//! | given up | order to restart | restarted, and its faults count anew |
//!
//! Lost: its vCPUs may still be running, so the slots that it had are quarantined.
//! A VMM that stays up long enough begins to count anew.

use super::Guests;
use super::guest::Vmm;
use crate::{Event, Seen, World};
use manager_api::Refusal;
use shmem_server_api::Request;
use tombolo_pages::guest_status::{GuestState, Order};

/// How long a restarted VMM may take to suspend its vCPUs, which is the first
/// thing that it does.
const BOOT_MS: u64 = 5000;
/// The longest back-off.
const LONGEST_MS: u64 = 60_000;

impl Guests {
    /// A VMM faulted, and was suspended.
    pub fn fault(&mut self, number: usize, world: &mut impl World) {
        let Some(guest) = self.guests.get_mut(number) else {
            return;
        };
        let restartable = restartable(guest.vmm);
        self.fail_order(number, Refusal::Failed, world);
        if !restartable {
            return self.lose(number, world);
        }
        let guest = &mut self.guests[number];
        if let Vmm::Up { since } = guest.vmm
            && world.now().saturating_sub(since) >= u64::from(self.restart.forget_s) * 1000
        {
            guest.recent = 0;
        }
        self.prepare(number, world);
        let (limit, guest) = (self.restart.limit, &mut self.guests[number]);
        let now = world.now();
        let name = guest.name.clone();
        if guest.recent < limit {
            guest.recent += 1;
            let delay_ms = delay(self.restart.delay_ms, guest.recent);
            guest.vmm = Vmm::Waiting {
                at: now.saturating_add(delay_ms),
                last: false,
            };
            world.say(&Event::Restarting {
                guest: name,
                nth: guest.recent,
                limit,
                delay_ms,
            });
        } else {
            guest.vmm = Vmm::Waiting {
                at: now,
                last: true,
            };
            world.say(&Event::LastRestart { guest: name });
        }
        self.look(world);
    }

    /// A VMM is to begin anew: no order that it has not seen is to be in force then.
    pub(super) fn prepare(&mut self, number: usize, world: &mut impl World) {
        world.order(number, Order::Hold);
        let guest = &mut self.guests[number];
        if matches!(guest.vmm, Vmm::Up { .. }) {
            guest.resume = matches!(
                guest.seen.state,
                GuestState::Running | GuestState::Paused | GuestState::Resetting
            );
        }
    }

    /// What is due is done.
    pub(super) fn look_at_the_time(&mut self, number: usize, world: &mut impl World) {
        let now = world.now();
        let guest = &mut self.guests[number];
        match guest.vmm {
            Vmm::Waiting { at, last } if at <= now => {
                // What its page counted before it begins.
                let boots = world.seen(number).boots;
                if !world.restart(number) {
                    return self.lose(number, world);
                }
                guest.restarts = guest.restarts.saturating_add(1);
                guest.vmm = Vmm::Booting {
                    boots,
                    until: now.saturating_add(BOOT_MS),
                    last,
                };
            }
            Vmm::Booting { until, .. } if until <= now => self.lose(number, world),
            _ => {}
        }
        self.time_out_order(number, world);
    }

    /// A restarted VMM has suspended its vCPUs.
    pub(super) fn back(&mut self, number: usize, seen: Seen, world: &mut impl World) {
        let now = world.now();
        let guest = &mut self.guests[number];
        let Vmm::Booting { last, .. } = guest.vmm else {
            return;
        };
        let name = guest.name.clone();
        world.say(&Event::Back {
            guest: name.clone(),
        });
        if let Some(client) = guest.client {
            // A server that does not take it says so in its log.
            let _ = world.server(&Request::DropClient { client });
        }
        // It may have got further already.
        guest.seen = Seen {
            state: GuestState::Unknown,
            ..seen
        };
        if last {
            guest.vmm = Vmm::GivenUp;
            world.say(&Event::GivenUp { guest: name });
            return;
        }
        guest.vmm = Vmm::Up { since: now };
        if core::mem::take(&mut guest.resume) {
            guest.started = true;
            let serial = world.order(number, Order::Start);
            if let Some(order) = &mut guest.under_way {
                order.serial = Some(serial);
            }
            world.say(&Event::Starting { guest: name });
        } else if guest.started {
            // It stays as it was: off.
            guest.stopped = true;
            world.order(number, Order::Stop);
        }
    }

    fn lose(&mut self, number: usize, world: &mut impl World) {
        world.halt(number);
        self.fail_order(number, Refusal::Lost, world);
        let guest = &mut self.guests[number];
        if guest.vmm == Vmm::Lost {
            return;
        }
        guest.vmm = Vmm::Lost;
        world.order(number, Order::Stop);
        if let Some(client) = guest.client {
            // A server that does not take it says so in its log.
            let _ = world.server(&Request::Quarantine { client });
        }
        world.say(&Event::Lost {
            guest: guest.name.clone(),
        });
        self.start_who_may(world);
        self.tell_all_off(world);
    }
}

/// Whether a fault may be answered by a restart.
fn restartable(vmm: Vmm) -> bool {
    match vmm {
        Vmm::Up { .. } | Vmm::Waiting { .. } => true,
        Vmm::Booting { last, .. } => !last,
        Vmm::GivenUp | Vmm::Lost => false,
    }
}

/// The back-off before the `nth` restart.
fn delay(first_ms: u32, nth: u32) -> u64 {
    match nth.checked_sub(2) {
        None => 0,
        Some(doublings) => {
            let factor = 1u64.checked_shl(doublings).unwrap_or(u64::MAX);
            u64::from(first_ms).saturating_mul(factor).min(LONGEST_MS)
        }
    }
}
