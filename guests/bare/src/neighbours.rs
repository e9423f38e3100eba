// SPDX-License-Identifier: BSD-2-Clause

//! How neighbours greet each other: one word of the region for each connection, and
//! a signal from everybody to everybody.
//!
//! A neighbour has met everybody if as many as there should be are attached at one
//! time, each has left its greeting, and each has signalled it. Nobody leaves before all
//! have said so: who leaves earlier would be missed by a slower one.

use core::sync::atomic::{AtomicU32, Ordering};

/// Connections of a region.
const CONNECTIONS: usize = 16;
/// In the upper half of a greeting.
const HELLO: u32 = 0x4e1e_0000;
/// Set in a greeting by who has met everybody.
const CONTENT: u32 = 1 << 15;

/// The greetings at the start of the region's data.
#[derive(Clone, Copy, Debug)]
pub struct Street<'a>(&'a [AtomicU32; CONNECTIONS]);

impl<'a> Street<'a> {
    /// The street in a region's data. `None`: too small.
    pub fn new(data: &'a [AtomicU32]) -> Option<Self> {
        data.first_chunk().map(Self)
    }

    /// Leaves the greeting of connection `own`; `content`: it has met everybody.
    pub fn greet(&self, own: u8, content: bool) {
        let word = HELLO | u32::from(own) | if content { CONTENT } else { 0 };
        if let Some(place) = self.0.get(usize::from(own)) {
            place.store(word, Ordering::Release);
        }
    }

    /// Connections that have left their greeting; with `content` only those that
    /// have met everybody.
    fn greeted(&self, content: bool) -> u16 {
        let good = |(index, place): (u32, &AtomicU32)| {
            let word = place.load(Ordering::Acquire);
            let same = word & !CONTENT == HELLO | index;
            (same && (!content || word & CONTENT != 0)).then_some(1 << index)
        };
        let bits = (0..).zip(self.0).filter_map(good);
        bits.fold(0, |set: u16, bit: u16| set | bit)
    }
}

/// What a neighbour knows of the others.
#[derive(Clone, Copy, Debug)]
pub struct Neighbour<'a> {
    street: Street<'a>,
    own: u8,
    peers: u32,
    signalled: u16,
    attached: u16,
}

impl<'a> Neighbour<'a> {
    /// Connection `own` of `peers` that there should be, itself included.
    pub fn new(street: Street<'a>, own: u8, peers: u32) -> Self {
        Self {
            street,
            own,
            peers,
            signalled: 0,
            attached: 0,
        }
    }

    /// Takes a read of the `status` register.
    pub fn status(&mut self, status: u32) {
        // Lossless: the two halves.
        self.signalled |= status as u16;
        self.attached |= (status >> 16) as u16;
    }

    /// Whether everybody was there, has greeted and has signalled this one.
    pub fn met_all(&self) -> bool {
        let others = self.attached & !(1 << (self.own & 15));
        self.attached.count_ones() == self.peers
            && self.street.greeted(false) & self.attached == self.attached
            && self.signalled & others == others
    }

    /// Whether all of them say the same.
    pub fn all_content(&self) -> bool {
        self.street.greeted(true).count_ones() == self.peers
    }

    /// Who was attached and who has signalled so far, for a report.
    pub fn known(&self) -> (u16, u16) {
        (self.attached, self.signalled)
    }
}

#[cfg(test)]
mod tests {
    use super::{Neighbour, Street};
    use std::sync::atomic::{AtomicU32, Ordering};

    fn words() -> [AtomicU32; 16] {
        Default::default()
    }

    #[test]
    fn everybody_is_met_once_all_are_there_have_greeted_and_signalled() {
        let words = words();
        let street = Street::new(&words).unwrap();
        let mut one = Neighbour::new(street, 1, 3);
        street.greet(0, false);
        street.greet(1, false);
        one.status(0b011 << 16);
        assert!(!one.met_all());
        one.status(0b111 << 16 | 0b101);
        assert!(!one.met_all(), "connection 2 has not greeted");
        street.greet(2, false);
        assert!(one.met_all());
    }

    #[test]
    fn a_signal_that_did_not_come_is_missed() {
        let words = words();
        let street = Street::new(&words).unwrap();
        let mut one = Neighbour::new(street, 0, 2);
        street.greet(0, false);
        street.greet(1, false);
        one.status(0b11 << 16 | 0b01);
        assert!(!one.met_all());
        one.status(0b11 << 16 | 0b10);
        assert!(one.met_all());
        assert_eq!(one.known(), (0b11, 0b11));
    }

    #[test]
    fn nobody_leaves_before_all_are_content() {
        let words = words();
        let street = Street::new(&words).unwrap();
        let one = Neighbour::new(street, 0, 2);
        street.greet(0, true);
        street.greet(1, false);
        assert!(!one.all_content());
        street.greet(1, true);
        assert!(one.all_content());
    }

    #[test]
    fn a_greeting_of_another_connection_does_not_count() {
        let words = words();
        let street = Street::new(&words).unwrap();
        street.greet(3, false);
        let copy = words[3].load(Ordering::Relaxed);
        words[4].store(copy, Ordering::Relaxed);
        assert_eq!(street.greeted(false), 1 << 3);
        assert!(Street::new(&words[..15]).is_none());
    }
}
