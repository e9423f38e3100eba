// SPDX-License-Identifier: BSD-2-Clause

//! How often this guest has started, in memory that a reset leaves as it is.

use core::sync::atomic::{AtomicU64, Ordering};

/// Says that the number beside it is ours, and not what memory held at power-on.
const MARK: u64 = u64::from_le_bytes(*b"lives\0\0\0");

/// The image does not cover it, and the start code does not zero it.
#[unsafe(link_section = ".noinit")]
static LIVES: [AtomicU64; 2] = [const { AtomicU64::new(0) }; 2];

/// Counts this start; the first is 1. To be called once.
pub fn count_life() -> u64 {
    let [mark, lives] = &LIVES;
    if mark.swap(MARK, Ordering::Relaxed) != MARK {
        lives.store(0, Ordering::Relaxed);
    }
    lives.fetch_add(1, Ordering::Relaxed) + 1
}
