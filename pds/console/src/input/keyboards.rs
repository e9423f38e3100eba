// SPDX-License-Identifier: BSD-2-Clause

//! The guests' ends of the keyboard, one ring each.
//!
//! Flow control: while the selected guest's ring is full, nothing is taken from the
//! UART. Its FIFO fills, and the sender stops (by RTS on a board that has the wire;
//! QEMU reads no more from its own input). So a paste that is longer than the ring
//! arrives whole, as fast as the guest reads.
//!
//! Rule: a guest that reads nothing for a second ([`Patience`]) loses what is typed,
//! which is counted and told. Otherwise it would hold the console's own key up too.

use super::patience::Patience;
use crate::output::{Loss, Told};
use heapless::Vec;
use tombolo_pages::ring::{INPUT_BYTES, Producer};

/// A guest that takes keys.
#[derive(Debug)]
struct Keyboard<'a> {
    /// Number of its speaker.
    speaker: usize,
    ring: Producer<'a, INPUT_BYTES>,
    loss: Loss,
}

/// All of them.
#[derive(Debug)]
pub(crate) struct Keyboards<'a> {
    all: Vec<Keyboard<'a>, 62>,
    selected: usize,
    patience: Patience,
    ticks_per_ms: u64,
}

impl<'a> Keyboards<'a> {
    pub(crate) fn new(ticks_per_ms: u64) -> Self {
        Self {
            all: Vec::new(),
            selected: 0,
            patience: Patience::new(ticks_per_ms),
            ticks_per_ms,
        }
    }

    /// Adds the keyboard of a speaker. False: there are too many.
    pub(crate) fn add(&mut self, speaker: usize, ring: Producer<'a, INPUT_BYTES>) -> bool {
        let keyboard = Keyboard {
            speaker,
            ring,
            loss: Loss::default(),
        };
        self.all.push(keyboard).is_ok()
    }

    /// Speakers that take keys, by number of their keyboard.
    pub(crate) fn speakers(&self) -> impl Iterator<Item = usize> {
        self.all.iter().map(|keyboard| keyboard.speaker)
    }

    pub(crate) fn count(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn selected(&self) -> usize {
        self.selected
    }

    /// The selected guest's speaker.
    pub(crate) fn speaker(&self) -> Option<usize> {
        self.all.get(self.selected).map(|keyboard| keyboard.speaker)
    }

    /// Selects; false: no such keyboard.
    pub(crate) fn select(&mut self, number: usize) -> bool {
        let there = number < self.all.len();
        if there {
            self.selected = number;
            self.patience.start_again();
        }
        there
    }

    /// Whether a key may be taken for the selected guest. Error: when to look again.
    pub(crate) fn take(&mut self, now: u64) -> Result<(), u64> {
        let has_room = |keyboard: &Keyboard<'_>| keyboard.ring.room() > 0;
        let room = self.all.get(self.selected).is_none_or(has_room);
        self.patience.take(room, now)
    }

    /// Sends a key to the selected guest; returns its keyboard's number.
    pub(crate) fn send(&mut self, byte: u8) -> Option<usize> {
        let keyboard = self.all.get_mut(self.selected)?;
        if keyboard.ring.write(&[byte]) == 0 {
            keyboard.loss.add(1);
        }
        Some(self.selected)
    }

    /// A speaker that lost keys, and how many, to be told now.
    pub(crate) fn tell_lost(&mut self, now: u64) -> Option<(usize, Told)> {
        let ticks_per_ms = self.ticks_per_ms;
        self.all.iter_mut().find_map(|keyboard| {
            let lost = keyboard.loss.tell(now, ticks_per_ms)?;
            Some((keyboard.speaker, lost))
        })
    }

    /// When there will be losses to tell.
    pub(crate) fn due(&self) -> Option<u64> {
        self.all
            .iter()
            .filter_map(|keyboard| keyboard.loss.due())
            .min()
    }
}

#[cfg(test)]
mod tests {
    use super::Keyboards;
    use tombolo_pages::ring::{Consumer, INPUT_BYTES, InputRing, Producer};

    const MS: u64 = 1000;

    #[test]
    fn a_paste_longer_than_the_ring_arrives_whole() {
        let ring = InputRing::new();
        let mut guest = Consumer::new(&ring);
        let mut keyboards = Keyboards::new(MS);
        assert!(keyboards.add(7, Producer::new(&ring)));
        let paste: Vec<u8> = (0..3 * INPUT_BYTES).map(|n| (n % 251) as u8).collect();
        let (mut now, mut arrived, mut waits) = (0, Vec::new(), 0);
        for &byte in &paste {
            while let Err(later) = keyboards.take(now) {
                now = later;
                waits += 1;
                let mut part = [0; 100];
                let count = guest.read(&mut part);
                arrived.extend_from_slice(&part[..count]);
            }
            assert_eq!(keyboards.send(byte), Some(0));
        }
        let mut rest = vec![0; INPUT_BYTES];
        let count = guest.read(&mut rest);
        arrived.extend_from_slice(&rest[..count]);
        assert_eq!(arrived, paste);
        assert!(waits > 50, "it waited for the guest");
        assert_eq!(keyboards.tell_lost(now), None);
    }

    #[test]
    fn a_guest_that_reads_nothing_loses_keys_after_a_while_and_is_named() {
        let ring = InputRing::new();
        let mut keyboards = Keyboards::new(MS);
        keyboards.add(7, Producer::new(&ring));
        for _ in 0..INPUT_BYTES {
            assert_eq!(keyboards.take(0), Ok(()));
            keyboards.send(b'x');
        }
        assert_eq!(keyboards.take(5), Err(5 + 2 * MS));
        assert!(keyboards.take(999 * MS).is_err());
        assert_eq!(keyboards.take(5 + 1000 * MS), Ok(()));
        keyboards.send(b'y');
        keyboards.send(b'z');
        let told = keyboards.tell_lost(5 + 1000 * MS).expect("two were lost");
        assert_eq!((told.0, told.1.lost, told.1.all), (7, 2, 2));
        Consumer::new(&ring).read(&mut [0; 1]);
        assert_eq!(keyboards.take(1001 * MS), Ok(()));
    }

    #[test]
    fn without_keyboards_keys_go_nowhere() {
        let mut keyboards = Keyboards::new(MS);
        assert_eq!((keyboards.take(0), keyboards.send(b'x')), (Ok(()), None));
        assert!(!keyboards.select(0));
        assert_eq!((keyboards.speaker(), keyboards.due()), (None, None));
    }
}
