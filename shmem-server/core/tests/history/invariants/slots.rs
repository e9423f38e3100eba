// SPDX-License-Identifier: BSD-2-Clause

//! Slots and connections are conserved.

use crate::check::Check;
use crate::seen::{Live, Seen};
use crate::step::Step;
use crate::system::SLOTS;
use crate::world::World;
use shmem_server_core::SlotId;
use shmem_server_core::slots::State;
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Clean,
    InUse,
    Revoked,
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
                Phase::Clean => &[Phase::Clean, Phase::InUse][..],
                // Policy's region is born in the step that cleans its slot.
                Phase::Dirty => &[Phase::Dirty, Phase::Clean, Phase::InUse],
                Phase::Quarantined => &[Phase::Quarantined],
                Phase::InUse => &[
                    Phase::InUse,
                    Phase::Revoked,
                    Phase::Dirty,
                    Phase::Quarantined,
                ],
                Phase::Revoked => &[Phase::Revoked, Phase::Dirty, Phase::Quarantined],
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
        let mut made = 0;
        for (slot, phase) in phases(world).into_iter().enumerate() {
            let expected = match self.0[slot] {
                Phase::Quarantined => Phase::Quarantined,
                _ => Phase::Clean,
            };
            // A region that a given-up guest was in ends in quarantine only now.
            let lost = matches!(self.0[slot], Phase::InUse | Phase::Revoked)
                && phase == Phase::Quarantined;
            made += usize::from(phase == Phase::InUse);
            let policys = phase == Phase::InUse;
            assert!(
                phase == expected || lost || policys,
                "slot {slot} is {phase:?}"
            );
        }
        assert!(made <= 1, "policy's region alone is left");
        let free = phases(world).into_iter().zip(SLOTS);
        let mut free = free.filter(|(phase, slot)| *phase == Phase::Clean && slot.0 == 1);
        assert!(
            made == 1 || free.next().is_none(),
            "policy's region is gone"
        );
    }
}

fn phases(world: &World<'_>) -> Vec<Phase> {
    let states = world.server.slots().iter().map(|(_, _, state)| state);
    let phase = |state: &State| match state {
        State::Clean => Phase::Clean,
        State::InUse(_) => Phase::InUse,
        State::Revoked(_) => Phase::Revoked,
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
    peers
}
