// SPDX-License-Identifier: BSD-2-Clause

//! The reaper: a management guest that kills the others at random points, puts them out
//! of their regions and revokes these, until all have taken their steps.
//!
//! Guest `n` is called `mortal` and its number. Who is killed in a surrendered life dies
//! by nobody else, so the reaper knows when the next one has begun; all others end by
//! themselves, and it starts those again that are off.

use super::super::overseer::Desk;
use super::super::remote::Hand;
use super::connection::{Before, Connection, data_of};
use super::player::NAMES;
use super::{PATIENCE_MS, PLAYERS, all_is_clean, attach};
use crate::machine::{Deadline, Woken, frequency, now};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::churn::{Holder, Ledger, REGIONS};
use bare_guests::remote::{Answer, Order, name_field};
use core::fmt::Write;
use core::ops::Range;
use core::sync::atomic::Ordering;
use fastrand::Rng;
use heapless::String;
use manager_api::{Command, Refusal, RegionName, Request, Response, State};

/// Between two deeds, in microseconds.
const PAUSE_US: Range<u64> = 100..5000;
/// While a guest is stopped or paused.
const AWAY_US: Range<u64> = 10..3000;
const NOMEM: u32 = 2;
const KILLS: [Command; 3] = [Command::Reset, Command::Restart, Command::Stop];
const MORTALS: Range<usize> = 1..PLAYERS;

/// What was done, so that a history in which nothing happened is noticed.
#[derive(Default)]
struct Counts {
    kills: [u32; 3],
    starts: u32,
    pauses: u32,
    put_out: u32,
    revoked: u32,
}

struct Reaper<'m, 'a> {
    hand: Hand<'m, 'a>,
    desk: Desk,
    ledger: Ledger<'static>,
    me: Holder,
    random: Rng,
    counts: Counts,
}

/// Plays the reaper.
pub fn reaper(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let seed = machine.arguments.seed;
    let mut hand = Hand::quiet(machine)?;
    let control = attach(&mut hand, "ledger")?;
    let ledger = Ledger::new(data_of(control, 2)).ok_or_else(|| failure!("a small ledger"))?;
    let me = ledger.start(0);
    let desk = Desk::new(hand.machine)?;
    let mut reaper = Reaper {
        hand,
        desk,
        ledger,
        me,
        random: Rng::with_seed(seed),
        counts: Counts::default(),
    };
    while ledger.finished(PLAYERS) < PLAYERS - 1 {
        reaper.pass(PAUSE_US);
        let guest = reaper.random.usize(MORTALS);
        reaper.raise(guest)?;
        match reaper.random.u32(..8) {
            0..=3 => reaper.kill(guest)?,
            4 => reaper.pause(guest)?,
            5..=6 => reaper.put_out(guest)?,
            _ => reaper.revoke()?,
        }
    }
    reaper.sum_up()?;
    all_is_clean(&mut reaper.hand)
}

impl Reaper<'_, '_> {
    fn sum_up(&self) -> Result<(), Failure> {
        let Counts {
            kills: [reset, restarted, stopped],
            starts,
            pauses,
            put_out,
            revoked,
        } = self.counts;
        let lives: u32 = MORTALS.map(|guest| self.ledger.lives(guest)).sum();
        let ms = now() * 1000 / frequency();
        say!(
            "reaper: {lives} lives: {reset} reset, {restarted} monitors restarted, {stopped} \
             stopped; {starts} started again that were off; {pauses} pauses, {put_out} put out, \
             {revoked} regions revoked; {ms} ms"
        );
        let least = [reset, restarted, stopped, starts, put_out, revoked];
        if least.contains(&0) || lives < 50 {
            return Err(failure!("that is too little to show anything"));
        }
        Ok(())
    }

    /// Kills a guest that has surrendered.
    fn kill(&mut self, guest: usize) -> Result<(), Failure> {
        let Some(life) = self.ledger.surrendered(guest) else {
            return Ok(());
        };
        let kind = self.random.usize(..KILLS.len());
        self.ledger.shake(guest, true);
        self.order(guest, KILLS[kind])?;
        if KILLS[kind] == Command::Stop {
            self.pass(AWAY_US);
            self.order(guest, Command::Start)?;
        }
        self.counts.kills[kind] += 1;
        self.lives_again(guest, life)
    }

    /// Until a life after `life` has begun, or there will be none.
    fn lives_again(&mut self, guest: usize, life: u32) -> Result<(), Failure> {
        self.wait_until("another life", |own| {
            Ok(own.ledger.lives(guest) > life || own.ledger.has_finished(guest))
        })?;
        self.ledger.shake(guest, false);
        Ok(())
    }

    /// Starts a guest again that has crashed or turned itself off.
    fn raise(&mut self, guest: usize) -> Result<(), Failure> {
        let Response::Guest(info) = self.ask(&Request::Guest {
            guest: name(guest)?,
        })?
        else {
            return Err(failure!("no guest {guest}"));
        };
        let down = matches!(info.summary.state, State::Off | State::Failed);
        if down && !self.ledger.has_finished(guest) {
            self.order(guest, Command::Start)?;
            self.counts.starts += 1;
        }
        Ok(())
    }

