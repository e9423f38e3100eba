// SPDX-License-Identifier: BSD-2-Clause

//! A region's signals, followed over time.
//!
//! A status is taken once, whoever waited for what. So each one is merged into an
//! account here, and every wait looks at the account: a signal that comes
//! while something else is waited for is not lost.
//!
//! Rule: every wait ends, with success or with a reason.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::region::{Peers, Region, Targets};

/// How often a wait looks at the data, where no signal announces a change.
const POLL: Duration = Duration::from_millis(15);

/// An attached region with the account of its signals.
pub struct Link<'a, R> {
    region: &'a R,
    timeout: Duration,
    pending: Peers,
    active: Peers,
}

impl<'a, R: Region> Link<'a, R> {
    /// Follows `region`; no wait takes longer than `timeout`.
    pub fn new(region: &'a R, timeout: Duration) -> Link<'a, R> {
        Link {
            region,
            timeout,
            pending: Peers::NONE,
            active: Peers::NONE,
        }
    }

    /// The region.
    pub fn region(&self) -> &'a R {
        self.region
    }

    /// Who signalled and was not taken yet.
    pub fn pending(&self) -> Peers {
        self.pending
    }

    /// Who is attached, as far as has been read.
    pub fn active(&self) -> Peers {
        self.active
    }

    /// Takes the set of those who signalled.
    pub fn take_pending(&mut self) -> Peers {
        core::mem::take(&mut self.pending)
    }

    /// Signals `peers` and nobody else.
    ///
    /// # Errors
    /// As [`Region::notify`].
    pub fn notify(&self, peers: Peers) -> Result<(), Error> {
        self.region.notify(Targets::from(peers))
    }

    /// Takes what status there is within `time`.
    ///
    /// # Errors
    /// As [`Region::wait`].
    pub fn pump(&mut self, time: Duration) -> Result<(), Error> {
        if let Some(status) = self.region.wait(time)? {
            self.pending = self.pending | status.pending;
            self.active = status.active;
        }
        Ok(())
    }

    /// Waits until `condition` yields something: looked at after each
    /// status and every few milliseconds. `what` completes "waited for ...".
    ///
    /// # Errors
    /// [`Error::Timeout`] when the time is up, what `condition` fails with, and
    /// what [`Region::wait`] fails with.
    pub fn wait_for<T>(
        &mut self,
        what: &str,
        mut condition: impl FnMut(&mut Self) -> Result<Option<T>, Error>,
    ) -> Result<T, Error> {
        let deadline = Instant::now() + self.timeout;
        loop {
            if let Some(value) = condition(self)? {
                return Ok(value);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Error::Timeout {
                    what: what.into(),
                    seconds: self.timeout.as_secs(),
                });
            }
            self.pump(left.min(POLL))?;
        }
    }
}
