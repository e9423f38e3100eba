// SPDX-License-Identifier: BSD-2-Clause

//! The meter: its share of the processor beside a Linux guest that boots and then
//! idles, and beside a guest that spins.
//!
//! Both neighbours have the same priority as the meter. While one is busy the meter
//! gets about half: that shows that it would notice.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, frequency, now, spin};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::share::Share;

/// Turns of the loop in one chunk: some 40 us.
const CHUNK: u64 = 20_000;
/// A look at whether the neighbour is busy, and the sleep before it.
const LOOK_MS: u64 = 30;
const SLEEP_MS: u64 = 150;
/// Looks in a row that must find it idle.
const LOOKS: u32 = 8;
/// The measurements that count.
const MEASURE_MS: u64 = 1000;
/// More than this is what an idle neighbour must leave, in percent.
const IDLE: u64 = 85;
/// Less than this is what a busy one must leave.
const BUSY: u64 = 65;

/// Plays the meter.
pub fn meter(machine: &mut Machine<'_>) -> Result<(), Failure> {
    // The shortest chunk ever is what the loop takes undisturbed.
    let mut chunk = u64::MAX;
    let mut factory = factory(machine)?;
    let booting = wait_until_idle(machine, &mut chunk)?;
    say!("meter: {booting}% beside the Linux guest while it booted");
    let idle = measure(MEASURE_MS, &mut chunk)?;
    say!("meter: {idle}% of {MEASURE_MS} ms beside the idle Linux guest");
    // The attach lets the manager start the spinner.
    attach(machine, &mut factory)?;
    sleep(machine, SLEEP_MS);
    let busy = measure(MEASURE_MS, &mut chunk)?;
    say!("meter: {busy}% of {MEASURE_MS} ms beside a guest that spins");
    if booting >= BUSY {
        return Err(failure!("a booting guest left {booting}%: not noticed"));
    }
    if idle <= IDLE {
        return Err(failure!(
            "an idle guest left {idle}%, not more than {IDLE}%"
        ));
    }
    if busy >= BUSY {
        return Err(failure!("a spinning guest left {busy}%: not noticed"));
    }
    Ok(())
}

/// Spins for ever, without a trap.
pub fn spinner() -> ! {
    say!("spinner: from now on");
    loop {
        spin(CHUNK);
    }
}

/// Looks until the neighbour is idle after it was busy; returns the least share.
fn wait_until_idle(machine: &mut Machine<'_>, chunk: &mut u64) -> Result<u64, Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    let mut least = 100;
    let mut idle = 0;
    while idle < LOOKS {
        if deadline.passed() {
            return Err(failure!("the neighbour was not idle within {seconds} s"));
        }
        let share = measure(LOOK_MS, chunk)?;
        least = least.min(share);
        let quiet = share > IDLE && least < BUSY;
        idle = if quiet { idle + 1 } else { 0 };
        sleep(machine, SLEEP_MS);
    }
    Ok(least)
}

/// The share in the next `ms`. `chunk`: the shortest chunk so far.
pub(super) fn measure(ms: u64, chunk: &mut u64) -> Result<u64, Failure> {
    let end = now().saturating_add(frequency().saturating_mul(ms) / 1000);
    let mut share = Share::new();
    let mut before = now();
    while before < end {
        spin(CHUNK);
        let after = now();
        share.chunk(after.saturating_sub(before));
        before = after;
    }
    *chunk = share.shortest().min(*chunk);
    share
        .percent(*chunk)
        .ok_or_else(|| failure!("the counter does not count"))
}

fn sleep(machine: &mut Machine<'_>, ms: u64) {
    let deadline = Deadline::in_ms(ms);
    while !deadline.passed() {
        if machine.interrupts.wait(deadline) == crate::machine::Woken::Device {
            machine.interrupts.end_device();
        }
    }
}
