// SPDX-License-Identifier: BSD-2-Clause

//! The domain itself: configuration, one log line, the loop.

use aarch64_cpu::{
    asm::barrier,
    registers::{CNTPCT_EL0, Readable},
};
use core::fmt::Write;
use core::ptr::with_exposed_provenance;
use heapless::Vec;
use sel4_microkit::{Channel, Never, protection_domain, var};
use tombolo_config::{Output, clock::ClockConfig};
use tombolo_pages::{
    deadline::DeadlinePage,
    ring::{OutputRing, Producer},
};

/// A sleeper, ready for use.
struct Sleeper {
    page: &'static DeadlinePage,
    channel: Channel,
}

#[protection_domain]
fn init() -> Never {
    let config: ClockConfig = tombolo_config::decode(blob()).expect("clock's configuration");
    let sleepers: Vec<Sleeper, 62> = config
        .sleepers
        .iter()
        .map(|sleeper| Sleeper {
            page: page(sleeper.page),
            channel: Channel::new(usize::from(sleeper.channel)),
        })
        .collect();
    announce(config.output, sleepers.len());
    keep_time(&sleepers)
}

fn announce(output: Output, sleepers: usize) {
    let ring: &OutputRing = page(output.ring);
    // The ring's writer counts what does not fit and never fails.
    let _ = writeln!(
        Producer::new(ring),
        "watching the deadlines of {sleepers} sleepers, once a period"
    );
    Channel::new(usize::from(output.channel)).notify();
}

fn keep_time(sleepers: &[Sleeper]) -> ! {
    loop {
        // The counter may be read early (Arm ARM, D12.1.2): the barrier keeps it
        // behind what this round starts after.
        barrier::isb(barrier::SY);
        let now = CNTPCT_EL0.get();
        for sleeper in sleepers {
            if sleeper.page.due(now) {
                sleeper.channel.notify();
            }
        }
        sel4::r#yield();
    }
}

/// The configuration blob; empty, and so refused, if the tool patched nothing.
fn blob() -> &'static [u8] {
    let (address, size) = (
        *var!(config_address: usize = 0),
        *var!(config_size: usize = 0),
    );
    if address == 0 {
        return &[];
    }
    // SAFETY: the tool patched both symbols: `size` bytes at `address` are mapped
    // read-only into this domain for its whole life.
    unsafe { core::slice::from_raw_parts(with_exposed_provenance(address), size) }
}

/// A shared page that the configuration names.
fn page<T>(address: u64) -> &'static T {
    let pointer = with_exposed_provenance(address as usize);
    // SAFETY: the generator maps a memory region of that layout, page-aligned,
    // at the address it put into the blob, for this domain's whole life. The
    // layouts of `tombolo_pages` are atomics only, so any content is a value and
    // other writers are no data race.
    unsafe { &*pointer }
}
