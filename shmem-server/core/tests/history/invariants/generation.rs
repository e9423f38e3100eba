// SPDX-License-Identifier: BSD-2-Clause

//! Generations and serials only grow.

use crate::check::Check;
use crate::seen::Seen;
use crate::step::Step;
use crate::system::SLOTS;
use crate::world::World;
use shmem_server_core::SlotId;

/// A region's generation is above that of every earlier one, in any slot, and stays;
/// its serial counts its joins and departures, no more and no less.
pub struct Generation {
    highest: u32,
    /// Generation and serial of what is in each slot.
    lives: [Option<(u32, u32)>; SLOTS.len()],
}

impl Default for Generation {
    fn default() -> Self {
        let mut lives = [None; SLOTS.len()];
        lives[4] = Some((1, 0));
        Self { highest: 1, lives }
    }
}

impl Check for Generation {
    fn after(&mut self, world: &World<'_>, _: &Step, seen: &Seen) {
        for (slot, last) in self.lives.iter_mut().enumerate() {
            let id = SlotId(u16::try_from(slot).expect("few"));
            let region = world.server.slots().region(id);
            let now = region.map(|region| (region.generation, region.serial()));
            let here = |live: &&crate::seen::Live| live.slot == slot;
            let events = seen.made().filter(here).count() + seen.ended().filter(here).count();
            let events = u32::try_from(events).expect("few");
            match (*last, now) {
                (Some((before, serial)), Some((now, new))) => {
                    assert_eq!(before, now, "slot {slot}");
                    assert_eq!(serial + events, new, "slot {slot}");
                }
                (None, Some((now, serial))) => {
                    assert!(now > self.highest, "{now} after {}", self.highest);
                    // Policy's own is born by nobody's.
                    let first = u32::from(region.is_some_and(|region| !region.permanent));
                    assert_eq!((serial, events), (first, first), "born by its first join");
                    self.highest = now;
                }
                (_, None) => {}
            }
            *last = now;
        }
    }
}
