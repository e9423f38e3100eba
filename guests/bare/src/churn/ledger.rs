// SPDX-License-Identifier: BSD-2-Clause

//! The ledger: who lives, who holds which index, which signals began and ended.
//!
//! | words | writer | what |
//! |---|---|---|
//! | 8 g + 0 | guest g | lives that began |
//! | 8 g + 1 | guest g, dying | lives that ended |
//! | 8 g + 2 | guest g | steps taken |
//! | 8 g + 3 | guest g | 1: it has finished |
//! | 8 g + 4 | reaper | 1: g is being killed, or put out of regions: what it holds may be free |
//! | 8 g + 5 | guest g | the life that ends only by the reaper |
//! | 8 g + 6 | guest g | 1: it has seen something wrong |
//! | 64 + 560 r + 0 | anybody | newest generation seen of region r |
//! | 64 + 560 r + 8 + g | reaper | how often it has put g out of r |
//! | 64 + 560 r + 16 + i | holder of i | who holds index i: life << 8, guest + 1; 0: nobody |
//! | 64 + 560 r + 32 + 16 i + j | holder of i | signals from i to j that began |
//! | 64 + 560 r + 288 + 16 i + j | holder of i | of these, that ended |
//! | 64 + 560 r + 544 + g | guest g | how often it has let go of r |

use core::sync::atomic::{AtomicU32, Ordering};

/// Most guests.
pub const GUESTS: usize = 8;
/// Names of regions.
pub const REGIONS: usize = 3;
const GUEST: usize = 8;
const REGION: usize = 560;
const PUT_OUT: usize = 8;
const HOLDERS: usize = 16;
const BEGUN: usize = 32;
const ENDED: usize = 288;
const LET_GO: usize = 544;
const WORDS: usize = GUESTS * GUEST + REGIONS * REGION;

/// A guest in one of its lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Number of the guest, below [`GUESTS`].
    pub guest: usize,
    /// Its life, from 1.
    pub life: u32,
}

impl Holder {
    fn word(self) -> u32 {
        // Lossless: a guest's number is below 8.
        self.life << 8 | (self.guest as u32 + 1)
    }

    fn from_word(word: u32) -> Option<Self> {
        let guest = (word & 0xff).checked_sub(1)? as usize;
        (guest < GUESTS).then_some(Self {
            guest,
            life: word >> 8,
        })
    }
}

/// The ledger.
#[derive(Clone, Copy, Debug)]
pub struct Ledger<'a>(&'a [AtomicU32; WORDS]);

impl<'a> Ledger<'a> {
    /// The ledger in a region's data. `None`: too small.
    pub fn new(data: &'a [AtomicU32]) -> Option<Self> {
        data.first_chunk().map(Self)
    }

