// SPDX-License-Identifier: BSD-2-Clause

//! Requests in, clean slots out.

use crate::slot::slot;
use sel4_microkit::{Channel, ChannelSet, Infallible};
use tombolo_config::scrubber::ScrubberConfig;
use tombolo_pages::scrub::{Cleaning, Turn};
use tombolo_start::{StartError, channel, configuration};

/// The event loop's handler.
pub struct Handler {
    config: ScrubberConfig,
    cleaning: Cleaning<'static>,
    server: Channel,
}

impl Handler {
    /// Reads the configuration and serves what was asked before it started.
    pub fn new() -> Result<Self, StartError> {
        let config: ScrubberConfig = configuration()?;
        let page = tombolo_start::shared("the server's page", config.page)?;
        let server = channel(config.server)?;
        let mut handler = Self {
            config,
            cleaning: Cleaning::new(page),
            server,
        };
        handler.clean_all();
        Ok(handler)
    }

    /// Until nothing is asked any more. A request that comes meanwhile gets its turn,
    /// or is found by the notification that came with it.
    fn clean_all(&mut self) {
        let slots = &self.config.slots;
        loop {
            match self.cleaning.turn(|number| slot(slots.get(number)?)) {
                Turn::Idle => return,
                Turn::Chunk(_) => {}
                Turn::Clean(_) => self.server.notify(),
            }
        }
    }
}

impl sel4_microkit::Handler for Handler {
    type Error = Infallible;

    fn notified(&mut self, _: ChannelSet) -> Result<(), Self::Error> {
        self.clean_all();
        Ok(())
    }
}
