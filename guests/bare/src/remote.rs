// SPDX-License-Identifier: BSD-2-Clause

//! How a runner makes assistants in other guests work: a desk for each of them, in
//! the data of a region that they share.
//!
//! | word | written by | what |
//! |---|---|---|
//! | 0 | runner | number of the order |
//! | 1 | runner | its index in the region, to be signalled |
//! | 2 to 15 | runner | the order (`postcard`) |
//! | 16 | assistant | number of the last order that was carried out |
//! | 17 | assistant | life: how often it has started |
//! | 18 | assistant | its index in the region, to be signalled |
//! | 20 to 27 | assistant | the answer (`postcard`) |
//!
//! An order that ends the assistant's life is answered before. The desk outlives it,
//! as the runner stays attached.

use core::sync::atomic::{AtomicU32, Ordering};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Words of a desk.
const DESK: usize = 32;
const ORDER: core::ops::Range<usize> = 2..16;
const ANSWER: core::ops::Range<usize> = 20..28;

/// What a hand can do. Addresses are the assistant's own; below 0x1000 they are
/// offsets in its factory page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// Loads `1 << log2` bytes; the value is what was loaded.
    Load {
        /// Where.
        address: u64,
        /// How much.
        log2: u8,
    },
    /// Stores `1 << log2` bytes.
    Store {
        /// Where.
        address: u64,
        /// How much.
        log2: u8,
        /// What.
        value: u64,
    },
    /// Attaches and maps; the value is the control page's address.
    Attach {
        /// The name field.
        name: [u8; 32],
        /// The size asked for.
        pages: u32,
    },
    /// Maps memory as a region's data.
    Map {
        /// Where.
        address: u64,
        /// How much.
        bytes: u64,
    },
    /// Stores a value to each of so many words.
    Fill {
        /// Where.
        address: u64,
        /// How many.
        words: u32,
        /// What.
        value: u32,
    },
    /// The value is the number of the first word that is another, or `words`.
    Compare {
        /// Where.
        address: u64,
        /// How many.
        words: u32,
        /// What.
        value: u32,
    },
    /// The value is 1 if the device interrupts within so many milliseconds, else 0.
    Interrupt {
        /// Milliseconds.
        ms: u32,
    },
    /// Sleeps, by the timer's interrupt; the value is the time it took in ticks.
    Sleep {
        /// Milliseconds.
        ms: u32,
    },
    /// Stores a word so many times; the value is the time it took in ticks.
    Repeat {
        /// Where.
        address: u64,
        /// How often.
        times: u32,
        /// What.
        value: u32,
    },
    /// Spins for so many ticks; the value is the longest time in ticks that it was
    /// kept from spinning (bits 63:32), and what all such times sum up to (31:0).
    Spin {
        /// Ticks.
        ticks: u32,
    },
    /// Resets the guest.
    Reset,
    /// Resets the guest in the handler of its timer's interrupt.
    ResetInHandler,
    /// Fails, so that the guest must be stopped.
    Crash,
    /// Turns the guest off.
    Off,
}

/// How an order went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// Carried out.
    Done(u64),
    /// The attach was refused; the status code.
    Refused(u32),
    /// A synchronous external abort.
    External,
    /// Another abort; its ESR.
    Abort(u64),
    /// Not possible, or not understood.
    Impossible,
}

/// The name field of a name; what does not fit is cut.
pub fn name_field(name: &str) -> [u8; 32] {
    let mut field = [0; 32];
    for (to, from) in field.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    field
}

/// One assistant's desk.
#[derive(Clone, Copy, Debug)]
pub struct Desk<'a>(&'a [AtomicU32; DESK]);

impl<'a> Desk<'a> {
    /// Desk `number` in a region's data. `None`: too small.
    pub fn new(data: &'a [AtomicU32], number: usize) -> Option<Self> {
        let start = number.checked_mul(DESK)?;
        data.get(start..)?.first_chunk().map(Self)
    }

    fn put(&self, at: core::ops::Range<usize>, what: &impl Serialize) {
        let mut bytes = [0; 4 * DESK];
        // It fits: a test encodes the longest.
        let _ = postcard::to_slice(what, &mut bytes);
        for (word, bytes) in self.0[at].iter().zip(bytes.chunks_exact(4)) {
            let value = bytes.try_into().map_or(0, u32::from_le_bytes);
            word.store(value, Ordering::Relaxed);
        }
    }

    fn get<T: DeserializeOwned>(&self, at: core::ops::Range<usize>) -> Option<T> {
        let mut bytes = [0; 4 * DESK];
        for (word, bytes) in self.0[at].iter().zip(bytes.chunks_exact_mut(4)) {
            bytes.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
        }
        postcard::from_bytes(&bytes).ok()
    }

