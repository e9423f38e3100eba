// SPDX-License-Identifier: BSD-2-Clause

//! Random attaches, writes, signals, detaches and ends, in several guests.
//!
//! `tombolo.number` is the guest's number. In the role `churn` guest 0 is never reset,
//! sleeps at times until the device interrupts, and judges at the end that nothing
//! stays held; the others are reset by their timer, in the middle of whatever they
//! do. In the role `mortal` guest 0 is the reaper. See [`bare_guests::churn`] for what
//! is checked.

mod connection;
mod mortal;
mod player;
mod reaper;

pub use mortal::mortal;
pub use reaper::reaper;

use super::checklist::equal;
use super::remote::Hand;
use crate::machine::{Deadline, End, frequency, now};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::churn::Ledger;
use bare_guests::remote::{Answer, Order, name_field};
use connection::data_of;
use fastrand::Rng;
use player::Player;

/// Guests of the suite.
const PLAYERS: usize = 4;
/// Steps that each guest takes, in all its lives.
const STEPS: u32 = 3000;
/// A life takes so many microseconds, at least and at most.
const LIFE_US: core::ops::Range<u64> = 1000..20_000;
/// How long guest 0 waits for the others at the end.
const PATIENCE_MS: u64 = 20_000;
/// Slots of the pool, and their pages.
const SLOTS: [&str; 2] = ["last-0", "last-1"];
const PAGES: u32 = 16;

/// Guest 0 sleeps after one step of so many.
const SLEEPS: u32 = 32;

/// Plays until every guest has taken its steps.
pub fn churn(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let (me, seed) = (machine.arguments.number as usize, machine.arguments.seed);
    let mut hand = Hand::new(machine)?;
    let shmem = attach(&mut hand, "ledger")?;
    let ledger = Ledger::new(data_of(shmem, 2)).ok_or_else(|| failure!("a small ledger"))?;
    let holder = ledger.start(me);
    let random = Rng::with_seed(seed ^ (me as u64) << 32 ^ u64::from(holder.life));
    let mut player = Player::new(hand, shmem, ledger, holder, random);
    if me > 0 {
        player.live_for(LIFE_US, &[End::Reset]);
    }
    while let step @ 0..=STEPS = ledger.step(me) {
        player.step()?;
        // Whoever has not finished will at least leave the ledger.
        if me == 0 && step % SLEEPS == 0 && ledger.finished(PLAYERS) < PLAYERS - 1 {
            player.sleep()?;
        }
    }
    player.end()?;
    ledger.finish(me);
    if me > 0 {
        return Ok(());
    }
    say!("churn: {}", player.counts());
    judge(player.hand(), &ledger)
}

fn attach(hand: &mut Hand<'_, '_>, name: &str) -> Result<u64, Failure> {
    let (name, pages) = (name_field(name), PAGES);
    match hand.perform(&Order::Attach { name, pages }) {
        Answer::Done(shmem) => Ok(shmem),
        other => Err(failure!("attach: {other:?}")),
    }
}

/// Everybody has finished, and nothing is held.
fn judge(hand: &mut Hand<'_, '_>, ledger: &Ledger<'_>) -> Result<(), Failure> {
    let deadline = Deadline::in_ms(PATIENCE_MS);
    while ledger.finished(PLAYERS) < PLAYERS {
        if deadline.passed() {
            let finished = ledger.finished(PLAYERS);
            return Err(failure!("only {finished} of {PLAYERS} have finished"));
        }
        hand.perform(&Order::Sleep { ms: 1 });
    }
    let resets: u32 = (1..PLAYERS).map(|guest| ledger.lives(guest) - 1).sum();
    let ms = now() * 1000 / frequency();
    say!("churn: {PLAYERS} guests, {STEPS} steps each, {resets} resets, {ms} ms");
    if resets < 50 {
        return Err(failure!("{resets} resets are too few to show anything"));
    }
    all_is_clean(hand)
}

/// Nothing is held: every slot is free, and zeros.
fn all_is_clean(hand: &mut Hand<'_, '_>) -> Result<(), Failure> {
    for name in SLOTS {
        let address = attach(hand, name)? + 0x1000;
        let words = PAGES * 1024;
        let value = 0;
        let same = hand.perform(&Order::Compare {
            address,
            words,
            value,
        });
        if same != Answer::Done(words.into()) {
            return Err(failure!("{name} is not zeros: {same:?}"));
        }
    }
    // The ledger's connection and these.
    let connections = hand.perform(&Order::Load {
        address: 0x814,
        log2: 2,
    });
    match connections {
        Answer::Done(count) => equal(format_args!("connections"), count, 3),
        other => Err(failure!("connections: {other:?}")),
    }
}
