// SPDX-License-Identifier: BSD-2-Clause

//! Requests in, clean slots out.

use crate::shared;
use core::fmt;
use sel4_microkit::{Channel, ChannelSet, Infallible};
use tombolo_config::{BlobError, decode, scrubber::ScrubberConfig};
use tombolo_pages::scrub::{ScrubPage, clean_slot};

/// Why the scrubber cannot start.
pub enum Error {
    /// No blob.
    NoConfiguration,
    /// It cannot be read.
    Blob(BlobError),
    /// Its page's address or its channel is none.
    Numbers,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfiguration => f.write_str("it was given no configuration"),
            Self::Blob(error) => write!(f, "{error}"),
            Self::Numbers => f.write_str(
                "page or channel of the configuration is none: generate the system anew",
            ),
        }
    }
}

/// The event loop's handler.
pub struct Handler {
    config: ScrubberConfig,
    page: &'static ScrubPage,
    server: Channel,
}

impl Handler {
    /// Reads the configuration and serves what was asked before it started.
    pub fn new() -> Result<Self, Error> {
        let blob = shared::configuration().ok_or(Error::NoConfiguration)?;
        let config: ScrubberConfig = decode(blob).map_err(Error::Blob)?;
        let page = shared::page(config.page).ok_or(Error::Numbers)?;
        if config.server > 61 {
            return Err(Error::Numbers);
        }
        let server = Channel::new(usize::from(config.server));
        let handler = Self {
            config,
            page,
            server,
        };
        handler.clean_all();
        Ok(handler)
    }

    /// Until nothing is asked any more. A request that comes while its pass goes
    /// on is found by the next one, or by the notification that came with it.
    fn clean_all(&self) {
        while self.clean_each() {}
    }

    /// One pass; returns whether there was anything to do.
    fn clean_each(&self) -> bool {
        let mut found = false;
        for (words, mapping) in self.page.slots.iter().zip(&self.config.slots) {
            let Some(number) = words.pending() else {
                continue;
            };
            // A slot that is not mapped here stays dirty: nobody gets it.
            let Some(mut slot) = shared::slot(mapping) else {
                continue;
            };
            let size = slot.size();
            clean_slot(&mut slot, size);
            words.complete(number);
            self.server.notify();
            found = true;
        }
        found
    }
}

impl sel4_microkit::Handler for Handler {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Self::Error> {
        self.clean_all();
        Ok(())
    }
}
