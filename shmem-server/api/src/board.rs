// SPDX-License-Identifier: BSD-2-Clause

//! The board: one page per client, shared by the server and that client alone.
//!
//! One word per connection handle: pending 15:0, active 31:16, changed 32. The
//! server sets bits, the client clears pending and changed when its guest reads
//! `status`. The server believes only the pending bits it reads back; the rest
//! it keeps privately and rewrites, so a client that scribbles hurts itself.

#[cfg(loom)]
use loom::sync::atomic::{AtomicU64, Ordering};

#[cfg(not(loom))]
use core::sync::atomic::{AtomicU64, Ordering};

use crate::MAX_CONNECTIONS;

const PENDING: u64 = 0x0000_ffff;
const ACTIVE: u64 = 0xffff_0000;
const CHANGED: u64 = 1 << 32;

/// One connection's word.
#[derive(Debug, Default)]
#[repr(transparent)]
pub struct BoardWord(AtomicU64);

/// What a client's read of a word gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Value of the guest's `status` register: pending 15:0, active 31:16.
    pub status: u32,
}

impl BoardWord {
    /// Server, at attach: the word afresh. Raises the line if others are there
    /// to be seen.
    pub fn start(&self, active: u16) {
        self.0.store(u64::from(active) << 16, Ordering::Release);
    }

    /// Server, when the connection has ended: nothing is pending or changed.
    pub fn end(&self) {
        self.0.store(0, Ordering::Release);
    }

    /// Server: index `from` signals. Returns whether to notify the client's
    /// channel: true iff nothing was pending or changed before.
    #[must_use]
    pub fn signal(&self, from: u8) -> bool {
        // AcqRel: Release publishes what the sender wrote before its signal;
        // pairs with `take`.
        let before = self.0.fetch_or(1 << (from & 15), Ordering::AcqRel);
        before & (PENDING | CHANGED) == 0
    }

    /// Server: the set of attached connections is now `active`; `forget` are
    /// pending bits of indices that went away. Returns whether to notify.
    #[must_use]
    pub fn set_active(&self, active: u16, forget: u16) -> bool {
        let mut before = self.0.load(Ordering::Relaxed);
        loop {
            let kept = before & PENDING & !u64::from(forget);
            let after = kept | u64::from(active) << 16 | CHANGED;
            match self.0.compare_exchange(before, after, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return before & (PENDING | CHANGED) == 0,
                // Bounded: the only other writer is the client, which clears
                // bits in a single step; a client that scribbles in a loop is
                // cut off below.
                Err(now) => before = now,
            }
        }
    }

    /// Server: the pending bits, as the client alleges.
    pub fn pending(&self) -> u16 {
        // Lossless: masked to 16 bits.
        (self.0.load(Ordering::Acquire) & PENDING) as u16
    }

    /// Client, when its guest reads `status`: clears pending and changed.
    pub fn take(&self) -> Taken {
        let before = self.0.fetch_and(ACTIVE, Ordering::AcqRel);
        Taken { status: (before & (PENDING | ACTIVE)) as u32 }
    }

    /// Client: whether the guest's line is to be high for this connection.
    pub fn line(&self) -> bool {
        self.0.load(Ordering::Acquire) & (PENDING | CHANGED) != 0
    }
}

/// The page: a word per connection handle, and one for the server's notices.
#[derive(Debug)]
#[repr(C)]
pub struct Board {
    /// By connection handle.
    pub words: [BoardWord; MAX_CONNECTIONS],
}
