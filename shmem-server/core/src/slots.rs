// SPDX-License-Identifier: BSD-2-Clause

//! The life of a slot.
//!
//! | state | born | last connection leaves | revoked | client stopped | cleaned |
//! |---|---|---|---|---|---|
//! | clean | in use | - | - | - | - |
//! | in use | - | dirty (1) | revoked, or dirty (1) if it waits for nobody | - | - |
//! | revoked | - | - | - | dirty (1) once all are | - |
//! | dirty | - | - | - | - | clean |
//! | quarantined | - | - | - | - | - |
//!
//! (1) quarantined if a guest that nobody could stop was in the region.
//!
//! `-` cannot happen: such a call changes nothing. Slots start clean: the system
//! hands memory out zeroed. A quarantined slot was reachable by a guest that
//! nobody could stop; it is never used again.

use crate::{ClientId, ClientSet, Refusal, SlotId, SlotSet, region::Region};
use heapless::Vec;
use shmem_server_api::RegionName;
use tombolo_config::server::{MAX_SLOTS, Slot};

/// A state, with what only that state may use.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no allocator, and any slot may hold a region"
)]
#[derive(Clone, Debug)]
pub enum State {
    /// Zeroed, free.
    Clean,
    /// Holds a region.
    InUse(Region),
    /// Its region was revoked: those who could write to it are to be stopped first.
    Revoked(Revoked),
    /// Free, holds the bytes of a region that ended; the scrubber has been asked.
    Dirty,
    /// Lost.
    Quarantined,
}

/// What is left of a region that was revoked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoked {
    /// Its name.
    pub name: RegionName,
    /// Its pages.
    pub pages: u32,
    /// Its birth.
    pub generation: u32,
    /// Who is to be stopped.
    pub waits_for: ClientSet,
    given_up: bool,
}

/// Where a new region may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// This slot.
    Here(SlotId),
    /// Nowhere yet; a slot that would do is being cleaned.
    Later,
}

/// All slots.
#[derive(Debug)]
pub struct Slots {
    shape: Vec<Slot, MAX_SLOTS>,
    states: Vec<State, MAX_SLOTS>,
}

impl Slots {
    /// All clean.
    pub fn new(shape: &[Slot]) -> Self {
        let shape: Vec<Slot, MAX_SLOTS> = shape.iter().take(MAX_SLOTS).cloned().collect();
        Self {
            states: shape.iter().map(|_| State::Clean).collect(),
            shape,
        }
    }

    /// A slot's state.
    pub fn state(&self, slot: SlotId) -> Option<&State> {
        self.states.get(slot.index())
    }

    /// Pool and pages of a slot.
    pub fn shape(&self, slot: SlotId) -> Option<&Slot> {
        self.shape.get(slot.index())
    }

