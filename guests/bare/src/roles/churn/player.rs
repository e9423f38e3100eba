// SPDX-License-Identifier: BSD-2-Clause

//! A guest that does at random what a member may do.

use super::super::remote::{Hand, control, factory};
use super::connection::Connection;
use crate::failure;
use crate::machine::Deadline;
use crate::run::Failure;
use bare_guests::churn::{Block, Holder, Ledger, REGIONS, Tally};
use bare_guests::remote::{Answer, Order, name_field};
use core::fmt;
use core::ops::Range;
use core::sync::atomic::Ordering;
use fastrand::Rng;

const NAMES: [&str; REGIONS] = ["churn-0", "churn-1", "churn-2"];
/// Pages asked for, at most.
const PAGES: u32 = 4;
const NOMEM: u32 = 2;

/// What was done and seen, so that a history in which nothing happened is noticed.
#[derive(Default)]
pub struct Counts {
    attaches: u32,
    refusals: u32,
    births: u32,
    blocks: u32,
    signals: u32,
    heard: u32,
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
        } = self;
        write!(
            f,
            "guest 0: {attaches} attaches, {refusals} without a slot, {births} births, \
             {blocks} blocks read, {signals} signals sent, {heard} heard"
        )
    }
}

/// The guest.
pub struct Player<'m, 'a> {
    hand: Hand<'m, 'a>,
    ledger: Ledger<'static>,
    me: Holder,
    random: Rng,
    connections: [Option<Connection>; REGIONS],
    counts: Counts,
}

impl<'m, 'a> Player<'m, 'a> {
    /// Attached to nothing but the ledger.
    pub fn new(hand: Hand<'m, 'a>, ledger: Ledger<'static>, me: Holder, random: Rng) -> Self {
        Self {
            hand,
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

    /// From now on the timer ends this life, at random.
    pub fn live_for(&mut self, us: Range<u64>) {
        let deadline = Deadline::in_us(self.random.u64(us));
        let epitaph = self.ledger.epitaph(self.me.guest);
        self.hand
            .machine
            .interrupts
            .reset_at(deadline, Some(epitaph));
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
            _ => self.counts.heard += connection.read(&self.ledger)?,
        }
        self.connections[region] = Some(connection);
        Ok(())
    }

    /// Nobody resets this guest any more, and it leaves.
    pub fn end(&mut self) -> Result<(), Failure> {
        self.hand.machine.interrupts.reset_no_more();
        for connection in &mut self.connections {
            if let Some(connection) = connection.take() {
                connection.detach(&self.ledger)?;
            }
        }
        Ok(())
    }

    fn attach(&mut self, region: usize) -> Result<Option<Connection>, Failure> {
        let newest = self.ledger.newest(region);
        let before = Tally::before_attach(&self.ledger, region);
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
        let ledger = self.ledger;
        let tally = |index| Tally::new(&ledger, region, index, &before);
        // Truncation: a word was loaded.
        let connection = Connection::new(shmem, pages as u32, region, tally)?;
        let Connection {
            index, generation, ..
        } = connection;
        ledger.claim(region, index, self.me).map_err(|holder| {
            failure!("region {region}: index {index} is held by {holder:?}, which lives")
        })?;
        ledger
            .generation(region, generation, newest)
            .map_err(|newest| failure!("region {region}: {generation} after {newest}"))?;
        self.counts.attaches += 1;
        self.counts.births += u32::from(connection.check_birth()?);
        Ok(Some(connection))
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
