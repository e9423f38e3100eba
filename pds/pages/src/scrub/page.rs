// SPDX-License-Identifier: BSD-2-Clause

//! Cleaning requests from the server to the scrubber. One page.
//!
//! Per slot two words. The server increments `requested` to ask for cleaning;
//! the scrubber zeroes the whole slot, cleans and invalidates it to the point
//! of coherency, copies the number it served to `done`, and notifies. A slot is
//! clean when both are equal. The server asks again only after that: a number does
//! not change while a slot is being cleaned.

use core::sync::atomic::{AtomicU32, Ordering};

/// Most slots in a system.
pub const MAX_SLOTS: usize = 128;

/// One slot's words.
#[derive(Debug, Default)]
#[repr(C)]
pub struct SlotWords {
    /// Writer: server.
    requested: AtomicU32,
    /// Writer: scrubber.
    done: AtomicU32,
}

impl SlotWords {
    /// Nothing asked.
    pub const fn new() -> Self {
        Self {
            requested: AtomicU32::new(0),
            done: AtomicU32::new(0),
        }
    }

    /// Server: ask for one cleaning; returns its number.
    pub fn request(&self) -> u32 {
        let number = self.requested.load(Ordering::Relaxed).wrapping_add(1);
        // Release: what the server did before (dropping connections) comes first.
        self.requested.store(number, Ordering::Release);
        number
    }

    /// Scrubber: the number to serve, if the slot is waiting for one.
    pub fn pending(&self) -> Option<u32> {
        let requested = self.requested.load(Ordering::Acquire);
        (requested != self.done.load(Ordering::Relaxed)).then_some(requested)
    }

    /// Scrubber: cleaning number `number` is complete and coherent.
    pub fn complete(&self, number: u32) {
        // Release: pairs with the server's Acquire in `is_clean`, so the zeroes
        // are visible to whoever gets the slot next.
        self.done.store(number, Ordering::Release);
    }

    /// Server: whether cleaning number `number` is complete.
    pub fn is_done(&self, number: u32) -> bool {
        self.done.load(Ordering::Acquire) == number
    }
}

/// The page.
#[derive(Debug)]
#[repr(C)]
pub struct ScrubPage {
    /// By slot number.
    pub slots: [SlotWords; MAX_SLOTS],
}

impl Default for ScrubPage {
    /// Nothing asked.
    fn default() -> Self {
        Self {
            slots: [const { SlotWords::new() }; MAX_SLOTS],
        }
    }
}
