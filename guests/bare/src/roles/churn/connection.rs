// SPDX-License-Identifier: BSD-2-Clause

//! One connection of a player: its registers and its data.

use super::super::remote::control;
use crate::failure;
use crate::machine::{Page, Width};
use crate::run::Failure;
use bare_guests::churn::{Holder, Ledger, Tally};
use core::ptr::with_exposed_provenance;
use core::sync::atomic::{AtomicU32, Ordering};

/// Words of a page.
const WORDS: usize = 1024;
const RECORD: u64 = 16;

/// The data of a region whose control page is at `shmem`.
pub fn data_of(shmem: u64, pages: usize) -> &'static [AtomicU32] {
    let data = with_exposed_provenance::<AtomicU32>((shmem + 0x1000) as usize);
    // SAFETY: an attach mapped it, for ever; atomics admit other writers.
    unsafe { core::slice::from_raw_parts(data, pages * WORDS) }
}

/// A connection.
pub struct Connection {
    page: Page,
    /// Number of the region's name.
    pub region: usize,
    pub index: usize,
    pub generation: u32,
    pub data: &'static [AtomicU32],
    me: Holder,
    tally: Tally,
    /// The region's serial, from before the tally's last look at what had begun.
    serial: u32,
    /// How often the reaper had put us out before the attach.
    put_out: u32,
}

/// What was known before an attach.
pub struct Before {
    /// Number of the region's name.
    region: usize,
    me: Holder,
    tally: [[u32; 16]; 16],
    put_out: u32,
}

impl Before {
    pub fn new(ledger: &Ledger<'_>, region: usize, me: Holder) -> Self {
        let put_out = ledger.times_put_out(region, me.guest);
        Self {
            region,
            me,
            tally: Tally::before_attach(ledger, region),
            put_out: put_out.load(Ordering::SeqCst),
        }
    }
}

impl Connection {
    /// What an attach gave.
    pub fn new(
        ledger: &Ledger<'_>,
        before: &Before,
        shmem: u64,
        pages: u32,
    ) -> Result<Self, Failure> {
        // SAFETY: attached and mapped.
        let page = unsafe { Page::new(shmem) };
        let index = load(page, control::IDX)? as usize;
        if index > 15 {
            return Err(failure!("index {index}"));
        }
        let serial = load(page, control::SERIAL)?;
        Ok(Self {
            page,
            region: before.region,
            index,
            generation: load(page, control::GENERATION)?,
            data: data_of(shmem, pages as usize),
            me: before.me,
            tally: Tally::new(ledger, before.region, index, &before.tally),
            serial,
            put_out: before.put_out,
        })
    }

    /// A register.
    pub fn load(&self, offset: u64) -> Result<u32, Failure> {
        load(self.page, offset)
    }

    /// A region that nobody but us has joined since its birth reads zeros.
    pub fn check_birth(&self) -> Result<bool, Failure> {
        if self.load(control::SERIAL)? != 1 {
            return Ok(false);
        }
        let dirty = self
            .data
            .iter()
            .position(|word| word.load(Ordering::Relaxed) != 0);
        let Some(at) = dirty else { return Ok(true) };
        // Somebody may have joined and written meanwhile.
        if self.load(control::SERIAL)? != 1 {
            return Ok(false);
        }
        let (region, generation) = (self.region, self.generation);
        Err(failure!(
            "region {region}, generation {generation}: word {at} is not 0 at its birth"
        ))
    }

    /// Whether the reaper has put us out.
    ///
    /// Errors: our index is not active, and it has not.
    pub fn is_out(&self, ledger: &Ledger<'_>) -> Result<bool, Failure> {
        let active = self.load(control::PEEK)? >> 16;
        self.judge_active(ledger, active)
    }

    fn judge_active(&self, ledger: &Ledger<'_>, active: u32) -> Result<bool, Failure> {
        let (region, index) = (self.region, self.index);
        let times = ledger.times_put_out(region, self.me.guest);
        if active & 1 << index != 0 {
            Ok(false)
        } else if times.load(Ordering::SeqCst) != self.put_out {
            Ok(true)
        } else {
            Err(failure!("region {region}: index {index} is not active"))
        }
    }

    /// Reads `status` and judges it; how many signals it shows. `None`: we are out.
    pub fn read(&mut self, ledger: &Ledger<'_>) -> Result<Option<u32>, Failure> {
        let page = self.page;
        let (mut status, mut serial) = (Ok(0), Ok(0));
        let read = self.tally.read(ledger, || {
            status = load(page, control::STATUS);
            // Who begins and is gone after this is known to be gone.
            serial = load(page, control::SERIAL);
            status.as_ref().map_or(0, |status| *status)
        });
        status?;
        let serial = serial?;
        let (region, index) = (self.region, self.index);
        if self.judge_active(ledger, read.status >> 16)? {
            return Ok(None);
        }
        if read.invented != 0 {
            return Err(failure!(
                "region {region}, index {index}: signals of {:#x} are invented",
                read.invented
            ));
        }
        if read.lost != 0 {
            // The records are of this moment from now on.
            self.load(control::SERIAL)?;
        }
        for from in (0..16).filter(|from| read.lost & 1 << from != 0) {
            // One that was put out meanwhile is shown no records.
            if !self.changed(from)? && !self.is_out(ledger)? {
                return Err(failure!(
                    "region {region}, index {index}: a signal of {from} is lost"
                ));
            }
        }
        self.serial = serial;
        Ok(Some((read.status & 0xffff).count_ones()))
    }

    /// Whether an index may have been given to somebody since the read before: at
    /// least it changed.
    fn changed(&self, index: u64) -> Result<bool, Failure> {
        let record = control::RECORDS + RECORD * index;
        let serial = self.load(record + 4)?;
        Ok(serial.wrapping_sub(self.serial).cast_signed() > 0)
    }

    /// Signals some of the others.
    pub fn signal(&self, ledger: &Ledger<'_>, targets: u32) -> Result<(), Failure> {
        let mut sent = Ok(false);
        ledger.signal(self.region, self.index, targets, || {
            sent = self.notify(targets);
            sent.as_ref().is_ok_and(|sent| *sent)
        });
        sent.map(|_| ())
    }

    /// Whether the signals were sent: who is out may not know, and reaches nobody.
    fn notify(&self, targets: u32) -> Result<bool, Failure> {
        self.page
            .store(control::NOTIFY, Width::Word, targets.into())?;
        Ok(self.load(control::PEEK)? >> 16 & 1 << self.index != 0)
    }

    /// Ends it. Nobody may take the index before it was let go.
    pub fn detach(self, ledger: &Ledger<'_>) -> Result<(), Failure> {
        ledger.release(self.region, self.index, self.me);
        self.page.store(control::DETACH, Width::Word, 1)?;
        ledger
            .let_go(self.region, self.me.guest)
            .fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

fn load(page: Page, offset: u64) -> Result<u32, Failure> {
    // Truncation: a word was loaded.
    Ok(page.load(offset, Width::Word)? as u32)
}
