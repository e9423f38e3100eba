// SPDX-License-Identifier: BSD-2-Clause

//! A guest that does at random what a member may do.

use super::super::remote::{Hand, control, factory};
use super::connection::{Before, Connection};
use crate::failure;
use crate::machine::{Deadline, End, Woken, prepare_crash};
use crate::run::Failure;
use bare_guests::churn::{Block, Holder, Ledger, REGIONS};
use bare_guests::remote::{Answer, Order, name_field};
use core::fmt;
use core::ops::Range;
use core::sync::atomic::Ordering;
use fastrand::Rng;

/// The regions.
pub const NAMES: [&str; REGIONS] = ["churn-0", "churn-1", "churn-2"];
/// Pages asked for, at most.
const PAGES: u32 = 4;
const NOMEM: u32 = 2;
/// While others come and go there is an interrupt in less than this.
const SILENCE_MS: u64 = 2000;

/// What was done and seen, so that a history in which nothing happened is noticed.
#[derive(Default)]
pub struct Counts {
    attaches: u32,
    refusals: u32,
    births: u32,
    blocks: u32,
    signals: u32,
    heard: u32,
    sleeps: u32,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            attaches,
            refusals,
            births,
            blocks,
            signals,
            heard,
            sleeps,
        } = self;
        write!(
            f,
            "guest 0: {attaches} attaches, {refusals} without a slot, {births} births, \
             {blocks} blocks read, {signals} signals sent, {heard} heard, {sleeps} sleeps"
        )
    }
}

/// The guest.
pub struct Player<'m, 'a> {
    hand: Hand<'m, 'a>,
    /// The ledger's control page.
    control: u64,
    ledger: Ledger<'static>,
    me: Holder,
    random: Rng,
    connections: [Option<Connection>; REGIONS],
    counts: Counts,
}

impl<'m, 'a> Player<'m, 'a> {
    /// Attached to nothing but the ledger, whose control page is at `control`.
    pub fn new(
        hand: Hand<'m, 'a>,
        control: u64,
        ledger: Ledger<'static>,
        me: Holder,
        random: Rng,
    ) -> Self {
        Self {
            hand,
            control,
            ledger,
            me,
            random,
            connections: [const { None }; REGIONS],
            counts: Counts::default(),
        }
    }

    /// The guest's hand.
    pub fn hand(&mut self) -> &mut Hand<'m, 'a> {
        &mut self.hand
    }

    /// What was done and seen.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// From now on the timer ends this life, at random, in one of these ways.
    pub fn live_for(&mut self, us: Range<u64>, ends: &[End]) {
        let deadline = Deadline::in_us(self.random.u64(us));
        let end = self.random.choice(ends).copied().unwrap_or(End::Reset);
        let epitaph = self.ledger.epitaph(self.me.guest);
        prepare_crash(&mut self.hand.machine.mmu);
        let interrupts = &mut self.hand.machine.interrupts;
        interrupts.end_at(deadline, end, Some(epitaph));
    }

    /// One random step.
    pub fn step(&mut self) -> Result<(), Failure> {
        let region = self.random.usize(..REGIONS);
        let Some(mut connection) = self.connections[region].take() else {
            self.connections[region] = self.attach(region)?;
            return Ok(());
        };
        match self.random.u32(..16) {
            0..=3 => return connection.detach(&self.ledger),
            4..=6 => self.write(&connection),
            7..=8 => self.check(&connection)?,
            9..=11 => {
                let targets = self.random.u32(..) & 0xffff;
                let active = connection.load(control::PEEK)? >> 16;
                connection.signal(&self.ledger, targets & active)?;
                self.counts.signals += (targets & active).count_ones();
            }
            _ => match connection.read(&self.ledger)? {
                Some(heard) => self.counts.heard += heard,
                None => return connection.detach(&self.ledger),
            },
        }
        self.connections[region] = Some(connection);
        Ok(())
    }

