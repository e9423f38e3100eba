// SPDX-License-Identifier: BSD-2-Clause

//! Latency: from one guest's store to `notify` to the other's interrupt, and back.
//!
//! Guests see the counter without an offset, so what one wrote down the other can
//! subtract. The receiver sleeps in WFI: its wake-up is in the figure.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken, frequency, now};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use core::sync::atomic::{AtomicU32, Ordering};

/// Signals measured; the first ones warm up.
const ROUNDS: u32 = 64;

/// What the two tell each other: the first words of the region. Times are the
/// counter's low 32 bits: their difference is right for a minute.
struct Notes<'a> {
    /// Number of the round whose signal was sent.
    sent: &'a AtomicU32,
    /// Number of the round whose signal was answered.
    answered: &'a AtomicU32,
    /// When the signal arrived.
    arrived: &'a AtomicU32,
}

impl<'a> Notes<'a> {
    fn new(data: &'a [AtomicU32]) -> Result<Self, Failure> {
        match data {
            [sent, answered, arrived, ..] => Ok(Self {
                sent,
                answered,
                arrived,
            }),
            _ => Err(failure!("the region is too small")),
        }
    }
}

/// Plays the one that measures.
pub fn latency(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let notes = Notes::new(region.data())?;
    let me = 1_u32
        .checked_shl(region.idx())
        .ok_or_else(|| failure!("no such index"))?;
    let peers = (region.status() >> 16) & !me;
    if peers.count_ones() != 1 {
        return Err(failure!("{} peers, not one", peers.count_ones()));
    }
    let (mut there, mut back) = (u32::MAX, u32::MAX);
    for round in 1..=ROUNDS {
        notes.sent.store(round, Ordering::Release);
        let start = now() as u32;
        region.signal(peers);
        // The answer may be there before its interrupt is.
        let end = loop {
            let time = interrupt(machine, &mut region)?;
            // Pairs with the echo's Release.
            if notes.answered.load(Ordering::Acquire) == round {
                break time;
            }
        };
        let arrived = notes.arrived.load(Ordering::Relaxed);
        there = there.min(arrived.wrapping_sub(start));
        back = back.min(end.wrapping_sub(start));
    }
    region.detach();
    say!(
        "latency: {there} ticks to the peer's interrupt, {back} there and back, at {} Hz",
        frequency()
    );
    Ok(())
}

/// Plays the one that answers, until the other has left.
pub fn echo(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let notes = Notes::new(region.data())?;
    let me = 1_u32
        .checked_shl(region.idx())
        .ok_or_else(|| failure!("no such index"))?;
    let mut round = 0;
    while round < ROUNDS {
        let arrived = interrupt(machine, &mut region)?;
        // Pairs with the measurer's Release.
        let sent = notes.sent.load(Ordering::Acquire);
        if sent == round {
            continue;
        }
        round = sent;
        notes.arrived.store(arrived, Ordering::Relaxed);
        notes.answered.store(round, Ordering::Release);
        region.signal(0xffff & !me);
    }
    Ok(())
}

/// Sleeps until the device interrupts; says when that was, and serves it.
fn interrupt(machine: &mut Machine<'_>, region: &mut Region) -> Result<u32, Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    match machine.interrupts.wait(deadline) {
        Woken::Device => {
            let time = now() as u32;
            region.status();
            machine.interrupts.end_device();
            Ok(time)
        }
        Woken::Timeout => Err(failure!("no signal for {seconds} s")),
    }
}
