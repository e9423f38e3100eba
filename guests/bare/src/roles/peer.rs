// SPDX-License-Identifier: BSD-2-Clause

//! The peer: the other end of the role `registers`, which tells it what to do.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::mailbox::{Mailbox, Order, Report};

/// How long it stays away when it is told to come again.
const AWAY_MS: u64 = 20;
/// Stores to `notify` for one order: they must arrive as one.
const SIGNALS: usize = 3;

/// Plays the peer: until the other, once seen, has left.
pub fn peer(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let mut seen = Report {
        signalled: 0,
        attached: 0,
    };
    let mut met = false;
    loop {
        // What is attached now may have come before the interrupt was enabled.
        look(&mut region, &mut seen);
        let alone = seen.attached.count_ones() == 1;
        if met && alone {
            region.detach();
            say!("peer: the other has left, and its bit with it");
            return Ok(());
        }
        met |= !alone;
        let mailbox = Mailbox::new(region.data()).ok_or_else(|| failure!("no room to talk"))?;
        if let Some((number, order, argument)) = mailbox.order() {
            mailbox.done(number, seen);
            seen.signalled = 0;
            match order {
                Order::Report => {}
                Order::Signal => (0..SIGNALS).for_each(|_| region.signal(argument)),
                Order::ComeAgain => {
                    region.detach();
                    stay_away(machine);
                    region = attach(machine, &mut factory)?;
                    continue;
                }
            }
        }
        wait(machine)?;
    }
}

fn look(region: &mut Region, seen: &mut Report) {
    let status = region.status();
    seen.signalled |= status & 0xffff;
    seen.attached = status >> 16;
}

/// Sleeps until the device interrupts. The line is high until `status` is read, so
/// ending the interrupt before that loses nothing.
fn wait(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    match machine.interrupts.wait(deadline) {
        Woken::Device => {
            machine.interrupts.end_device();
            Ok(())
        }
        Woken::Timeout => Err(failure!("nothing to do for {seconds} s")),
    }
}

fn stay_away(machine: &mut Machine<'_>) {
    let deadline = Deadline::in_ms(AWAY_MS);
    while !deadline.passed() {
        if machine.interrupts.wait(deadline) == Woken::Device {
            machine.interrupts.end_device();
        }
    }
}
