// SPDX-License-Identifier: BSD-2-Clause

//! Lost bytes, told once a second at the most.
//!
//! Why: a flooder loses bytes all the time, and a message for each loss would be a
//! flood of its own.

/// Milliseconds between two messages.
const PAUSE_MS: u64 = 1000;

/// What is told of losses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Told {
    /// Since the last time.
    pub lost: u64,
    /// Since the console started.
    pub all: u64,
}

/// A counter of losses and what was told of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Loss {
    /// The counter, as last seen.
    total: u32,
    /// Not told yet.
    untold: u64,
    /// Told.
    told: u64,
    /// When it may be told.
    next: u64,
}

impl Loss {
    /// Losses before `total` are not told.
    pub fn since(total: u32) -> Self {
        Self {
            total,
            ..Self::default()
        }
    }

    /// Notes a free-running counter of losses.
    pub fn note_total(&mut self, total: u32) {
        self.untold += u64::from(total.wrapping_sub(self.total));
        self.total = total;
    }

    /// Notes that so many more were lost.
    pub fn add(&mut self, lost: u32) {
        self.untold += u64::from(lost);
    }

    /// What to tell now.
    pub fn tell(&mut self, now: u64, ticks_per_ms: u64) -> Option<Told> {
        if self.untold == 0 || now < self.next {
            return None;
        }
        self.next = now.saturating_add(PAUSE_MS.saturating_mul(ticks_per_ms));
        let lost = core::mem::take(&mut self.untold);
        self.told = self.told.saturating_add(lost);
        Some(Told {
            lost,
            all: self.told,
        })
    }

    /// When there will be something to tell.
    pub fn due(&self) -> Option<u64> {
        (self.untold > 0).then_some(self.next)
    }
}

#[cfg(test)]
mod tests {
    use super::{Loss, Told};

    #[test]
    fn losses_are_added_up_and_told_once_a_second() {
        let mut loss = Loss::since(u32::MAX);
        assert_eq!((loss.tell(0, 10), loss.due()), (None, None));
        loss.note_total(2);
        assert_eq!(loss.tell(5, 10), Some(Told { lost: 3, all: 3 }));
        loss.note_total(4);
        loss.add(5);
        assert_eq!((loss.tell(6, 10), loss.due()), (None, Some(10_005)));
        assert_eq!(loss.tell(10_005, 10), Some(Told { lost: 7, all: 10 }));
        assert_eq!(loss.due(), None);
    }
}
