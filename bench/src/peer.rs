// SPDX-License-Identifier: BSD-2-Clause

//! The smallest peer: takes notifications, and returns those of channel 2.

#![no_std]
#![no_main]

use sel4_microkit::{Channel, ChannelSet, Handler, Infallible, protection_domain};

/// Notified on it, the peer notifies it.
const ECHO: Channel = Channel::new(2);

#[protection_domain]
fn init() -> impl Handler {
    Peer
}

struct Peer;

impl Handler for Peer {
    type Error = Infallible;

    fn notified(&mut self, channels: ChannelSet) -> Result<(), Infallible> {
        if channels.contains(ECHO) {
            ECHO.notify();
        }
        Ok(())
    }
}