    fn pause(&mut self, guest: usize) -> Result<(), Failure> {
        if self.ledger.surrendered(guest).is_some() && self.order(guest, Command::Pause)? {
            self.pass(AWAY_US);
            self.order(guest, Command::Resume)?;
            self.counts.pauses += 1;
        }
        Ok(())
    }

    /// Puts a guest out of a region. That one lives on by us, and no index of it is
    /// given anew, as we do not look at our status: the guest does not know at once.
    fn put_out(&mut self, guest: usize) -> Result<(), Failure> {
        let region = self.random.usize(..REGIONS);
        let Some(connection) = self.join(region)? else {
            return Ok(());
        };
        if self.ledger.surrendered(guest).is_some() && self.order(guest, Command::Pause)? {
            let let_go = self.ledger.let_go(region, guest);
            let before = let_go.load(Ordering::SeqCst);
            self.ledger.put_out(region, guest);
            let request = Request::Detach {
                name: region_name(region)?,
                client: name(guest)?,
            };
            let answer = self.ask(&request)?;
            self.order(guest, Command::Resume)?;
            match answer {
                Response::Done => {
                    self.wait_until("it to notice", |_| {
                        Ok(let_go.load(Ordering::SeqCst) != before)
                    })?;
                    self.counts.put_out += 1;
                }
                Response::Refused(Refusal::DoesNotExist) => {}
                other => return Err(failure!("detach: {other:?}")),
            }
        }
        connection.detach(&self.ledger)
    }

    /// `None`: there is no slot for it.
    fn join(&mut self, region: usize) -> Result<Option<Connection>, Failure> {
        let before = Before::new(&self.ledger, region, self.me);
        let (name, pages) = (name_field(NAMES[region]), 1);
        let shmem = match self.hand.perform(&Order::Attach { name, pages }) {
            Answer::Done(shmem) => shmem,
            Answer::Refused(NOMEM) => return Ok(None),
            other => return Err(failure!("attach of region {region}: {other:?}")),
        };
        let connection = Connection::new(&self.ledger, &before, shmem, pages)?;
        let claimed = self.ledger.claim(region, connection.index, self.me);
        claimed.map_err(|holder| {
            let index = connection.index;
            failure!("region {region}: index {index} is held by {holder:?}, which lives")
        })?;
        Ok(Some(connection))
    }

    /// Revokes a region, and ends the lives of those who could store to it.
    fn revoke(&mut self) -> Result<(), Failure> {
        let region = self.random.usize(..REGIONS);
        let lives: [u32; PLAYERS] = core::array::from_fn(|guest| self.ledger.lives(guest));
        for guest in MORTALS {
            self.ledger.shake(guest, true);
            self.ledger.put_out(region, guest);
        }
        let name = region_name(region)?;
        let waits_for = match self.ask(&Request::Revoke { name })? {
            Response::Revoked { waits_for } => waits_for,
            Response::Refused(Refusal::DoesNotExist) => Default::default(),
            other => return Err(failure!("revoke: {other:?}")),
        };
        if !waits_for.is_empty() {
            self.ledger.release_all(region);
            self.counts.revoked += 1;
        }
        for guest in MORTALS {
            let called = self::name(guest)?;
            if waits_for.contains(&called) {
                self.end_life(guest, lives[guest])?;
            }
            self.ledger.shake(guest, false);
        }
        Ok(())
    }

    /// Until a guest's life has ended, by itself or by us.
    fn end_life(&mut self, guest: usize, life: u32) -> Result<(), Failure> {
        self.wait_until("a life to end", |own| {
            if own.ledger.surrendered(guest) == Some(life) {
                own.order(guest, Command::Reset)?;
                own.lives_again(guest, life)?;
            }
            own.raise(guest)?;
            Ok(own.ledger.lives(guest) > life || own.ledger.has_finished(guest))
        })
    }

    /// Gives an order; whether it was carried out: not if the guest has just finished.
    fn order(&mut self, guest: usize, command: Command) -> Result<bool, Failure> {
        let request = Request::Order {
            guest: name(guest)?,
            command,
        };
        match self.ask(&request)? {
            Response::Done => Ok(true),
            Response::Refused(Refusal::WrongState) if self.ledger.has_finished(guest) => Ok(false),
            other => Err(failure!("{command:?} mortal{guest}: {other:?}")),
        }
    }

    fn ask(&mut self, request: &Request) -> Result<Response, Failure> {
        self.desk.ask(self.hand.machine, request)
    }

    /// Lets time pass.
    fn pass(&mut self, us: Range<u64>) {
        let deadline = Deadline::in_us(self.random.u64(us));
        while self.hand.machine.interrupts.wait(deadline) == Woken::Device {
            self.desk.interrupted(self.hand.machine);
        }
    }

    fn wait_until(
        &mut self,
        what: &str,
        done: impl Fn(&mut Self) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let deadline = Deadline::in_ms(PATIENCE_MS);
        while !done(self)? {
            if deadline.passed() {
                return Err(failure!("waited in vain for {what}"));
            }
            self.pass(900..1000);
        }
        Ok(())
    }
}

/// What a guest is called.
fn name(guest: usize) -> Result<String<32>, Failure> {
    let mut name = String::new();
    write!(name, "mortal{guest}").map_err(|_| failure!("a long name"))?;
    Ok(name)
}

fn region_name(region: usize) -> Result<RegionName, Failure> {
    NAMES[region]
        .try_into()
        .map_err(|_| failure!("a long name"))
}
