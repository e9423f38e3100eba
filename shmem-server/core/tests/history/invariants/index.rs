// SPDX-License-Identifier: BSD-2-Clause

//! Indices are given and reused as the reference page says.

use crate::check::Check;
use crate::seen::{Live, Seen};
use crate::step::Step;
use crate::world::World;
use std::collections::BTreeMap;

/// A new connection gets the lowest free index whose last detach every live peer has
/// read, else the lowest free one. Its old pending bit is gone from every peer's
/// word, and their words are raised.
#[derive(Default)]
pub struct Index {
    /// When the last user of a slot's index left.
    left: BTreeMap<(usize, u8), u64>,
    /// When a connection was made or last read its status.
    looked: BTreeMap<(u8, u8), u64>,
}

impl Check for Index {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        for new in seen.made() {
            self.joined(world, seen, new);
        }
        if let Step::Read { client, handle } = *step {
            self.looked.insert((client, handle), seen.now);
        }
        for gone in seen.ended() {
            self.left.insert((gone.slot, gone.index), seen.now);
            if !seen.after.iter().any(|live| live.slot == gone.slot) {
                // Nobody is left who could have missed anything.
                self.left.retain(|&(slot, _), _| slot != gone.slot);
            }
        }
    }
}

impl Index {
    fn joined(&mut self, world: &World<'_>, seen: &Seen, new: &Live) {
        let peers: Vec<&Live> = (seen.before.iter())
            .filter(|peer| peer.slot == new.slot)
            .collect();
        let is_free = |index: &u8| peers.iter().all(|peer| peer.index != *index);
        let is_known = |index: &u8| {
            let left = self.left.get(&(new.slot, *index)).copied().unwrap_or(0);
            let mut looked = peers
                .iter()
                .map(|peer| self.looked[&(peer.client, peer.handle)]);
            looked.all(|looked| looked > left || left == 0)
        };
        let free: Vec<u8> = (0..16).filter(is_free).collect();
        let best = free.iter().copied().find(is_known);
        assert_eq!(new.index, best.unwrap_or(free[0]), "of {free:?}");
        for peer in peers {
            let word = world.word(peer.client, peer.handle).expect("it is live");
            assert_eq!(word.pending() & 1 << new.index, 0, "the old user's signal");
            assert!(word.line(), "{peer:?} is told");
        }
        self.looked.insert((new.client, new.handle), seen.now);
    }
}
