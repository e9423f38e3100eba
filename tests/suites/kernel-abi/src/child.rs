// SPDX-License-Identifier: BSD-2-Clause

//! A child to experiment with: says that it started, then waits for ever.
//!
//! Why: the runner stops it, points it at code of its own and looks at what the
//! kernel makes of that code; nothing here takes part.

#![no_std]
#![no_main]

use core::sync::atomic::{AtomicU64, Ordering};
use sel4_microkit::{NullHandler, memory_region_symbol, pd_name, protection_domain};

/// Words of the shared page: the number of children that started, then their names.
const WORDS: usize = 512;
/// Where the list of started children begins in it, as in the runner.
const STARTED: usize = 480;

#[protection_domain]
fn init() -> NullHandler {
    let shared = memory_region_symbol!(shared: *mut [AtomicU64; WORDS]);
    // SAFETY: the region is that large, mapped for as long as this runs, and
    // everybody accesses it as atomic words.
    let shared = unsafe { shared.as_ref() };
    let place = shared[STARTED].fetch_add(1, Ordering::Relaxed);
    let slot = usize::try_from(place).map_or(WORDS, |place| STARTED + 1 + place);
    if let Some(word) = shared.get(slot) {
        word.store(name(), Ordering::Relaxed);
    }
    NullHandler::new()
}

/// The first eight bytes of this protection domain's name, first byte lowest.
fn name() -> u64 {
    let bytes = pd_name().unwrap_or_default().bytes().take(8);
    bytes.enumerate().fold(0, |word, (index, byte)| {
        word | u64::from(byte) << (8 * index)
    })
}