    /// Reads what there is to read, and sleeps until the device interrupts: somebody
    /// else is to be playing.
    pub fn sleep(&mut self) -> Result<(), Failure> {
        self.read_all()?;
        let interrupts = &mut self.hand.machine.interrupts;
        if interrupts.wait(Deadline::in_ms(SILENCE_MS)) == Woken::Timeout {
            return Err(failure!(
                "no interrupt in {SILENCE_MS} ms, though others play"
            ));
        }
        self.read_all()?;
        self.hand.machine.interrupts.end_device();
        self.counts.sleeps += 1;
        Ok(())
    }

    /// The statuses of all regions, which share the line; the ledger's too.
    fn read_all(&mut self) -> Result<(), Failure> {
        let address = self.control + control::STATUS;
        self.hand.perform(&Order::Load { address, log2: 2 });
        for region in 0..REGIONS {
            let Some(mut connection) = self.connections[region].take() else {
                continue;
            };
            match connection.read(&self.ledger)? {
                Some(heard) => self.counts.heard += heard,
                None => {
                    connection.detach(&self.ledger)?;
                    continue;
                }
            }
            self.connections[region] = Some(connection);
        }
        Ok(())
    }

    /// Nobody ends this life any more, and the guest leaves.
    pub fn end(&mut self) -> Result<(), Failure> {
        self.hand.machine.interrupts.end_no_more();
        for connection in &mut self.connections {
            if let Some(connection) = connection.take() {
                connection.detach(&self.ledger)?;
            }
        }
        Ok(())
    }

    fn attach(&mut self, region: usize) -> Result<Option<Connection>, Failure> {
        let newest = self.ledger.newest(region);
        let before = Before::new(&self.ledger, region, self.me);
        let (name, pages) = (name_field(NAMES[region]), self.random.u32(1..=PAGES));
        let shmem = match self.hand.perform(&Order::Attach { name, pages }) {
            Answer::Done(shmem) => shmem,
            // The other two names may have both slots.
            Answer::Refused(NOMEM) => {
                self.counts.refusals += 1;
                return Ok(None);
            }
            other => return Err(failure!("attach of region {region}: {other:?}")),
        };
        let address = factory::SIZE;
        let Answer::Done(pages) = self.hand.perform(&Order::Load { address, log2: 2 }) else {
            return Err(failure!("no size"));
        };
        // Truncation: a word was loaded.
        let connection = Connection::new(&self.ledger, &before, shmem, pages as u32)?;
        let born = self.look_at_new(&connection, newest);
        if connection.is_out(&self.ledger)? {
            connection.detach(&self.ledger)?;
            return Ok(None);
        }
        self.counts.births += u32::from(born?);
        self.counts.attaches += 1;
        Ok(Some(connection))
    }

    /// Takes the index, and judges what the attach gave; whether it was a birth.
    fn look_at_new(&self, connection: &Connection, newest: u32) -> Result<bool, Failure> {
        let Connection {
            region,
            index,
            generation,
            ..
        } = *connection;
        self.ledger
            .claim(region, index, self.me)
            .map_err(|holder| {
                failure!("region {region}: index {index} is held by {holder:?}, which lives")
            })?;
        self.ledger
            .generation(region, generation, newest)
            .map_err(|newest| failure!("region {region}: {generation} after {newest}"))?;
        connection.check_birth()
    }

    /// Its block, or anything behind the blocks: that must be gone with the region.
    fn write(&mut self, connection: &Connection) {
        let behind = connection.data.get(1024..).unwrap_or_default();
        if !behind.is_empty() && self.random.bool() {
            let start = self.random.usize(..behind.len());
            for word in behind.iter().skip(start).take(64) {
                word.store(self.random.u32(..), Ordering::Relaxed);
            }
        } else if let Some(block) = Block::new(connection.data, connection.index) {
            block.write(connection.generation, self.random.u32(..));
        }
    }

    fn check(&mut self, connection: &Connection) -> Result<(), Failure> {
        for index in 0..16 {
            let block = Block::new(connection.data, index);
            match block.and_then(|block| block.check(connection.generation)) {
                None => {}
                Some(Ok(())) => self.counts.blocks += 1,
                Some(Err(wrong)) => {
                    let (region, generation) = (connection.region, connection.generation);
                    return Err(failure!(
                        "region {region}, generation {generation}, block {index}: {wrong:?}"
                    ));
                }
            }
        }
        Ok(())
    }
}
