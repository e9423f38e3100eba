// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, one log line, the loop.

use crate::round::round;
use core::fmt::Write;
use heapless::Vec;
use sel4_microkit::{Channel, Never, protection_domain};
use tombolo_config::{Output, clock::ClockConfig};
use tombolo_pages::{
    deadline::DeadlinePage,
    ring::{OutputRing, Producer},
};
use tombolo_start::{StartError, channel, configuration, counter, shared};

/// A sleeper, ready for use.
struct Sleeper {
    page: &'static DeadlinePage,
    channel: Channel,
}

#[protection_domain]
fn init() -> Never {
    match start() {
        Ok(sleepers) => keep_time(&sleepers),
        Err(error) => panic!("clock cannot start: {error}"),
    }
}

fn start() -> Result<Vec<Sleeper, 62>, StartError> {
    let config: ClockConfig = configuration()?;
    let sleepers: Vec<Sleeper, 62> = config
        .sleepers
        .iter()
        .map(|sleeper| {
            Ok(Sleeper {
                page: shared("a deadline page", sleeper.page)?,
                channel: channel(sleeper.channel)?,
            })
        })
        .collect::<Result<_, StartError>>()?;
    announce(config.output, sleepers.len())?;
    Ok(sleepers)
}

fn announce(output: Output, sleepers: usize) -> Result<(), StartError> {
    let ring: &OutputRing = shared("the log", output.ring)?;
    // The ring's writer counts what does not fit and never fails.
    let _ = writeln!(
        Producer::new(ring),
        "watching the deadlines of {sleepers} sleepers, once a period"
    );
    channel(output.channel)?.notify();
    Ok(())
}

fn keep_time(sleepers: &[Sleeper]) -> ! {
    loop {
        let pages = sleepers.iter().map(|sleeper| sleeper.page);
        round(pages, counter::now(), |position| {
            if let Some(sleeper) = sleepers.get(position) {
                sleeper.channel.notify();
            }
        });
        sel4::r#yield();
    }
}
