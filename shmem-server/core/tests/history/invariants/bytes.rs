// SPDX-License-Identifier: BSD-2-Clause

//! What a newly born region's memory holds.

use crate::check::Check;
use crate::seen::Seen;
use crate::step::Step;
use crate::system::SLOTS;
use crate::world::World;
use shmem_server_core::SlotId;

/// What has been in a slot.
#[derive(Clone, Copy, Default)]
struct Past {
    /// Generation of the region that is there now.
    lives: Option<u32>,
    /// When the last one ended.
    ended: u64,
}

/// Watches births and ends.
struct Births([Past; SLOTS.len()]);

impl Default for Births {
    fn default() -> Self {
        Self([Past::default(); SLOTS.len()])
    }
}

impl Births {
    /// Slots where a region was born in this step, each with the end of the one
    /// before.
    fn of(&mut self, world: &World<'_>, seen: &Seen) -> Vec<(usize, u64)> {
        let mut born = Vec::new();
        for (slot, past) in self.0.iter_mut().enumerate() {
            let id = SlotId(u16::try_from(slot).expect("few"));
            let now = world
                .server
                .slots()
                .region(id)
                .map(|region| region.generation);
            match (past.lives, now) {
                (Some(_), None) => past.ended = seen.now,
                (before, Some(_)) if before != now => born.push((slot, past.ended)),
                _ => {}
            }
            past.lives = now;
        }
        born
    }
}

/// Members store where and when they like, attached or not: no byte that was stored
/// before the last region ended is there when the next is born.
#[derive(Default)]
pub struct NothingOld(Births);

impl Check for NothingOld {
    fn after(&mut self, world: &World<'_>, _: &Step, seen: &Seen) {
        for (slot, ended) in self.0.of(world, seen) {
            let bytes = world.slots[slot].borrow();
            let mut marks = bytes.marks();
            assert!(
                marks.all(|mark| mark == 0 || mark > ended),
                "slot {slot} holds a byte of a region that has ended"
            );
        }
    }
}

/// Members store only to regions that they are attached to, those who cannot be
/// stopped to those that they were attached to: a new region reads zeros.
#[derive(Default)]
pub struct ReadsZero(Births);

impl Check for ReadsZero {
    fn after(&mut self, world: &World<'_>, _: &Step, seen: &Seen) {
        for (slot, _) in self.0.of(world, seen) {
            let bytes = world.slots[slot].borrow();
            assert!(bytes.marks().all(|mark| mark == 0), "slot {slot}");
        }
    }
}
