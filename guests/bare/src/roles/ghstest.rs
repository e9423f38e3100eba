// SPDX-License-Identifier: BSD-2-Clause

//! A guest's part in the conversation of the sample pair: the original's `ghstest`.
//!
//! Nobody types here: what it says, and what it waits to hear, is the script in
//! `tombolo.script` (see the crate `ghstest`).

use super::connection::attach;
use super::factory;
use crate::machine::{Console, Deadline, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use core::sync::atomic::{AtomicU32, Ordering};
use ghstest::{Memory, Next, Script, Session};

/// `notify` of everyone else.
const OTHERS: u32 = u32::MAX;

/// A region's data as 64-bit words.
struct Words(&'static [AtomicU32]);

impl Memory for Words {
    fn load(&self, at: usize) -> u64 {
        let half = |at: usize| {
            self.0
                .get(at)
                .map_or(0, |word| word.load(Ordering::Relaxed))
        };
        u64::from(half(2 * at)) | u64::from(half(2 * at + 1)) << 32
    }

    fn store(&self, at: usize, value: u64) {
        if let Some([low, high]) = self.0.get(2 * at..2 * at + 2) {
            // Both lossless: the two halves.
            low.store(value as u32, Ordering::Relaxed);
            high.store((value >> 32) as u32, Ordering::Relaxed);
        }
    }
}

/// Plays the script to its end.
pub fn ghstest(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let script = Script::parse(machine.arguments.script).map_err(|error| failure!("{error}"))?;
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let own = u8::try_from(region.idx())
        .map_err(|_| failure!("the device says that my index is {}", region.idx()))?;
    say!("ghstest: own index {own}");
    let mut session = Session::new(Words(region.data()), own, script);
    let look = |region: &mut Region, session: &mut Session<Words>| {
        // The console swallows what it cannot show: no error.
        let _ = session.status(region.status(), &mut Console);
    };
    // What is attached now may have come before the interrupt was enabled.
    look(&mut region, &mut session);
    let mut asleep = None;
    loop {
        let deadline = match session.advance() {
            Next::Poke => {
                region.signal(OTHERS);
                continue;
            }
            Next::Quit => break,
            Next::Listen => Deadline::in_ms(machine.arguments.timeout.saturating_mul(1000)),
            Next::Sleep(ms) => *asleep.get_or_insert(Deadline::in_ms(u64::from(ms))),
        };
        match machine.interrupts.wait(deadline) {
            Woken::Device => {
                look(&mut region, &mut session);
                machine.interrupts.end_device();
            }
            Woken::Timeout if asleep.take().is_some() => session.slept(),
            Woken::Timeout => return Err(gave_up(machine, &session)),
        }
    }
    region.detach();
    say!("ghstest: detached");
    Ok(())
}

fn gave_up(machine: &Machine<'_>, session: &Session<Words>) -> Failure {
    let seconds = machine.arguments.timeout;
    match session.waits_for() {
        Some(step) => failure!("waited {seconds} s in vain for {step}"),
        None => failure!("no script, and nothing to hear for {seconds} s"),
    }
}