    /// All slots, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (SlotId, &Slot, &State)> {
        let ids = (0..).map(SlotId);
        ids.zip(self.shape.iter().zip(&self.states))
            .map(|(id, (shape, state))| (id, shape, state))
    }

    /// The region in a slot.
    pub fn region(&self, slot: SlotId) -> Option<&Region> {
        match self.states.get(slot.index())? {
            State::InUse(region) => Some(region),
            _ => None,
        }
    }

    /// The same, to change it.
    pub fn region_mut(&mut self, slot: SlotId) -> Option<&mut Region> {
        match self.states.get_mut(slot.index())? {
            State::InUse(region) => Some(region),
            _ => None,
        }
    }

    /// The slot of the region `name`, which can only be in `pool`.
    pub fn find(&self, pool: u8, name: &RegionName) -> Option<SlotId> {
        self.iter()
            .find(|(_, shape, state)| {
                shape.pool == pool && matches!(state, State::InUse(region) if region.name == *name)
            })
            .map(|(id, ..)| id)
    }

    /// Where a region of `pages` may be born: the first clean slot of `pool` that
    /// is large enough.
    ///
    /// | large enough | one is clean | one is dirty | result |
    /// |---|---|---|---|
    /// | none (quarantined ones do not count) | | | [`Refusal::TooLarge`] |
    /// | some | yes | | the first |
    /// | some | no | yes | [`Place::Later`] |
    /// | some | no | no | [`Refusal::AllInUse`] |
    pub fn place(&self, pool: u8, pages: u32) -> Result<Place, Refusal> {
        let mut dirty = false;
        let mut fits = false;
        let mut largest = 0;
        for (id, shape, state) in self.iter().filter(|(_, shape, _)| shape.pool == pool) {
            if matches!(state, State::Quarantined) {
                continue;
            }
            largest = largest.max(shape.pages);
            if shape.pages < pages {
                continue;
            }
            fits = true;
            match state {
                State::Clean => return Ok(Place::Here(id)),
                State::Dirty => dirty = true,
                State::InUse(_) | State::Revoked(_) | State::Quarantined => {}
            }
        }
        match (fits, dirty) {
            (_, true) => Ok(Place::Later),
            (true, false) => Err(Refusal::AllInUse),
            (false, false) => Err(Refusal::TooLarge { largest }),
        }
    }

    /// A region is born. False (and nothing done) unless the slot is clean.
    #[must_use]
    pub fn born(&mut self, slot: SlotId, region: Region) -> bool {
        match self.states.get_mut(slot.index()) {
            Some(state @ State::Clean) => {
                *state = State::InUse(region);
                true
            }
            _ => false,
        }
    }

    /// A region has ended. Returns whether the slot is to be cleaned.
    #[must_use]
    pub fn ended(&mut self, slot: SlotId) -> bool {
        let Some(state) = self.states.get_mut(slot.index()) else {
            return false;
        };
        let State::InUse(region) = state else {
            return false;
        };
        let given_up = region.given_up;
        *state = if given_up {
            State::Quarantined
        } else {
            State::Dirty
        };
        !given_up
    }

    /// A region without connections was revoked: its slot waits until `waits_for`
    /// are stopped. Returns whether the slot is to be cleaned.
    #[must_use]
    pub fn revoked(&mut self, slot: SlotId, waits_for: ClientSet) -> bool {
        if waits_for.is_empty() {
            return self.ended(slot);
        }
        if let Some(state) = self.states.get_mut(slot.index())
            && let State::InUse(region) = state
        {
            *state = State::Revoked(Revoked {
                name: region.name.clone(),
                pages: region.pages,
                generation: region.generation,
                waits_for,
                given_up: region.given_up,
            });
        }
        false
    }

    /// A client was stopped. Returns the slots that are to be cleaned now.
    pub fn stopped(&mut self, client: ClientId) -> SlotSet {
        let mut clean = SlotSet::default();
        for (slot, state) in (0..).map(SlotId).zip(&mut self.states) {
            let State::Revoked(revoked) = state else {
                continue;
            };
            revoked.waits_for.remove(client);
            if revoked.waits_for.is_empty() {
                *state = if revoked.given_up {
                    State::Quarantined
                } else {
                    clean.insert(slot);
                    State::Dirty
                };
            }
        }
        clean
    }

    /// The scrubber has cleaned it. False (and nothing done) unless it was dirty.
    #[must_use]
    pub fn cleaned(&mut self, slot: SlotId) -> bool {
        match self.states.get_mut(slot.index()) {
            Some(state @ State::Dirty) => {
                *state = State::Clean;
                true
            }
            _ => false,
        }
    }

    /// Whether the scrubber is at it.
    pub fn is_dirty(&self, slot: SlotId) -> bool {
        matches!(self.state(slot), Some(State::Dirty))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn region(name: &str) -> Region {
        Region::new(RegionName::new(name).unwrap(), 4, 1, false)
    }

    fn slots(pages: &[u32]) -> Slots {
        let shape: std::vec::Vec<Slot> =
            pages.iter().map(|&pages| Slot { pool: 0, pages }).collect();
        Slots::new(&shape)
    }

    #[test]
    fn a_slot_goes_round_clean_in_use_dirty_clean() {
        let (mut slots, s) = (slots(&[8]), SlotId(0));
        assert_eq!(slots.place(0, 8), Ok(Place::Here(s)));
        assert!(
            !slots.cleaned(s) && !slots.ended(s),
            "illegal moves change nothing"
        );
        assert!(slots.born(s, region("a")));
        assert!(!slots.born(s, region("b")) && !slots.cleaned(s));
        assert_eq!(slots.place(0, 1), Err(Refusal::AllInUse));
        assert_eq!(slots.find(0, &RegionName::new("a").unwrap()), Some(s));
        assert!(slots.ended(s), "to be cleaned");
        assert_eq!(slots.place(0, 1), Ok(Place::Later));
        assert!(
            !slots.born(s, region("b")),
            "nothing is born in a dirty slot"
        );
        assert!(slots.cleaned(s));
        assert_eq!(slots.place(0, 1), Ok(Place::Here(s)));
    }

    #[test]
    fn a_quarantined_slot_is_lost() {
        let (mut slots, s) = (slots(&[8, 2]), SlotId(0));
        let mut lost = region("a");
        lost.given_up = true;
        assert!(slots.born(s, lost));
        assert!(!slots.ended(s), "not to be cleaned");
        assert!(!slots.cleaned(s) && !slots.born(s, region("b")));
        assert_eq!(slots.place(0, 3), Err(Refusal::TooLarge { largest: 2 }));
    }

    #[test]
    fn the_first_slot_that_is_large_enough_is_taken() {
        let slots = slots(&[2, 8, 4]);
        assert_eq!(slots.place(0, 1), Ok(Place::Here(SlotId(0))));
        assert_eq!(slots.place(0, 3), Ok(Place::Here(SlotId(1))));
        assert_eq!(slots.place(0, 9), Err(Refusal::TooLarge { largest: 8 }));
        assert_eq!(slots.place(1, 1), Err(Refusal::TooLarge { largest: 0 }));
        assert_eq!(
            slots.place(0, u32::MAX),
            Err(Refusal::TooLarge { largest: 8 })
        );
    }
}