    fn guest(&self, guest: usize, field: usize) -> &'a AtomicU32 {
        &self.0[GUEST * (guest % GUESTS) + field]
    }

    fn region(&self, region: usize, field: usize) -> &'a AtomicU32 {
        &self.0[GUESTS * GUEST + REGION * (region % REGIONS) + field]
    }

    /// A guest starts: who it is now. Its life before has ended, whoever ended it.
    pub fn start(&self, guest: usize) -> Holder {
        let before = self.lives(guest);
        self.epitaph(guest).store(before, Ordering::SeqCst);
        let life = before + 1;
        self.guest(guest, 0).store(life, Ordering::SeqCst);
        Holder { guest, life }
    }

    /// What a dying guest counts up.
    pub fn epitaph(&self, guest: usize) -> &'a AtomicU32 {
        self.guest(guest, 1)
    }

    /// The guest's life ends only by the reaper.
    pub fn surrender(&self, me: Holder) {
        self.guest(me.guest, 5).store(me.life, Ordering::SeqCst);
    }

    /// The life of a guest that nobody but the reaper ends, if it lives such a one.
    pub fn surrendered(&self, guest: usize) -> Option<u32> {
        let life = self.guest(guest, 5).load(Ordering::SeqCst);
        (life != 0 && life == self.lives(guest)).then_some(life)
    }

    /// The reaper begins to kill a guest, or to put it out, or it is over.
    pub fn shake(&self, guest: usize, shaken: bool) {
        self.guest(guest, 4).store(shaken.into(), Ordering::SeqCst);
    }

    /// The reaper is about to put a guest out of a region.
    pub fn put_out(&self, region: usize, guest: usize) {
        self.times_put_out(region, guest)
            .fetch_add(1, Ordering::SeqCst);
    }

    /// How often it did.
    pub fn times_put_out(&self, region: usize, guest: usize) -> &'a AtomicU32 {
        self.region(region, PUT_OUT + guest % GUESTS)
    }

    /// What a guest counts up when it has let go of a region: from then on it stores
    /// nothing there.
    pub fn let_go(&self, region: usize, guest: usize) -> &'a AtomicU32 {
        self.region(region, LET_GO + guest % GUESTS)
    }

    /// Counts a step; steps so far, of all its lives.
    pub fn step(&self, guest: usize) -> u32 {
        self.guest(guest, 2).fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A guest has finished.
    pub fn finish(&self, guest: usize) {
        self.guest(guest, 3).store(1, Ordering::SeqCst);
    }

    /// Guests that have finished, of the first `count`.
    pub fn finished(&self, count: usize) -> usize {
        (0..count).filter(|guest| self.has_finished(*guest)).count()
    }

    /// A guest has seen something wrong. It may be killed while it says so.
    pub fn fail(&self, guest: usize) {
        self.guest(guest, 6).store(1, Ordering::SeqCst);
    }

    /// Whether it has, in any of its lives.
    pub fn has_failed(&self, guest: usize) -> bool {
        self.guest(guest, 6).load(Ordering::SeqCst) == 1
    }

    /// Whether a guest has finished.
    pub fn has_finished(&self, guest: usize) -> bool {
        self.guest(guest, 3).load(Ordering::SeqCst) == 1
    }

    /// Lives of a guest so far.
    pub fn lives(&self, guest: usize) -> u32 {
        self.guest(guest, 0).load(Ordering::SeqCst)
    }

    /// Notes a region's generation. `Err`: one newer was seen before this attach
    /// began, at which `newest` was read.
    pub fn generation(&self, region: usize, generation: u32, newest: u32) -> Result<(), u32> {
        self.region(region, 0)
            .fetch_max(generation, Ordering::SeqCst);
        if generation < newest {
            Err(newest)
        } else {
            Ok(())
        }
    }

    /// The newest generation seen of a region.
    pub fn newest(&self, region: usize) -> u32 {
        self.region(region, 0).load(Ordering::SeqCst)
    }

    /// Takes an index, after the attach. `Err`: its holder, which is alive and has
    /// not let it go.
    pub fn claim(&self, region: usize, index: usize, me: Holder) -> Result<(), Holder> {
        let place = self.region(region, HOLDERS + index % 16);
        let before = place.swap(me.word(), Ordering::SeqCst);
        for target in 0..16 {
            // A predecessor may have died between the two.
            let begun = self.begun(region, index, target).load(Ordering::SeqCst);
            self.ended(region, index, target)
                .store(begun, Ordering::SeqCst);
        }
        let Some(holder) = Holder::from_word(before) else {
            return Ok(());
        };
        // In this order: when the reaper is over, a killed guest's next life has
        // written the epitaph.
        let shaken = self.guest(holder.guest, 4).load(Ordering::SeqCst) != 0;
        let ended = self.epitaph(holder.guest).load(Ordering::SeqCst);
        if shaken || ended >= holder.life {
            Ok(())
        } else {
            Err(holder)
        }
    }

    /// Lets an index go, before the detach; nothing if it is somebody else's by now.
    pub fn release(&self, region: usize, index: usize, me: Holder) {
        let place = self.region(region, HOLDERS + index % 16);
        let (word, nobody) = (me.word(), 0);
        let _ = place.compare_exchange(word, nobody, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Lets all indices of a region go, whose holders were put out.
    pub fn release_all(&self, region: usize) {
        for index in 0..16 {
            self.region(region, HOLDERS + index)
                .store(0, Ordering::SeqCst);
        }
    }

    /// Signals from an index to another that began.
    pub fn begun(&self, region: usize, from: usize, to: usize) -> &'a AtomicU32 {
        self.region(region, BEGUN + 16 * (from % 16) + to % 16)
    }

    /// Those of them that ended.
    pub fn ended(&self, region: usize, from: usize, to: usize) -> &'a AtomicU32 {
        self.region(region, ENDED + 16 * (from % 16) + to % 16)
    }

    /// Writes signals to a set of indices down, around `signal`, which says whether
    /// they were sent for sure.
    pub fn signal(&self, region: usize, from: usize, targets: u32, signal: impl FnOnce() -> bool) {
        let chosen = || (0..16).filter(|to| targets & 1 << to != 0);
        for to in chosen() {
            self.begun(region, from, to).fetch_add(1, Ordering::SeqCst);
        }
        if !signal() {
            // As if it had died: nobody may miss them.
            return;
        }
        for to in chosen() {
            self.ended(region, from, to).fetch_add(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Holder, Ledger, WORDS};
    use std::sync::atomic::{AtomicU32, Ordering};

    fn words() -> [AtomicU32; WORDS] {
        std::array::from_fn(|_| AtomicU32::new(0))
    }

    #[test]
    fn an_index_is_free_when_its_holder_let_it_go_or_died() {
        let words = words();
        let ledger = Ledger::new(&words).unwrap();
        let (a, b) = (ledger.start(0), ledger.start(1));
        assert_eq!((a.life, ledger.lives(0)), (1, 1));
        assert_eq!(ledger.claim(2, 5, a), Ok(()));
        assert_eq!(ledger.claim(2, 5, b), Err(a));
        ledger.release(2, 5, a);
        assert_eq!(ledger.claim(2, 5, a), Err(b), "it was not his");
        ledger.release(2, 5, a);
        assert_eq!(ledger.claim(2, 5, a), Ok(()));
        ledger.epitaph(0).fetch_add(1, Ordering::SeqCst);
        assert_eq!(ledger.claim(2, 5, b), Ok(()), "it died");
        let again = ledger.start(0);
        assert_eq!(again, Holder { guest: 0, life: 2 });
        assert_eq!(ledger.claim(2, 5, again), Err(b));
    }

    #[test]
    fn what_the_reaper_takes_is_nobodys_while_it_does_and_after() {
        let words = words();
        let ledger = Ledger::new(&words).unwrap();
        let (a, b) = (ledger.start(0), ledger.start(1));
        assert_eq!(ledger.surrendered(0), None);
        ledger.surrender(a);
        assert_eq!(ledger.surrendered(0), Some(1));
        assert_eq!(ledger.claim(0, 1, a), Ok(()));
        ledger.shake(0, true);
        ledger.fail(1);
        assert!(ledger.has_failed(1) && !ledger.has_failed(0));
        assert_eq!(ledger.claim(0, 1, b), Ok(()), "it may be dead");
        assert_eq!(ledger.claim(0, 2, a), Ok(()));
        let again = ledger.start(0);
        ledger.shake(0, false);
        assert_eq!((again.life, ledger.surrendered(0)), (2, None));
        assert_eq!(ledger.claim(0, 2, b), Ok(()), "its next life has begun");
        assert_eq!(ledger.claim(0, 2, again), Err(b));
        ledger.release_all(0);
        assert_eq!(ledger.claim(0, 2, b), Ok(()));
    }

    #[test]
    fn a_successor_ends_what_its_predecessor_began() {
        let words = words();
        let ledger = Ledger::new(&words).unwrap();
        ledger.begun(0, 3, 4).fetch_add(1, Ordering::SeqCst);
        let me = ledger.start(0);
        assert_eq!(ledger.claim(0, 3, me), Ok(()));
        assert_eq!(ledger.ended(0, 3, 4).load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_generation_older_than_one_seen_is_wrong() {
        let words = words();
        let ledger = Ledger::new(&words).unwrap();
        assert_eq!(ledger.generation(1, 7, ledger.newest(1)), Ok(()));
        assert_eq!(ledger.generation(1, 7, ledger.newest(1)), Ok(()));
        assert_eq!(ledger.generation(1, 6, ledger.newest(1)), Err(7));
        assert_eq!(ledger.newest(1), 7);
    }
}
