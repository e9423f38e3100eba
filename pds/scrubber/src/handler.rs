// SPDX-License-Identifier: BSD-2-Clause

//! Requests in, clean slots out.

use crate::slot::slot;
use sel4_microkit::{Channel, ChannelSet, Infallible};
use tombolo_config::scrubber::ScrubberConfig;
use tombolo_pages::scrub::{ScrubPage, clean_slot};
use tombolo_start::{StartError, channel, configuration};

/// The event loop's handler.
pub struct Handler {
    config: ScrubberConfig,
    page: &'static ScrubPage,
    server: Channel,
}

impl Handler {
    /// Reads the configuration and serves what was asked before it started.
    pub fn new() -> Result<Self, StartError> {
        let config: ScrubberConfig = configuration()?;
        let page = tombolo_start::shared("the server's page", config.page)?;
        let server = channel(config.server)?;
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
            let Some(mut slot) = slot(mapping) else {
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
