// SPDX-License-Identifier: BSD-2-Clause

//! A guest whose lives end at random points: each by itself (it resets, turns itself
//! off or crashes when its timer says so), or by the reaper.

use super::super::remote::Hand;
use super::connection::data_of;
use super::player::Player;
use super::{PLAYERS, SLEEPS, attach};
use crate::failure;
use crate::machine::End;
use crate::run::{Failure, Machine};
use bare_guests::churn::{Holder, Ledger};
use core::ops::Range;
use fastrand::Rng;

/// Steps that each guest takes, in all its lives.
const STEPS: u32 = 3000;
/// A life that ends by itself takes so many microseconds, at least and at most.
const LIFE_US: Range<u64> = 1000..20_000;
const ENDS: [End; 3] = [End::Reset, End::Off, End::Crash];

/// Plays until the guest has taken its steps.
pub fn mortal(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let (me, seed) = (machine.arguments.number as usize, machine.arguments.seed);
    let mut hand = Hand::new(machine)?;
    let control = attach(&mut hand, "ledger")?;
    let ledger = Ledger::new(data_of(control, 2)).ok_or_else(|| failure!("a small ledger"))?;
    let holder = ledger.start(me);
    if ledger.has_failed(me) {
        return Err(failure!("an earlier life failed, and was killed saying so"));
    }
    if ledger.has_finished(me) {
        // Killed on its way out.
        return Ok(());
    }
    let outcome = play(hand, control, ledger, holder, seed);
    if outcome.is_err() {
        ledger.fail(me);
    }
    outcome
}

fn play(
    hand: Hand<'_, '_>,
    control: u64,
    ledger: Ledger<'static>,
    holder: Holder,
    seed: u64,
) -> Result<(), Failure> {
    let me = holder.guest;
    let mut random = Rng::with_seed(seed ^ (me as u64) << 32 ^ u64::from(holder.life));
    let surrenders = random.bool();
    let mut player = Player::new(hand, control, ledger, holder, random);
    if surrenders {
        ledger.surrender(holder);
    } else {
        player.live_for(LIFE_US, &ENDS);
    }
    while let step @ 0..=STEPS = ledger.step(me) {
        player.step()?;
        // The reaper plays as long as anybody does.
        if surrenders && step % SLEEPS == 0 && ledger.finished(PLAYERS) < PLAYERS - 1 {
            player.sleep()?;
        }
    }
    player.end()?;
    ledger.finish(me);
    Ok(())
}
