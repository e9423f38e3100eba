// SPDX-License-Identifier: BSD-2-Clause

//! The parrot: says again what is typed to it, as somebody on the other end of a
//! console would. With a shared-memory device it is attached to its region all the
//! while.
//!
//! | line | what it does |
//! |---|---|
//! | `flood N` | says N lines, as fast as it can |
//! | `deaf N` | reads no keys for N ms |
//! | `quit` | passes its check |
//! | any other | says it again, with its length |

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken, key};
use crate::run::{Failure, Machine};
use crate::say;
use heapless::String;

/// Longest line.
const LINE: usize = 400;
/// How often it looks for keys.
const LOOK_MS: u64 = 5;

/// Plays the parrot.
pub fn parrot(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut connection = match machine.devices.guest_shm {
        Some(_) => {
            let mut factory = factory(machine)?;
            Some(attach(machine, &mut factory)?)
        }
        None => None,
    };
    say!("parrot: ready");
    let mut line: String<LINE> = String::new();
    loop {
        while let Some(byte) = key() {
            if byte != b'\r' {
                // What is longer is cut, and the length tells.
                let _ = line.push(char::from(byte));
            } else if line == "quit" {
                if let Some(region) = connection {
                    region.detach();
                }
                return Ok(());
            } else {
                heard(machine, connection.as_mut(), &line);
                line.clear();
            }
        }
        sleep(machine, connection.as_mut(), LOOK_MS);
    }
}

fn heard(machine: &mut Machine<'_>, connection: Option<&mut Region>, line: &str) {
    let number = |text: &str| text.trim().parse::<u64>().ok();
    if let Some(count) = line.strip_prefix("flood ").and_then(number) {
        for n in 0..count {
            say!("parrot: flood {n}");
        }
        say!("parrot: flooded");
    } else if let Some(ms) = line.strip_prefix("deaf ").and_then(number) {
        say!("parrot: deaf");
        sleep(machine, connection, ms);
        say!("parrot: hears again");
    } else {
        say!("parrot: {} bytes: {line}", line.len());
    }
}

fn sleep(machine: &mut Machine<'_>, mut connection: Option<&mut Region>, ms: u64) {
    let deadline = Deadline::in_ms(ms);
    while !deadline.passed() {
        if machine.interrupts.wait(deadline) == Woken::Device {
            // A peer came, went or signalled: reading the status lowers the line.
            if let Some(region) = &mut connection {
                region.status();
            }
            machine.interrupts.end_device();
        }
    }
}
