// SPDX-License-Identifier: BSD-2-Clause

//! Carries out orders, the runner's own and an assistant's alike: single loads and
//! stores, attaches, waits, and ways to end.

use super::super::connection::PAGE;
use super::desks::Desks;
use crate::failure;
use crate::machine::{self, Abort, Deadline, End, Page, Width, Woken, now};
use crate::run::{Failure, Machine};
use bare_guests::remote::{Answer, Order};
use bare_guests::tables::Memory;
use heapless::Vec;

const STATUS: u64 = 0x14;
const SHMEM: u64 = 0x08;
const SIZE: u64 = 0x18;
const NAME: u64 = 0x1c;

/// How long a timer takes whose interrupt is to end the guest's life.
const SOON_MS: u64 = 1;
/// Ticks that going round once takes at most, undisturbed.
const ROUND: u64 = 16;

/// A guest's hand.
pub struct Hand<'m, 'a> {
    /// The machine.
    pub machine: &'m mut Machine<'a>,
    /// Where orders come from, or go to.
    pub desks: Vec<Desks, 2>,
    factory: Page,
}

impl<'m, 'a> Hand<'m, 'a> {
    /// Finds the device and lets it interrupt.
    pub fn new(machine: &'m mut Machine<'a>) -> Result<Self, Failure> {
        let hand = Self::quiet(machine)?;
        let spi = hand.machine.devices.guest_shm.and_then(|device| device.spi);
        if !spi.is_some_and(|spi| hand.machine.interrupts.enable_device(spi)) {
            return Err(failure!("the GIC does not let SPI {spi:?} interrupt"));
        }
        Ok(hand)
    }

    /// Finds the device, whose interrupt stays off.
    pub fn quiet(machine: &'m mut Machine<'a>) -> Result<Self, Failure> {
        let device = machine.devices.guest_shm;
        let address = device.map(|device| device.address).ok_or_else(|| {
            failure!("the device tree has no qvm,guest_shm: give the guest a shmem device")
        })?;
        // SAFETY: devices are mapped; the device tree says that it is there.
        let factory = unsafe { Page::new(address) };
        Ok(Self {
            machine,
            desks: Vec::new(),
            factory,
        })
    }

    /// Page and offset of an address; below 0x1000 it is the factory page's.
    fn at(&self, address: u64) -> (Page, u64) {
        if address < PAGE {
            return (self.factory, address);
        }
        // SAFETY: the runner names what an attach mapped, or what it says is not
        // there; this program lies in neither, and the vectors take an abort.
        (unsafe { Page::new(address & !(PAGE - 1)) }, address % PAGE)
    }

    /// Carries out an order. Those that end this guest's life do not return.
    pub fn perform(&mut self, order: &Order) -> Answer {
        match *order {
            Order::Load { address, log2 } => {
                let (page, offset) = self.at(address);
                answer(page.load(offset, Width::from_log2(log2)))
            }
            Order::Store {
                address,
                log2,
                value,
            } => {
                let (page, offset) = self.at(address);
                answer(
                    page.store(offset, Width::from_log2(log2), value)
                        .map(|()| 0),
                )
            }
            Order::Attach { name, pages } => self.attach(&name, pages).unwrap_or_else(answer_of),
            Order::Map { address, bytes } => {
                let mapped = self.machine.mmu.map(address, bytes, Memory::Data);
                mapped.map_or(Answer::Impossible, |()| Answer::Done(0))
            }
            Order::Fill {
                address,
                words,
                value,
            } => self.fill(address, words, value),
            Order::Compare {
                address,
                words,
                value,
            } => self.compare(address, words, value),
            Order::Interrupt { ms } => Answer::Done(self.interrupted(ms.into()).into()),
            Order::Sleep { ms } => self.sleep(ms.into()),
            Order::Repeat {
                address,
                times,
                value,
            } => self.repeat(address, times, value),
            Order::Spin { ticks } => Answer::Done(spin(ticks.into())),
            Order::Reset => machine::reset(),
            Order::ResetInHandler => {
                let deadline = Deadline::in_ms(SOON_MS);
                self.machine.interrupts.end_at(deadline, End::Reset, None);
                machine::stop()
            }
            Order::Crash => machine::crash(&mut self.machine.mmu),
            Order::Off => machine::off(),
        }
    }

