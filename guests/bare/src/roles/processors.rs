// SPDX-License-Identifier: BSD-2-Clause

//! Several processors: a reset by one of them, from inside the handler of an interrupt,
//! while each of the others is inside such a handler too, leaves nothing behind.
//!
//! In each life every processor has to get a timer interrupt. Then all take one as an
//! exception and leave it active, and the one whose turn it is resets the guest. The
//! guest has passed when each has done that twice; the others then spin in their
//! handlers the first time, and sleep there the second time.

use crate::machine::{
    Deadline, Interrupts, Party, Woken, count_life, frequency, now, number, start,
};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// How long each sleeps, and how much longer that may take.
const SLEEP_MS: u64 = 5;
const LATE_MS: u64 = 20;
/// How long anything may take.
const PATIENCE_MS: u64 = 2000;

/// Addresses of distributor and CPU interface, for those that start later.
static GIC: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];
/// Ticks that each processor's sleep took; 0: it did not wake yet.
static SLEPT: [AtomicU64; 8] = [const { AtomicU64::new(0) }; 8];
/// All have woken: they meet in their handlers. Word 0 of what a [`Party`] is.
static MEET: AtomicU32 = AtomicU32::new(0);
static PARTY: Party = Party::new();

/// Plays on `tombolo.number` processors.
pub fn processors(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let all = machine.arguments.number;
    let (gicd, gicc) = machine.devices.gic.unwrap_or_default();
    GIC[0].store(gicd, Ordering::SeqCst);
    GIC[1].store(gicc, Ordering::SeqCst);
    let life = count_life();
    for other in 1..all {
        start(other, other_processor)
            .map_err(|error| failure!("life {life}: CPU_ON of {other}: {error}"))?;
    }
    sleep(&mut machine.interrupts);
    for nth in 0..all {
        slept(nth).map_err(|why| failure!("life {life}: processor {nth}: {why}"))?;
    }
    say!("processors: life {life}, each of {all} got its timer's interrupt");
    let resets = 2 * u64::from(all);
    if life > resets {
        return Ok(());
    }
    // Lossless: a small number.
    let chosen = ((life - 1) % u64::from(all)) as u32;
    PARTY.invite(all, chosen, life > u64::from(all));
    MEET.store(1, Ordering::SeqCst);
    machine.interrupts.meet_at(Deadline::in_ms(1), &PARTY);
    let deadline = Deadline::in_ms(PATIENCE_MS);
    while !deadline.passed() {
        core::hint::spin_loop();
    }
    let inside = PARTY.inside();
    Err(failure!(
        "life {life}: {inside} of {all} are in their handlers, and no reset"
    ))
}

extern "C" fn other_processor(_: u64) {
    let [gicd, gicc] = [0, 1].map(|nth| GIC[nth].load(Ordering::SeqCst));
    // SAFETY: the first processor found a GICv2 there; each has its own view of it.
    if let Some(mut interrupts) = unsafe { Interrupts::new(gicd, gicc) } {
        sleep(&mut interrupts);
        while MEET.load(Ordering::SeqCst) == 0 {
            interrupts.wait(Deadline::in_ms(1));
        }
        interrupts.meet_at(Deadline::in_ms(1), &PARTY);
    }
    loop {
        core::hint::spin_loop();
    }
}

/// Sleeps, and notes how long.
fn sleep(interrupts: &mut Interrupts) {
    let start = now();
    if interrupts.wait(Deadline::in_ms(SLEEP_MS)) == Woken::Timeout {
        let ticks = now().saturating_sub(start).max(1);
        SLEPT[number() as usize & 7].store(ticks, Ordering::SeqCst);
    }
}

/// Whether a processor's sleep was as long as it should.
fn slept(nth: u32) -> Result<(), Failure> {
    let slept = &SLEPT[nth as usize & 7];
    let deadline = Deadline::in_ms(PATIENCE_MS);
    while slept.load(Ordering::SeqCst) == 0 {
        if deadline.passed() {
            return Err(failure!("no timer interrupt"));
        }
        core::hint::spin_loop();
    }
    let (ticks, ms) = (slept.load(Ordering::SeqCst), frequency() / 1000);
    if (SLEEP_MS * ms..(SLEEP_MS + LATE_MS) * ms).contains(&ticks) {
        Ok(())
    } else {
        Err(failure!("a sleep of {SLEEP_MS} ms took {ticks} ticks"))
    }
}
