// SPDX-License-Identifier: BSD-2-Clause

//! Slots and connections are conserved.

use crate::check::Check;
use crate::seen::{Live, Seen};
use crate::step::Step;
use crate::system::{PERMANENT, SLOTS};
use crate::world::World;
use shmem_server_core::SlotId;
use shmem_server_core::slots::State;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Clean,
    InUse,
    Dirty,
    Quarantined,
}

/// A slot goes round clean, in use, dirty, clean, or ends in quarantine; while it is
/// dirty the scrubber has it to do, or the server is about to hear that it is done.
/// A name is in one slot, each connection is one peer of one region and each peer a
/// connection, and what policy made stays. At the end every slot is clean again.
pub struct Conserved(Vec<Phase>);

impl Default for Conserved {
    fn default() -> Self {
        let mut phases = vec![Phase::Clean; SLOTS.len()];
        phases[4] = Phase::InUse;
        Self(phases)
    }
}

impl Check for Conserved {
    fn after(&mut self, world: &World<'_>, _: &Step, seen: &Seen) {
        let now = phases(world);
        for (slot, (before, now)) in self.0.iter().zip(&now).enumerate() {
            let moves = match before {
                Phase::Clean => [Phase::Clean, Phase::InUse],
                Phase::Dirty => [Phase::Dirty, Phase::Clean],
                Phase::Quarantined => [Phase::Quarantined; 2],
                Phase::InUse if *now == Phase::Quarantined => [Phase::Quarantined; 2],
                Phase::InUse => [Phase::InUse, Phase::Dirty],
            };
            assert!(moves.contains(now), "slot {slot}: {before:?} to {now:?}");
            if *now == Phase::Dirty {
                let asked = world.cleaning.is_asked(slot) || world.requests.is_done(slot);
                assert!(asked, "slot {slot} is lost");
            }
        }
        self.0 = now;
        let mut peers = peers(world);
        peers.sort();
        assert_eq!(peers, seen.after, "connections and peers");
    }

    fn wound_up(&mut self, world: &World<'_>) {
        assert!(world.live().is_empty(), "everybody has left");
        for (slot, phase) in phases(world).into_iter().enumerate() {
            let expected = match slot {
                4 => Phase::InUse,
                _ if self.0[slot] == Phase::Quarantined => Phase::Quarantined,
                _ => Phase::Clean,
            };
            // A region that a given-up guest was in ends in quarantine only now.
            let lost = self.0[slot] == Phase::InUse && phase == Phase::Quarantined;
            assert!(phase == expected || lost, "slot {slot} is {phase:?}");
        }
    }
}

fn phases(world: &World<'_>) -> Vec<Phase> {
    let states = world.server.slots().iter().map(|(_, _, state)| state);
    let phase = |state: &State| match state {
        State::Clean => Phase::Clean,
        State::InUse(_) => Phase::InUse,
        State::Dirty => Phase::Dirty,
        State::Quarantined => Phase::Quarantined,
    };
    states.map(phase).collect()
}

/// Every peer of every region, as a connection.
fn peers(world: &World<'_>) -> Vec<Live> {
    let mut names = BTreeSet::new();
    let mut peers = Vec::new();
    for slot in 0..SLOTS.len() {
        let id = SlotId(u16::try_from(slot).expect("few"));
        let Some(region) = world.server.slots().region(id) else {
            continue;
        };
        assert!(
            names.insert(region.name.as_str()),
            "{} twice",
            region.name.as_str()
        );
        assert!(
            region.active() != 0 || region.permanent,
            "a region of nobody"
        );
        peers.extend(region.peers().map(|(index, peer)| Live {
            client: peer.client.0,
            handle: peer.handle.0,
            slot,
            index,
        }));
    }
    assert!(names.contains(PERMANENT));
    peers
}
