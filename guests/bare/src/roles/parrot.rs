// SPDX-License-Identifier: BSD-2-Clause

//! The parrot: says again what is typed to it, as somebody on the other end of a
//! console would. With a shared-memory device it is attached to its region all the
//! while.
//!
//! | line | what it does |
//! |---|---|
//! | `flood N` | says N lines, as fast as it can |
//! | `deaf N` | reads no keys for N ms |
//! | `deaf` | reads no keys until a peer signals |
//! | `nudge` | signals its peers |
//! | `sum` | says how much it heard since the last `sum`, up to this line |
//! | `again NAME N` | attaches NAME with N MiB, writes, detaches, and attaches it again: that has to wait for clean memory |
//! | `signal N SET` | signals N times the connections of SET, in hexadecimal digits |
//! | `spin N` | does nothing for N ms, without a WFI |
//! | `panic` | panics |
//! | `crash` | fails: its exception vectors are nowhere |
//! | `quit` | passes its check |
//! | any other | says it again, with its length |

use super::connection::{attach, attach_named};
use super::factory;
use crate::machine::{Deadline, Factory, Region, Woken, crash, key};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::heard::Heard;
use core::sync::atomic::{AtomicU32, Ordering};
use heapless::String;

/// Longest line.
const LINE: usize = 400;
/// How often it looks for keys.
const LOOK_MS: u64 = 5;
/// Pages of a MiB.
const MEGABYTE: u32 = 256;
/// Words between those that are written and looked at: one a MiB.
const STRIDE: usize = 0x4_0000;

struct Parrot<'m, 'a> {
    machine: &'m mut Machine<'a>,
    /// With a shared-memory device.
    shared: Option<(Factory, Region)>,
    heard: Heard,
}

/// Plays the parrot.
pub fn parrot(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let shared = match machine.devices.guest_shm {
        Some(_) => {
            let mut factory = factory(machine)?;
            let region = attach(machine, &mut factory)?;
            Some((factory, region))
        }
        None => None,
    };
    say!("parrot: ready");
    let mut parrot = Parrot {
        machine,
        shared,
        heard: Heard::default(),
    };
    let mut line: String<LINE> = String::new();
    let mut before = parrot.heard;
    loop {
        while let Some(byte) = key() {
            parrot.heard.hear(byte);
            if byte != b'\r' {
                // What is longer is cut, and the length tells.
                let _ = line.push(char::from(byte));
                continue;
            }
            if line == "quit" {
                if let Some((_, region)) = parrot.shared {
                    region.detach();
                }
                return Ok(());
            }
            parrot.take(&line, before)?;
            line.clear();
            before = parrot.heard;
        }
        parrot.heard.pause();
        parrot.sleep(Some(LOOK_MS));
    }
}

impl Parrot<'_, '_> {
    /// A line; `before` is what was heard before it.
    fn take(&mut self, line: &str, before: Heard) -> Result<(), Failure> {
        let mut words = line.split_whitespace();
        let parts = [(); 3].map(|()| words.next());
        let number = |word: &str| word.parse::<u64>().ok();
        match parts {
            [Some("flood"), Some(count), None] => flood(number(count).unwrap_or(0)),
            [Some("deaf"), ms, None] => {
                say!("parrot: deaf");
                self.sleep(ms.and_then(number));
                say!("parrot: hears again");
            }
            [Some("nudge"), None, None] => {
                if let Some((_, region)) = &mut self.shared {
                    region.signal(0xffff & !(1 << region.idx()));
                }
            }
            [Some("sum"), None, None] => {
                let Heard {
                    bytes,
                    lines,
                    hash,
                    at_once,
                    ..
                } = self.heard.tell(before);
                say!(
                    "parrot: heard {bytes} bytes in {lines} lines, hash {hash:08x}, {at_once} at once"
                );
            }
            [Some("signal"), Some(count), Some(set)] => self.signal(count, set),
            [Some("spin"), Some(ms), None] => {
                say!("parrot: spins");
                let deadline = Deadline::in_ms(number(ms).unwrap_or(0));
                while !deadline.passed() {}
                say!("parrot: has spun");
            }
            [Some("panic"), None, None] => panic!("as it was told"),
            [Some("crash"), None, None] => crash(&mut self.machine.mmu),
            [Some("again"), Some(name), Some(size)] => {
                self.again(name, size.parse().unwrap_or(1) * MEGABYTE)?;
            }
            _ => say!("parrot: {} bytes: {line}", line.len()),
        }
        Ok(())
    }

    fn signal(&mut self, count: &str, set: &str) {
        let (count, set) = (count.parse::<u32>(), u32::from_str_radix(set, 16));
        let (Some((_, region)), Ok(count), Ok(set)) = (&mut self.shared, count, set) else {
            return say!("parrot: has nothing to signal by, or does not understand how");
        };
        for _ in 0..count {
            region.signal(set);
        }
        say!("parrot: signalled {count} times {set:x}");
    }

    /// Attaches memory that was its own until just now.
    fn again(&mut self, name: &str, pages: u32) -> Result<(), Failure> {
        let Some((factory, _)) = &mut self.shared else {
            return Err(failure!("no shared memory to attach {name}"));
        };
        let region = attach_named(self.machine, factory, name, pages)?;
        for word in region.data().iter().step_by(STRIDE) {
            word.store(u32::MAX, Ordering::Relaxed);
        }
        region.detach();
        say!("parrot: attaches {name} again");
        let region = attach_named(self.machine, factory, name, pages)?;
        let dirty = |word: &&AtomicU32| word.load(Ordering::Relaxed) != 0;
        let dirty = region.data().iter().step_by(STRIDE).filter(dirty).count();
        say!("parrot: attached {name} again, {dirty} words are not clean");
        region.detach();
        Ok(())
    }

    /// Sleeps so long; or until a peer signals.
    fn sleep(&mut self, ms: Option<u64>) {
        let deadline = Deadline::in_ms(ms.unwrap_or(u64::MAX));
        while !deadline.passed() {
            if self.machine.interrupts.wait(deadline) == Woken::Device {
                // A peer came, went or signalled: reading the status lowers the line.
                let status = self.shared.as_mut().map(|(_, region)| region.status());
                self.machine.interrupts.end_device();
                if ms.is_none() && status.is_some_and(|status| status & 0xffff != 0) {
                    return;
                }
            }
        }
    }
}

fn flood(count: u64) {
    for n in 0..count {
        say!("parrot: flood {n}");
    }
    say!("parrot: flooded");
}
