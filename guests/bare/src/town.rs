// SPDX-License-Identifier: BSD-2-Clause

//! What citizens show in their region, and what an overseer asks of them there.
//!
//! Each citizen has a row of words of its own, by its number. The region lives as
//! long as somebody is attached, so what a citizen showed outlives it: the overseer
//! sees that a life ended and another began.

use core::sync::atomic::{AtomicU32, Ordering};

/// Words of a row: one cache line.
const ROW: usize = 16;
/// Rows of a page.
pub const CITIZENS: u32 = 32;

/// A citizen's row.
#[derive(Clone, Copy, Debug)]
pub struct Row<'d>(&'d [AtomicU32]);

impl<'d> Row<'d> {
    /// The row of citizen `number`, from 1. `None`: the region has none.
    pub fn new(data: &'d [AtomicU32], number: u32) -> Option<Self> {
        let nth = number.checked_sub(1).filter(|nth| *nth < CITIZENS)?;
        let at = usize::try_from(nth).ok()? * ROW;
        data.get(at..at + ROW).map(Self)
    }

    /// It beats as long as the citizen lives.
    pub fn beat(&self) {
        self.0[0].fetch_add(1, Ordering::Release);
    }

    /// How often it has beaten.
    pub fn beats(&self) -> u32 {
        self.0[0].load(Ordering::Acquire)
    }

    /// A life begins.
    pub fn begin(&self) {
        self.0[1].fetch_add(1, Ordering::Release);
    }

    /// How many lives have begun.
    pub fn lives(&self) -> u32 {
        self.0[1].load(Ordering::Acquire)
    }

    /// It found itself put out of the region.
    pub fn put_out(&self) {
        self.0[2].fetch_add(1, Ordering::Release);
    }

    /// How often it did.
    pub fn times_put_out(&self) -> u32 {
        self.0[2].load(Ordering::Acquire)
    }

    /// Tells the citizen to do what makes its monitor fault.
    pub fn tell_to_err(&self) {
        self.0[3].store(1, Ordering::Release);
    }

    /// Whether it is told, once.
    pub fn is_told_to_err(&self) -> bool {
        self.0[3].swap(0, Ordering::AcqRel) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::{CITIZENS, ROW, Row};
    use core::sync::atomic::AtomicU32;

    #[test]
    fn rows_are_apart_and_end_with_the_region() {
        let data: Vec<AtomicU32> = (0..1024).map(|_| AtomicU32::new(0)).collect();
        let (one, two) = (Row::new(&data, 1).unwrap(), Row::new(&data, 2).unwrap());
        one.beat();
        one.begin();
        two.put_out();
        two.tell_to_err();
        assert_eq!((one.beats(), one.lives(), one.times_put_out()), (1, 1, 0));
        assert_eq!((two.beats(), two.times_put_out()), (0, 1));
        assert!(!one.is_told_to_err() && two.is_told_to_err() && !two.is_told_to_err());
        assert!(Row::new(&data, 0).is_none());
        assert!(Row::new(&data, CITIZENS + 1).is_none());
        assert!(Row::new(&data[..ROW], 2).is_none());
    }
}
