// SPDX-License-Identifier: BSD-2-Clause

//! The mailbox by which the manager is asked.

use manager_api::{Request, Response, decode, encode};
use sel4_microkit::Channel;
use tombolo_config::ToManager;
use tombolo_pages::mailbox::{MESSAGE_BYTES, Mailbox};
use tombolo_start::{StartError, channel, shared};

/// The manager, as the console sees it.
pub struct Manager {
    mailbox: &'static Mailbox,
    channel: Channel,
    /// Number of the request that has no answer yet.
    asked: Option<u32>,
}

impl Manager {
    pub fn new(config: ToManager) -> Result<Self, StartError> {
        Ok(Self {
            mailbox: shared("the manager's mailbox", config.mailbox)?,
            channel: channel(config.channel)?,
            asked: None,
        })
    }

    /// Notified when there is an answer; also when the manager wrote its log.
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Asks; an answer to an earlier request is not waited for any longer.
    pub fn ask(&mut self, request: &Request) {
        let mut bytes = [0; MESSAGE_BYTES];
        // Every request fits; one that did not would not be answered in time.
        self.asked = encode(request, &mut bytes).and_then(|message| self.mailbox.ask(message));
        self.channel.notify();
    }

    /// The answer, if there is one; `None` inside: it cannot be decoded.
    pub fn answer(&mut self) -> Option<Option<Response>> {
        let serial = self.asked?;
        let mut bytes = [0; MESSAGE_BYTES];
        let message = self.mailbox.answer_to(serial, &mut bytes)?;
        self.asked = None;
        Some(decode(message))
    }
}
