// SPDX-License-Identifier: BSD-2-Clause

//! What a runner's checks work with: guests by number, each with its hand.

use super::super::checklist::equal;
use super::desks::Desks;
use super::hand::Hand;
use super::registers::{control, factory};
use crate::failure;
use crate::machine::Deadline;
use crate::run::{Failure, Machine};
use bare_guests::remote::{Answer, Desk, Order, name_field};

/// A guest: [`RUNNER`], or the number of an assistant.
pub type Who = usize;
/// The runner itself.
pub const RUNNER: Who = 0;

/// Assistants that share a region with the runner; there may be several such regions.
const DESKS: usize = 15;
/// How long an order may take.
const PATIENCE_MS: u64 = 20_000;
/// In which an interrupt comes, and in which none came.
const SOON_MS: u32 = 2000;
const QUIET_MS: u32 = 10;

/// The runner and its assistants.
pub struct Stage<'m, 'a> {
    hand: Hand<'m, 'a>,
    assistants: usize,
}

impl<'m, 'a> Stage<'m, 'a> {
    /// Attaches the desks' regions (`tombolo.region`, with commas) and waits for
    /// `tombolo.number` assistants.
    pub fn new(machine: &'m mut Machine<'a>) -> Result<Self, Failure> {
        let (names, assistants) = (machine.arguments.region, machine.arguments.number);
        let mut hand = Hand::new(machine)?;
        for name in names.split(',') {
            let region = Desks::attach(&mut hand, name)?;
            hand.desks
                .push(region)
                .map_err(|_| failure!("more regions for desks than 2"))?;
        }
        let mut stage = Self {
            hand,
            assistants: assistants as usize,
        };
        for who in 1..=stage.assistants {
            stage.starts(who, 1)?;
        }
        Ok(stage)
    }

    /// The numbers of all assistants.
    pub fn assistants(&self) -> core::ops::RangeInclusive<Who> {
        1..=self.assistants
    }

    fn place(&self, who: Who) -> Result<(&Desks, Desk<'static>), Failure> {
        let desks = self.hand.desks.get(who.saturating_sub(1) / DESKS);
        let desks = desks.ok_or_else(|| failure!("no region has the desk of {who}"))?;
        Ok((desks, desks.desk(who)?))
    }

    /// Waits until an assistant is in its `life`-th life.
    pub fn starts(&mut self, who: Who, life: u32) -> Result<(), Failure> {
        let (_, desk) = self.place(who)?;
        self.wait_until(|| (desk.life() >= life).then_some(()))
            .ok_or_else(|| failure!("assistant {who} does not start"))
    }

    /// An assistant's life, from 1.
    pub fn life(&self, who: Who) -> Result<u32, Failure> {
        Ok(self.place(who)?.1.life())
    }

    /// Gives an order and does not wait.
    pub fn give(&mut self, who: Who, order: &Order) -> Result<u32, Failure> {
        let (desks, desk) = self.place(who)?;
        let number = desk.give(order, desks.index()?);
        desks.signal(desk.index())?;
        Ok(number)
    }

    /// Waits for the answer to an order.
    pub fn answer(&mut self, who: Who, number: u32) -> Result<Answer, Failure> {
        let (_, desk) = self.place(who)?;
        self.wait_until(|| desk.answer(number))
            .ok_or_else(|| failure!("assistant {who} does not answer"))
    }

    /// Whether an order was answered.
    pub fn has_answered(&self, who: Who, number: u32) -> Result<bool, Failure> {
        Ok(self.place(who)?.1.answer(number).is_some())
    }

    /// Sleeps until `look` finds something; every answer comes with a signal.
    fn wait_until<T>(&mut self, look: impl Fn() -> Option<T>) -> Option<T> {
        let deadline = Deadline::in_ms(PATIENCE_MS);
        loop {
            // Before the look, so that a signal after it is an interrupt.
            self.hand.look();
            if let Some(found) = look() {
                return Some(found);
            }
            if !self.hand.doze(deadline) {
                return None;
            }
        }
    }

    /// Has an order carried out.
    pub fn ask(&mut self, who: Who, order: &Order) -> Result<Answer, Failure> {
        if who == RUNNER {
            return Ok(self.hand.perform(order));
        }
        let number = self.give(who, order)?;
        self.answer(who, number)
    }

