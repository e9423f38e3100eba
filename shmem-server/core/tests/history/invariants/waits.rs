// SPDX-License-Identifier: BSD-2-Clause

//! Who waits is woken, once, when it is worth asking again.

use crate::check::Check;
use crate::seen::{Answer, Seen};
use crate::step::Step;
use crate::system::{NAMES, SLOTS, pool_of};
use crate::world::World;
use shmem_server_api::Response;
use shmem_server_core::SlotId;
use shmem_server_core::slots::State;
use std::collections::BTreeMap;

/// A wait ends with a notification when a slot that would do is clean or the region
/// exists, or policy takes the clean slot at once; or silently with the client's next attach or death. While it lasts, a slot
/// that would do is being cleaned: nobody waits in vain.
#[derive(Default)]
pub struct Waits(BTreeMap<u8, (&'static str, u32)>);

impl Check for Waits {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        match *step {
            Step::Attach {
                client,
                name,
                pages,
            } => {
                self.0.remove(&client);
                if seen.answer == Answer::Response(Response::Wait) {
                    self.0.insert(client, (NAMES[name], pages));
                }
            }
            Step::Gone { client, .. }
            | Step::Reset { client }
            | Step::Drop { client }
            | Step::Quarantine { client } => {
                self.0.remove(&client);
            }
            _ => {}
        }
        self.0.retain(|client, &mut (name, pages)| {
            let state = world.server.client(shmem_server_core::ClientId(*client));
            let waits = state.is_some_and(|state| state.waiting.is_some());
            if is_worth_asking(world, name, pages) {
                assert!(
                    !waits && seen.notified.contains(client),
                    "{client} sleeps on"
                );
                return false;
            }
            if !waits && seen.notified.contains(client) && is_taken_again(world, seen, name, pages)
            {
                return false;
            }
            assert!(waits && is_being_cleaned(world, name, pages), "in vain");
            true
        });
    }
}

/// Slots that would do for a new region.
fn fitting<'w>(world: &'w World<'_>, name: &str, pages: u32) -> impl Iterator<Item = &'w State> {
    let pool = pool_of(name);
    let slots = (0u16..).zip(SLOTS);
    slots
        .filter(move |(_, shape)| Some(shape.0) == pool && shape.1 >= pages)
        .filter_map(|(slot, _)| world.server.slots().state(SlotId(slot)))
}

fn is_worth_asking(world: &World<'_>, name: &str, pages: u32) -> bool {
    let mut slots = world.server.slots().iter();
    let exists = slots
        .any(|(_, _, state)| matches!(state, State::InUse(region) if region.name.as_str() == name));
    exists || fitting(world, name, pages).any(|state| matches!(state, State::Clean))
}

/// A slot that would do was cleaned by this step, and policy made a region of its own
/// in it at once (one that had been revoked): who waited is told, and asks again.
fn is_taken_again(world: &World<'_>, seen: &Seen, name: &str, pages: u32) -> bool {
    let Answer::Clean(slots) = &seen.answer else {
        return false;
    };
    slots.iter().any(|&slot| {
        let fits = Some(SLOTS[slot].0) == pool_of(name) && SLOTS[slot].1 >= pages;
        let id = SlotId(u16::try_from(slot).expect("128 at most"));
        let region = world.server.slots().region(id);
        fits && region.is_some_and(|region| region.permanent)
    })
}

fn is_being_cleaned(world: &World<'_>, name: &str, pages: u32) -> bool {
    fitting(world, name, pages).any(|state| matches!(state, State::Dirty))
}