    fn attach(&mut self, name: &[u8; 32], pages: u32) -> Result<Answer, Abort> {
        let factory = self.factory;
        for (offset, bytes) in (NAME..).step_by(4).zip(name.chunks_exact(4)) {
            let word = bytes.try_into().map_or(0, u32::from_le_bytes);
            factory.store(offset, Width::Word, word.into())?;
        }
        factory.store(SIZE, Width::Word, pages.into())?;
        let status = factory.load(STATUS, Width::Word)?;
        if status != 0 {
            // Lossless: a word was loaded.
            return Ok(Answer::Refused(status as u32));
        }
        let shmem = factory.load(SHMEM, Width::Double)?;
        let bytes = factory.load(SIZE, Width::Word)? * PAGE;
        let mmu = &mut self.machine.mmu;
        let mapped = mmu
            .map(shmem, PAGE, Memory::Device)
            .and_then(|()| mmu.map(shmem + PAGE, bytes, Memory::Data));
        Ok(mapped.map_or(Answer::Impossible, |()| Answer::Done(shmem)))
    }

    /// Word by word, so that a store that aborts is told.
    fn fill(&mut self, address: u64, words: u32, value: u32) -> Answer {
        for n in 0..u64::from(words) {
            let (page, offset) = self.at(address + 4 * n);
            if let Err(abort) = page.store(offset, Width::Word, value.into()) {
                return answer_of(abort);
            }
        }
        Answer::Done(0)
    }

    fn compare(&mut self, address: u64, words: u32, value: u32) -> Answer {
        for n in 0..u64::from(words) {
            let (page, offset) = self.at(address + 4 * n);
            match page.load(offset, Width::Word) {
                Ok(word) if word == value.into() => {}
                Ok(_) => return Answer::Done(n),
                Err(abort) => return answer_of(abort),
            }
        }
        Answer::Done(words.into())
    }

    /// Whether the device interrupts for another region than the desks'. The line is
    /// high until `status` is read, so one that was taken for the desks' is only late.
    fn interrupted(&mut self, ms: u64) -> bool {
        // What was on its way when its cause was read by polling.
        self.device_within(Deadline::in_ms(0));
        let deadline = Deadline::in_ms(ms);
        while self.device_within(deadline) {
            if !self.look() {
                return true;
            }
        }
        false
    }

    /// Reads the desks' `status`; whether there was anything.
    pub fn look(&self) -> bool {
        let news = self.desks.iter().map(|desks| desks.look() == Ok(true));
        // Not `any`: all are to be read.
        news.fold(false, |all, one| all | one)
    }

    /// Sleeps until something may be on a desk, or the deadline has come (false).
    pub fn doze(&mut self, deadline: Deadline) -> bool {
        if !self.device_within(deadline) {
            return false;
        }
        // A read by polling leaves one interrupt behind. If a second one comes at once,
        // it is another region's, which a check leaves unread: the line stays high, and
        // would take the time from those who are to answer.
        let others = !self.look() && self.device_within(Deadline::in_ms(0)) && !self.look();
        if others {
            self.machine.interrupts.sleep_unheard(1);
        }
        true
    }

    /// Signals the runner.
    pub fn answered(&self, runner: u32) -> Result<(), Failure> {
        self.desks.iter().try_for_each(|desks| desks.signal(runner))
    }

    fn device_within(&mut self, deadline: Deadline) -> bool {
        let woken = self.machine.interrupts.wait(deadline) == Woken::Device;
        if woken {
            self.machine.interrupts.end_device();
        }
        woken
    }

    fn sleep(&mut self, ms: u64) -> Answer {
        let start = now();
        self.machine.interrupts.sleep_unheard(ms);
        Answer::Done(now() - start)
    }

    fn repeat(&mut self, address: u64, times: u32, value: u32) -> Answer {
        let (page, offset) = self.at(address);
        let start = now();
        for _ in 0..times {
            if let Err(abort) = page.store(offset, Width::Word, value.into()) {
                return answer_of(abort);
            }
        }
        Answer::Done(now() - start)
    }
}

/// Spins for so many ticks; as [`Order::Spin`] says.
fn spin(ticks: u64) -> u64 {
    let mut last = now();
    let end = last.saturating_add(ticks);
    let (mut longest, mut all) = (0, 0);
    while last < end {
        let time = now();
        let away = time - last;
        if away > ROUND {
            all += away;
            longest = away.max(longest);
        }
        last = time;
    }
    longest.min(u64::from(u32::MAX)) << 32 | all.min(u64::from(u32::MAX))
}

fn answer(outcome: Result<u64, Abort>) -> Answer {
    outcome.map_or_else(answer_of, Answer::Done)
}

fn answer_of(abort: Abort) -> Answer {
    if abort.is_external() {
        Answer::External
    } else {
        Answer::Abort(abort.esr)
    }
}
