// SPDX-License-Identifier: BSD-2-Clause

//! The watcher: attached all the time, signalled once.

use super::connection::attach;
use super::factory;
use crate::machine::{Deadline, Region, Woken};
use crate::run::{Failure, Machine};
use crate::{failure, say};
use bare_guests::protocol::{Data, NEEDED_PAGES, PEERS};
use bare_guests::watcher::{News, Watcher};

/// Plays the watcher.
pub fn watcher(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let mut factory = factory(machine)?;
    let mut region = attach(machine, &mut factory)?;
    let idx = u8::try_from(region.idx()).ok().filter(|idx| *idx < PEERS);
    let idx = idx.ok_or_else(|| failure!("the device says that my index is {}", region.idx()))?;
    let data = Data::new(region.data())
        .ok_or_else(|| failure!("the region has fewer than {NEEDED_PAGES} pages"))?;
    let mut judge = Watcher::new(data, idx).map_err(|error| failure!("{error}"))?;
    let first = look(&mut region, &mut judge)?;
    if first.signalled {
        return Err(failure!("signalled before anybody knew me"));
    }
    data.answer(idx, "watcher");
    say!("watcher: answered the roll call as connection {idx}; sleeping until I am signalled");

    let mut wakes = wait(
        machine,
        &mut region,
        &mut judge,
        "the sender's signal",
        |news| news.signalled,
    )?;
    say!(
        "watcher: signalled by the sender alone, once, after {} bytes went by",
        data.length()
    );
    data.acknowledge(idx);
    wakes += wait(
        machine,
        &mut region,
        &mut judge,
        "the sender to detach",
        |news| news.sender_left,
    )?;
    region.detach();
    say!("watcher: the sender has left; detached after {wakes} interrupts");
    Ok(())
}

/// Sleeps until `done`, judging every read of the status; returns the interrupts.
fn wait(
    machine: &mut Machine<'_>,
    region: &mut Region,
    judge: &mut Watcher<'_>,
    what: &str,
    done: impl Fn(&News) -> bool,
) -> Result<u64, Failure> {
    let seconds = machine.arguments.timeout;
    let deadline = Deadline::in_ms(seconds.saturating_mul(1000));
    let mut interrupts = 0;
    loop {
        match machine.interrupts.wait(deadline) {
            Woken::Device => {
                interrupts += 1;
                let news = look(region, judge);
                machine.interrupts.end_device();
                if done(&news?) {
                    return Ok(interrupts);
                }
            }
            Woken::Timeout => {
                return Err(failure!("waited {seconds} s for {what}, in vain"));
            }
        }
    }
}

fn look(region: &mut Region, judge: &mut Watcher<'_>) -> Result<News, Failure> {
    let news = judge
        .observe(region.status())
        .map_err(|error| failure!("{error}"))?;
    if let Some((before, now)) = news.changed {
        say!("watcher: attached were {before}, now {now}");
    }
    Ok(news)
}
