// SPDX-License-Identifier: BSD-2-Clause

//! How long keys wait for who has no room for them.
//!
//! Rule: for [`PATIENCE_MS`] nothing is taken from the UART, so that the sender stops;
//! after that keys are taken, dropped and counted, or nobody could type the console's
//! own key any more.

/// How long keys wait for who takes none.
const PATIENCE_MS: u64 = 1000;
/// How often the room is looked at meanwhile.
const LOOK_MS: u64 = 2;

/// Since when there has been no room.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    full_since: Option<u64>,
    ticks_per_ms: u64,
}

impl Patience {
    pub(crate) fn new(ticks_per_ms: u64) -> Self {
        Self {
            full_since: None,
            ticks_per_ms,
        }
    }

    /// Whether to take a key now. Error: when to look again.
    pub(crate) fn take(&mut self, room: bool, now: u64) -> Result<(), u64> {
        if room {
            self.full_since = None;
            return Ok(());
        }
        let since = *self.full_since.get_or_insert(now);
        if now.saturating_sub(since) >= PATIENCE_MS.saturating_mul(self.ticks_per_ms) {
            return Ok(());
        }
        Err(now.saturating_add(LOOK_MS.saturating_mul(self.ticks_per_ms)))
    }

    /// Somebody else has the keys now.
    pub(crate) fn start_again(&mut self) {
        self.full_since = None;
    }
}
