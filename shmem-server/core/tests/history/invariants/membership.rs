// SPDX-License-Identifier: BSD-2-Clause

//! Nobody reaches, or is told of, what it is no member of.

use crate::check::Check;
use crate::seen::{Answer, Seen};
use crate::step::Step;
use crate::system::{CLIENTS, SLOTS, is_member, may_attach, pool_of};
use crate::world::World;
use shmem_server_api::{RegionName, Response};
use shmem_server_core::slots::State;

/// A slot is mapped into the members of its pool and nobody else. So: whoever is
/// attached to a region has its slot mapped; whoever has the slot mapped may attach
/// the region's name; and whoever is told a name may attach it.
#[derive(Default)]
pub struct Membership;

impl Check for Membership {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        for live in &seen.after {
            assert!(is_member(SLOTS[live.slot].0, live.client), "{live:?}");
        }
        for (number, (_, shape, state)) in world.server.slots().iter().enumerate() {
            let State::InUse(region) = state else {
                continue;
            };
            assert_eq!(pool_of(region.name.as_str()), Some(shape.pool));
            for client in (0..CLIENTS).filter(|&client| is_member(shape.pool, client)) {
                assert!(
                    may_attach(client, region.name.as_str()),
                    "client {client} reaches slot {number}"
                );
            }
        }
        if let Some((client, name)) = told(step, seen) {
            assert!(
                may_attach(client, name.as_str()),
                "{client} is told {name:?}"
            );
        }
    }
}

/// Who was told which name.
fn told<'s>(step: &Step, seen: &'s Seen) -> Option<(u8, &'s RegionName)> {
    let client = match *step {
        Step::Attach { client, .. }
        | Step::Find { client, .. }
        | Step::Inspect { client, .. }
        | Step::List { client, .. } => client,
        _ => return None,
    };
    let Answer::Response(response) = &seen.answer else {
        return None;
    };
    match response {
        Response::Attached(attached) => Some((client, &attached.name)),
        Response::Inspected(inspection) => Some((client, &inspection.name)),
        Response::Listed(listed) => Some((client, &listed.name)),
        _ => None,
    }
}
