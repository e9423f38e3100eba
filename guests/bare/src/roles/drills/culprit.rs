// SPDX-License-Identifier: BSD-2-Clause

//! The culprit: commits the misdeed of `tombolo.script` when it is told to, by the
//! giver or by somebody who types the misdeed's name, and is at peace in the life after
//! that.

use super::super::connection::{attach, attach_named};
use super::super::{factory, offend};
use super::manager::outlive_manager;
use super::plant::plant;
use super::row;
use crate::machine::{Deadline, End, Factory, Region, Woken, crash, key, pour, reset, spin};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::drills::{Misdeed, Row};
use core::sync::atomic::Ordering;

/// Between two looks at its row.
const LOOK_MS: u64 = 100;
/// Each life that a timer ends is so much longer than the one before.
const STEP_US: u64 = 29;
/// Stores at which its monitor asks nonsense.
const STORES: u32 = 50;
/// Pages of the region that it attaches beside.
const OWN: u32 = 16;

/// What is typed.
type Line = heapless::String<32>;

/// Plays culprit `tombolo.number`; it never ends by itself.
pub fn culprit(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let Some(misdeed) = Misdeed::find(machine.arguments.script) else {
        return Err(failure!("no such misdeed: {}", machine.arguments.script));
    };
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let row = row(region.data(), machine.arguments.number)?;
    let life = row.live();
    let mut line = Line::new();
    loop {
        if typed(&mut line, misdeed.name()) {
            row.tell();
        }
        if row.is_told() && life <= misdeed.deaths() {
            commit(machine, (&mut factory, &mut region, &row), misdeed, life)?;
        }
        // The signal that tells may be read before the row says so, and the other way
        // round: it looks anyway.
        if machine.interrupts.wait(Deadline::in_ms(LOOK_MS)) == Woken::Device {
            region.status();
            machine.interrupts.end_device();
        }
    }
}

/// Takes the keys that have come. True: that word was a line of its own.
fn typed(line: &mut Line, word: &str) -> bool {
    while let Some(byte) = key() {
        if byte != b'\r' {
            // What is longer is no misdeed.
            let _ = line.push(char::from(byte));
            continue;
        }
        let is_it = line == word;
        if !is_it {
            say!("culprit: knows only the word {word}");
        }
        line.clear();
        if is_it {
            return true;
        }
    }
    false
}

fn commit(
    machine: &mut Machine<'_>,
    (factory, region, row): (&mut Factory, &mut Region, &Row<'_>),
    misdeed: Misdeed,
    life: u32,
) -> Result<(), Failure> {
    let others = 0xffff & !(1 << region.idx());
    // Those begin when the manager is gone, and when everything is planted.
    if !matches!(misdeed, Misdeed::ManagerFault | Misdeed::Plant) {
        row.begin();
    }
    match misdeed {
        Misdeed::Panic => panic!("as it was told"),
        Misdeed::Crash => crash(&mut machine.mmu),
        Misdeed::Spin | Misdeed::Hang => loop {
            spin(1000);
        },
        Misdeed::Chatter => {
            for number in 0_u64.. {
                say!("chatter {number}: {:->100}", "");
            }
        }
        Misdeed::Deluge => loop {
            pour(b"deluge -------------------------------------------------------\r\n");
        },
        Misdeed::Doorbell => loop {
            region.signal(others);
        },
        Misdeed::Plant => plant(machine, row)?,
        Misdeed::VmmFault | Misdeed::VmmLost => offend(machine, 1)?,
        Misdeed::VmmNonsense => {
            offend(machine, STORES)?;
            reset();
        }
        Misdeed::VmmEnd => {
            let _own = attach_named(machine, factory, "own", OWN)?;
            offend(machine, 1)?;
        }
        Misdeed::ManagerFault => outlive_manager(machine, row)?,
        Misdeed::ResetAttach => {
            reset_soon(machine, life);
            loop {
                attach_named(machine, factory, "own", OWN)?.detach();
            }
        }
        Misdeed::ResetCopy => {
            reset_soon(machine, life);
            let data = region.data();
            for value in 0.. {
                for word in &data[data.len() / 2..] {
                    word.store(value, Ordering::Relaxed);
                }
            }
        }
    }
    Ok(())
}

/// The timer ends this life, each time a little later.
fn reset_soon(machine: &mut Machine<'_>, life: u32) {
    let deadline = Deadline::in_us(STEP_US * u64::from(life));
    machine.interrupts.end_at(deadline, End::Reset, None);
}
