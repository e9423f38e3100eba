// SPDX-License-Identifier: BSD-2-Clause

//! A reader of the clock that a host keeps in a region, which this guest may only read.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use ghstest::clock::Reader;

/// Times that it must be seen to go on.
const STEPS: u32 = 5;
/// Between two looks.
const LOOK_MS: u64 = 3;

/// Reads the clock until it has gone on often enough.
pub fn clock(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let region = attach(machine, &mut factory)?;
    let view = region.view().map_err(|error| failure!("{error}"))?;
    let deadline = Deadline::in_ms(machine.arguments.timeout.saturating_mul(1000));
    let (mut first, mut last, mut steps) = (None, 0, 0);
    while steps < STEPS {
        if deadline.passed() {
            return Err(failure!("it went on {steps} times, not {STEPS}"));
        }
        // Anew each time: the clock may not be there yet.
        let time = match Reader::new(view, region.generation()) {
            Ok(mut reader) => reader.get().map_err(|error| failure!("{error}"))?,
            Err(shmem_rings::AttachError::NotReady) => None,
            Err(error) => return Err(failure!("{error}")),
        };
        if let Some(ms) = time {
            let began = *first.get_or_insert(ms);
            if ms < last {
                return Err(failure!("it went back from {last} to {ms}"));
            }
            steps += u32::from(ms > last && ms > began);
            last = ms;
        }
        if machine.interrupts.wait(Deadline::in_ms(LOOK_MS)) == Woken::Device {
            machine.interrupts.end_device();
        }
    }
    let began = first.unwrap_or(last);
    say!("clock: it went from {began} to {last} ms");
    region.detach();
    Ok(())
}
