// SPDX-License-Identifier: BSD-2-Clause

//! What an operation asks of the protection domain: notify and clean.

use crate::{ClientId, SlotId};

/// A set of clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClientSet(u64);

impl ClientSet {
    /// From a set as the configuration has it.
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// As a set of bits, by client number.
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// Adds one.
    pub fn insert(&mut self, client: ClientId) {
        // Numbers are below 60; the mask keeps a wrong one from overflowing.
        self.0 |= 1 << (client.0 & 63);
    }

    /// Takes one out.
    pub fn remove(&mut self, client: ClientId) {
        self.0 &= !(1 << (client.0 & 63));
    }

    /// Whether it is in.
    pub fn contains(self, client: ClientId) -> bool {
        self.0 & 1 << (client.0 & 63) != 0
    }

    /// How many there are.
    pub fn count(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether nobody is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In ascending order.
    pub fn iter(self) -> impl Iterator<Item = ClientId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            // Lossless: at most 63.
            let next = (rest != 0).then(|| ClientId(rest.trailing_zeros() as u8))?;
            rest &= rest - 1;
            Some(next)
        })
    }
}

/// A set of slots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SlotSet(u128);

impl SlotSet {
    /// Adds one.
    pub fn insert(&mut self, slot: SlotId) {
        self.0 |= 1 << (slot.0 & 127);
    }

    /// Whether it is in.
    pub fn contains(self, slot: SlotId) -> bool {
        self.0 & 1 << (slot.0 & 127) != 0
    }

    /// Whether none is.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// In ascending order.
    pub fn iter(self) -> impl Iterator<Item = SlotId> {
        let mut rest = self.0;
        core::iter::from_fn(move || {
            // Lossless: at most 127.
            let next = (rest != 0).then(|| SlotId(rest.trailing_zeros() as u16))?;
            rest &= rest - 1;
            Some(next)
        })
    }
}

/// What is to be done before the caller gets its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct Effects {
    /// Clients whose channel to notify.
    pub notify: ClientSet,
    /// Slots that the scrubber is to clean.
    pub clean: SlotSet,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_give_back_what_was_put_in_ascending() {
        let mut clients = ClientSet::default();
        let mut slots = SlotSet::default();
        assert!(clients.is_empty() && slots.is_empty());
        for n in [59, 0, 7] {
            clients.insert(ClientId(n));
            slots.insert(SlotId(u16::from(n) + 68));
        }
        assert!(clients.iter().eq([0, 7, 59].map(ClientId)));
        assert!(slots.iter().eq([68, 75, 127].map(SlotId)));
        assert!(clients.contains(ClientId(7)) && !clients.contains(ClientId(8)));
    }
}
