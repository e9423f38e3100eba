// SPDX-License-Identifier: BSD-2-Clause

//! How the role `registers` tells the role `peer` what to do: five words at the
//! start of the region's data.
//!
//! | word | written by | what |
//! |---|---|---|
//! | 0 | registers | order: number << 8, what to do |
//! | 1 | registers | its argument |
//! | 2 | peer | number of the last order that was carried out |
//! | 3 | peer | connections that signalled the peer since the order before |
//! | 4 | peer | connections that were attached when it last read `status` |

use core::sync::atomic::{AtomicU32, Ordering};

/// What the peer is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Order {
    /// Nothing: report.
    Report = 1,
    /// Store the argument to `notify`, three times.
    Signal = 2,
    /// Detach, and attach again a little later.
    ComeAgain = 3,
}

impl Order {
    fn from_word(word: u32) -> Option<Self> {
        [Self::Report, Self::Signal, Self::ComeAgain]
            .into_iter()
            .find(|order| *order as u32 == word & 0xff)
    }
}

/// What the peer reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// Connections that signalled it since the last report.
    pub signalled: u32,
    /// Connections that it saw attached.
    pub attached: u32,
}

/// The five words.
#[derive(Clone, Copy, Debug)]
pub struct Mailbox<'a>(&'a [AtomicU32; 5]);

impl<'a> Mailbox<'a> {
    /// The mailbox in a region's data. `None`: too small.
    pub fn new(data: &'a [AtomicU32]) -> Option<Self> {
        data.first_chunk().map(Self)
    }

    /// Gives an order; returns its number.
    pub fn give(&self, order: Order, argument: u32) -> u32 {
        let number = (self.0[2].load(Ordering::Relaxed) + 1) & 0xff_ffff;
        self.0[1].store(argument, Ordering::Relaxed);
        self.0[0].store(number << 8 | order as u32, Ordering::Release);
        number
    }

    /// The report of an order, once it is there.
    pub fn report(&self, number: u32) -> Option<Report> {
        (self.0[2].load(Ordering::Acquire) == number).then(|| Report {
            signalled: self.0[3].load(Ordering::Relaxed),
            attached: self.0[4].load(Ordering::Relaxed),
        })
    }

    /// An order that was not carried out yet: number, what to do, argument.
    pub fn order(&self) -> Option<(u32, Order, u32)> {
        let word = self.0[0].load(Ordering::Acquire);
        let number = word >> 8;
        if number == self.0[2].load(Ordering::Relaxed) {
            return None;
        }
        let argument = self.0[1].load(Ordering::Relaxed);
        Some((number, Order::from_word(word)?, argument))
    }

    /// Says that an order was carried out.
    pub fn done(&self, number: u32, report: Report) {
        self.0[3].store(report.signalled, Ordering::Relaxed);
        self.0[4].store(report.attached, Ordering::Relaxed);
        self.0[2].store(number, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::{Mailbox, Order, Report};
    use std::sync::atomic::AtomicU32;

    #[test]
    fn an_order_is_carried_out_once() {
        let words: [AtomicU32; 8] = Default::default();
        let mailbox = Mailbox::new(&words).unwrap();
        assert_eq!(mailbox.order(), None);
        let number = mailbox.give(Order::Signal, 5);
        assert_eq!(mailbox.order(), Some((number, Order::Signal, 5)));
        assert_eq!(mailbox.report(number), None);
        let report = Report {
            signalled: 2,
            attached: 3,
        };
        mailbox.done(number, report);
        assert_eq!(
            (mailbox.order(), mailbox.report(number)),
            (None, Some(report))
        );
    }

    #[test]
    fn an_unknown_order_is_none() {
        let words: [AtomicU32; 5] = Default::default();
        words[0].store(1 << 8 | 99, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(Mailbox::new(&words).unwrap().order(), None);
        assert!(Mailbox::new(&words[..4]).is_none());
    }
}
