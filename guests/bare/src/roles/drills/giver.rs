// SPDX-License-Identifier: BSD-2-Clause

//! The giver: writes one block after the other, and conducts the drills.
//!
//! A drill has passed when blocks were taken before the misdeed, while it was under
//! way, and after the culprit had come back, and when as many are attached then as
//! before: no connection of a life that is over is left. A culprit that nobody brings
//! back is to stay as it is, attached or not, and to disturb nobody; a host that faults
//! without a manager too.

use super::super::connection::{attach, attach_named};
use super::super::factory;
use super::{pass_the_planted, row, transfer};
use crate::machine::{Deadline, Factory, Region, Woken, debug};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::drills::{Fate, Misdeed, Row, Transfer};
use core::sync::atomic::{AtomicU32, Ordering};

/// Blocks before, during and after a misdeed, at least.
const BLOCKS: u32 = 8;
/// A block that is not taken within this has been stopped by somebody.
const BLOCK_MS: u64 = 2000;
/// Pages of the region for which memory has to be cleaned: all that its pool has.
const ASIDE: u32 = 256;
/// A region of a host that faults when it is signalled there, and its pages.
const ATTIC: (&str, u32) = ("attic", 16);
/// A culprit that would come back does so within this.
const RETURN_MS: u64 = 400;

struct Giver<'m, 'a> {
    machine: &'m mut Machine<'a>,
    factory: Factory,
    region: Region,
    transfer: Transfer<'static>,
    number: u32,
}

/// Plays the giver: the drills of `tombolo.script`, culprit 1 first.
pub fn giver(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let region = attach(machine, &mut factory)?;
    // Whoever plants something for others is to be noticed here.
    debug::unmask();
    let transfer = transfer(region.data())?;
    transfer.i_give(region.idx());
    let script = machine.arguments.script;
    let mut giver = Giver {
        machine,
        factory,
        region,
        transfer,
        number: 0,
    };
    giver.wait("the taker", |giver| giver.transfer.taker() != 0)?;
    for (number, _) in (1..).zip(Misdeed::script(script)) {
        let row = row(giver.region.data(), number)?;
        giver.transfer_until("all culprits", |_| row.lives() > 0)?;
    }
    for (number, misdeed) in (1..).zip(Misdeed::script(script)) {
        let misdeed = misdeed.ok_or_else(|| failure!("no such misdeed in {script}"))?;
        giver
            .drill(number, misdeed)
            .map_err(|why| failure!("drill {}: {why}", misdeed.name()))?;
    }
    giver.transfer.end();
    giver.region.signal(giver.transfer.taker());
    Ok(())
}

impl Giver<'_, '_> {
    fn drill(&mut self, number: u32, misdeed: Misdeed) -> Result<(), Failure> {
        let (row, name) = (row(self.region.data(), number)?, misdeed.name());
        let first = self.number;
        let attached = self.attached();
        self.blocks()?;
        self.begin(&row, number, name)?;
        let begun = self.number;
        self.blocks()?;
        if matches!(misdeed, Misdeed::Spin | Misdeed::ManagerFault) {
            self.needs_a_clean_slot()?;
        }
        say!("drill {name}: under way");
        match misdeed.fate() {
            Fate::Returns => self.transfer_until("its culprit's return", |giver| {
                row.lives() > misdeed.deaths() && giver.attached() == attached
            })?,
            Fate::Stays => {
                self.stays_away(&row, attached)?;
                self.host_falls()?;
            }
            Fate::Leaves => {
                self.transfer_until("the end of its culprit's connection", |giver| {
                    giver.attached() == attached - 1
                })?;
                self.stays_away(&row, attached - 1)?;
            }
        }
        let back = self.number;
        self.blocks()?;
        say!(
            "CHECK drill-{name}: pass {} blocks before, {} during, {} after; {} lives",
            begun - first,
            back - begun,
            self.number - back,
            row.lives()
        );
        Ok(())
    }

    /// Tells the culprit, or lets somebody type to it, and waits until it says that it
    /// begins.
    fn begin(&mut self, row: &Row<'_>, number: u32, name: &str) -> Result<(), Failure> {
        if number <= self.machine.arguments.number {
            say!("drill {name}: to be typed");
        } else {
            row.tell();
            let others = self.region.status() >> 16 & !(1 << self.region.idx());
            self.region.signal(others);
        }
        self.transfer_until("the misdeed", |_| row.has_begun())
    }