    /// Runner: gives an order; returns its number.
    pub fn give(&self, order: &Order, index: u32) -> u32 {
        self.put(ORDER, order);
        self.0[1].store(index, Ordering::Relaxed);
        let number = self.0[0].load(Ordering::Relaxed).wrapping_add(1);
        // Pairs with Acquire in `order`.
        self.0[0].store(number, Ordering::Release);
        number
    }

    /// Runner: the answer to an order, once it is there.
    pub fn answer(&self, number: u32) -> Option<Answer> {
        // Pairs with Release in `done`.
        let done = self.0[16].load(Ordering::Acquire) == number;
        done.then(|| self.get(ANSWER).unwrap_or(Answer::Impossible))
    }

    /// Assistant: an order that was not carried out yet: its number, what to do
    /// (`None`: not understood), whom to signal.
    pub fn order(&self) -> Option<(u32, Option<Order>, u32)> {
        // Pairs with Release in `give`.
        let number = self.0[0].load(Ordering::Acquire);
        let new = number != self.0[16].load(Ordering::Relaxed);
        new.then(|| (number, self.get(ORDER), self.0[1].load(Ordering::Relaxed)))
    }

    /// Assistant: an order was carried out.
    pub fn done(&self, number: u32, answer: Answer) {
        self.put(ANSWER, &answer);
        // Pairs with Acquire in `answer`.
        self.0[16].store(number, Ordering::Release);
    }

    /// Assistant: a new life begins, with this index in the region.
    pub fn start(&self, index: u32) {
        self.0[18].store(index, Ordering::Relaxed);
        let life = self.0[17].load(Ordering::Relaxed).wrapping_add(1);
        // Pairs with Acquire in `life`.
        self.0[17].store(life, Ordering::Release);
    }

    /// How often the assistant has started.
    pub fn life(&self) -> u32 {
        self.0[17].load(Ordering::Acquire)
    }

    /// The assistant's index in the region.
    pub fn index(&self) -> u32 {
        self.0[18].load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::{Answer, Desk, Order, name_field};
    use std::sync::atomic::AtomicU32;

    /// With the longest encoding of each of its numbers.
    const ORDERS: [Order; 6] = [
        Order::Load {
            address: u64::MAX,
            log2: 3,
        },
        Order::Store {
            address: u64::MAX,
            log2: 3,
            value: u64::MAX,
        },
        Order::Attach {
            name: [0xff; 32],
            pages: u32::MAX,
        },
        Order::Compare {
            address: u64::MAX,
            words: u32::MAX,
            value: u32::MAX,
        },
        Order::Spin { ticks: u32::MAX },
        Order::ResetInHandler,
    ];

    #[test]
    fn every_order_arrives_as_it_was_given_and_once() {
        let words: [AtomicU32; 96] = std::array::from_fn(|_| AtomicU32::new(0));
        let desk = Desk::new(&words, 2).unwrap();
        for order in ORDERS {
            assert_eq!(desk.order(), None);
            let number = desk.give(&order, 7);
            assert_eq!(desk.answer(number), None);
            assert_eq!(desk.order(), Some((number, Some(order), 7)));
            let answer = Answer::Done(u64::MAX);
            desk.done(number, answer);
            assert_eq!((desk.order(), desk.answer(number)), (None, Some(answer)));
        }
        assert!(Desk::new(&words, 3).is_none());
    }

    #[test]
    fn what_makes_no_sense_is_no_order() {
        let words: [AtomicU32; 32] = std::array::from_fn(|_| AtomicU32::new(0xff));
        let desk = Desk::new(&words, 0).unwrap();
        assert_eq!(desk.answer(0xff), Some(Answer::Impossible));
        desk.done(1, Answer::External);
        assert_eq!(desk.order(), Some((0xff, None, 0xff)));
        assert_eq!(desk.answer(1), Some(Answer::External));
    }

    #[test]
    fn an_assistant_that_starts_again_says_so() {
        let words: [AtomicU32; 32] = std::array::from_fn(|_| AtomicU32::new(0));
        let desk = Desk::new(&words, 0).unwrap();
        desk.start(5);
        desk.start(6);
        assert_eq!((desk.life(), desk.index()), (2, 6));
    }

    #[test]
    fn a_name_field_ends_in_zeros() {
        let field = name_field("moo-1");
        assert_eq!(field[..5], *b"moo-1");
        assert_eq!(field[5..], [0; 27]);
    }
}