    /// The same; it must succeed.
    pub fn get(&mut self, who: Who, order: &Order) -> Result<u64, Failure> {
        match self.ask(who, order)? {
            Answer::Done(value) => Ok(value),
            other => Err(failure!("guest {who}: {other:?} to {order:x?}")),
        }
    }

    /// Attaches; the control page's address.
    pub fn attach(&mut self, who: Who, name: &str, pages: u32) -> Result<u64, Failure> {
        let field = name_field(name);
        match self.ask(who, &Order::Attach { name: field, pages })? {
            Answer::Done(shmem) => Ok(shmem),
            other => Err(failure!("guest {who}: attach of {name}: {other:?}")),
        }
    }

    /// An attach that is refused, with this status code and reason.
    pub fn refused(
        &mut self,
        who: Who,
        name: &[u8],
        pages: u32,
        (status, reason): (u32, u64),
    ) -> Result<(), Failure> {
        let mut field = [0; 32];
        for (to, from) in field.iter_mut().zip(name) {
            *to = *from;
        }
        let answer = self.ask(who, &Order::Attach { name: field, pages })?;
        if answer != Answer::Refused(status) {
            return Err(failure!("guest {who}: {answer:?}, not status {status}"));
        }
        let is = self.word(who, factory::REASON)?;
        equal(format_args!("guest {who}: reason"), is, reason)
    }

    /// Maps memory that no attach has mapped.
    pub fn map(&mut self, who: Who, address: u64, bytes: u64) -> Result<(), Failure> {
        self.get(who, &Order::Map { address, bytes }).map(|_| ())
    }

    /// Loads a word.
    pub fn word(&mut self, who: Who, address: u64) -> Result<u64, Failure> {
        self.get(who, &Order::Load { address, log2: 2 })
    }

    /// Loads eight bytes.
    pub fn double(&mut self, who: Who, address: u64) -> Result<u64, Failure> {
        self.get(who, &Order::Load { address, log2: 3 })
    }

    /// Stores a word.
    pub fn store(&mut self, who: Who, address: u64, value: u64) -> Result<(), Failure> {
        let order = Order::Store {
            address,
            log2: 2,
            value,
        };
        self.get(who, &order).map(|_| ())
    }

    /// A load or store that is a synchronous external abort.
    pub fn aborts(&mut self, who: Who, order: &Order) -> Result<(), Failure> {
        match self.ask(who, order)? {
            Answer::External => Ok(()),
            other => Err(failure!("guest {who}: {other:?}, no abort, of {order:x?}")),
        }
    }

    /// Ends a connection.
    pub fn detach(&mut self, who: Who, shmem: u64) -> Result<(), Failure> {
        self.store(who, shmem + control::DETACH, 1)
    }

    /// Signals.
    pub fn notify(&mut self, who: Who, shmem: u64, targets: u64) -> Result<(), Failure> {
        self.store(who, shmem + control::NOTIFY, targets)
    }

    /// `status` is this: who is attached, who signalled. It is read.
    pub fn status_is(
        &mut self,
        who: Who,
        shmem: u64,
        active: u64,
        signalled: u64,
    ) -> Result<(), Failure> {
        let status = self.word(who, shmem + control::STATUS)?;
        equal(
            format_args!("guest {who}: status"),
            status,
            active << 16 | signalled,
        )
    }

    /// A word is this.
    pub fn word_is(
        &mut self,
        who: Who,
        what: &str,
        address: u64,
        expected: u64,
    ) -> Result<(), Failure> {
        let is = self.word(who, address)?;
        equal(format_args!("guest {who}: {what}"), is, expected)
    }

    /// The device interrupts.
    pub fn interrupted(&mut self, who: Who) -> Result<(), Failure> {
        let came = self.get(who, &Order::Interrupt { ms: SOON_MS })?;
        if came == 1 {
            Ok(())
        } else {
            Err(failure!("guest {who}: no interrupt within {SOON_MS} ms"))
        }
    }

    /// It does not, for a while.
    pub fn quiet(&mut self, who: Who) -> Result<(), Failure> {
        let came = self.get(who, &Order::Interrupt { ms: QUIET_MS })?;
        if came == 0 {
            Ok(())
        } else {
            Err(failure!("guest {who}: an interrupt"))
        }
    }

    /// Turns all assistants off.
    pub fn finish(&mut self) -> Result<(), Failure> {
        for who in self.assistants() {
            self.give(who, &Order::Off)?;
        }
        Ok(())
    }
}