    /// For a while there is no new life of the culprit, and nobody ends its connection.
    fn stays_away(&mut self, row: &Row<'_>, attached: u32) -> Result<(), Failure> {
        let lives = row.lives();
        let deadline = Deadline::in_ms(RETURN_MS);
        self.transfer_until("its time", |_| deadline.passed())?;
        match (row.lives(), self.attached()) {
            now if now == (lives, attached) => Ok(()),
            (now, left) => Err(failure!("{now} lives, {left} attached of {attached}")),
        }
    }

    /// A host faults, and nobody ends its connection either.
    fn host_falls(&mut self) -> Result<(), Failure> {
        let (name, pages) = ATTIC;
        let mut attic = attach_named(self.machine, &mut self.factory, name, pages)?;
        let others = attic.status() >> 16 & !(1 << attic.idx());
        if others.count_ones() != 1 {
            return Err(failure!("{others:#x} are in {name}, not a host alone"));
        }
        attic.signal(others);
        let deadline = Deadline::in_ms(RETURN_MS);
        self.transfer_until("its time", |_| deadline.passed())?;
        let left = attic.status() >> 16 & others;
        attic.detach();
        if left == others {
            Ok(())
        } else {
            Err(failure!("the connection of a host that faulted has ended"))
        }
    }

    /// Attaches a region in memory that was another's until just now.
    fn needs_a_clean_slot(&mut self) -> Result<(), Failure> {
        for name in ["aside-1", "aside-2"] {
            let aside = attach_named(self.machine, &mut self.factory, name, ASIDE)?;
            let dirty = |word: &AtomicU32| word.load(Ordering::Relaxed) != 0;
            if let Some(at) = aside.data().iter().position(dirty) {
                return Err(failure!("{name}: word {at} is not clean"));
            }
            for word in aside.data() {
                word.store(u32::MAX, Ordering::Relaxed);
            }
            aside.detach();
        }
        say!("giver: got memory that had to be cleaned");
        Ok(())
    }

    /// The set of the attached.
    fn attached(&mut self) -> u32 {
        (self.region.status() >> 16).count_ones()
    }

    fn blocks(&mut self) -> Result<(), Failure> {
        (0..BLOCKS).try_for_each(|_| self.block())
    }

    fn block(&mut self) -> Result<(), Failure> {
        self.number += 1;
        let number = self.number;
        pass_the_planted();
        self.transfer.give(number);
        self.region.signal(self.transfer.taker());
        let deadline = Deadline::in_ms(BLOCK_MS);
        while self.transfer.taken() != number {
            if !self.listen(deadline) {
                return Err(failure!("block {number} is not taken in {BLOCK_MS} ms"));
            }
        }
        Ok(())
    }

    /// Transfers blocks until something has happened.
    fn transfer_until(
        &mut self,
        what: &str,
        happened: impl Fn(&mut Self) -> bool,
    ) -> Result<(), Failure> {
        let seconds = self.machine.arguments.timeout;
        let deadline = Deadline::in_ms(seconds * 1000);
        while !happened(self) {
            self.block()?;
            if deadline.passed() {
                return Err(failure!("{what}: not within {seconds} s"));
            }
        }
        Ok(())
    }

    /// Waits without transferring.
    fn wait(&mut self, what: &str, happened: impl Fn(&mut Self) -> bool) -> Result<(), Failure> {
        let seconds = self.machine.arguments.timeout;
        let deadline = Deadline::in_ms(seconds * 1000);
        while !happened(self) {
            if !self.listen(deadline) {
                return Err(failure!("{what}: not within {seconds} s"));
            }
        }
        Ok(())
    }

    /// Sleeps until there is news. False: the deadline has come.
    fn listen(&mut self, deadline: Deadline) -> bool {
        match self.machine.interrupts.wait(deadline) {
            Woken::Device => {
                self.region.status();
                self.machine.interrupts.end_device();
                true
            }
            Woken::Timeout => false,
        }
    }
}
