// SPDX-License-Identifier: BSD-2-Clause

//! Nothing that a dead client held stays held, and its peers know.

use crate::check::Check;
use crate::seen::{Live, Seen};
use crate::step::Step;
use crate::system::CLIENTS;
use crate::world::World;
use shmem_server_api::{Departure, Usage};
use shmem_server_core::{ClientId, SlotId};

/// After a reset, an end, a failure or a drop: no connection, no peer, no wait, no
/// charge, nothing on its board. Each peer's word shows it gone and is raised, and
/// the region's record has the reason as its newest event.
#[derive(Default)]
pub struct Death;

impl Check for Death {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        let (client, departure) = match *step {
            Step::Gone { client, departure } => (client, departure),
            Step::Reset { client } => (client, Departure::Reset),
            Step::Drop { client } | Step::Quarantine { client } => (client, Departure::Crashed),
            _ => return,
        };
        if client >= CLIENTS {
            return;
        }
        assert!(seen.after.iter().all(|live| live.client != client));
        holds_nothing(world, client);
        for gone in seen.ended() {
            assert_eq!(gone.client, client, "nobody else lost anything");
            known(world, seen, gone, departure);
        }
    }
}

fn holds_nothing(world: &World<'_>, client: u8) {
    let id = ClientId(client);
    let state = world.server.client(id).expect("it is a client");
    assert!(state.waiting.is_none(), "client {client} waits");
    let used = world.server.usage(id).expect("it is a client");
    let Usage {
        connections,
        regions,
        pages,
        reason,
        ..
    } = used;
    assert_eq!((connections, regions, pages, reason), (0, 0, 0, 0));
    for (_, _, slot) in world.server.slots().iter() {
        if let shmem_server_core::slots::State::InUse(region) = slot {
            assert!(region.index_of(id).is_none() && region.creator != Some(id));
        }
    }
    for word in &world.boards()[usize::from(client)].words {
        assert_eq!((word.peek().status, word.line()), (0, false));
    }
}

/// The peers of a connection that ended see it.
fn known(world: &World<'_>, seen: &Seen, gone: &Live, departure: Departure) {
    let id = SlotId(u16::try_from(gone.slot).expect("few"));
    let Some(region) = world.server.slots().region(id) else {
        return;
    };
    let record = region.records()[usize::from(gone.index)];
    assert_eq!(record.departure, departure as u8);
    assert_eq!(
        (record.event, record.serial),
        (record.departure, region.serial())
    );
    for peer in seen.after.iter().filter(|peer| peer.slot == gone.slot) {
        let word = world.word(peer.client, peer.handle).expect("it is live");
        assert_eq!(word.peek().status >> 16 & 1 << gone.index, 0, "{peer:?}");
        assert!(word.line(), "{peer:?} is told");
    }
}
