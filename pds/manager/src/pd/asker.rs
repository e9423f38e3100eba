// SPDX-License-Identifier: BSD-2-Clause

//! A mailbox and who asks by it.

use manager_api::{MESSAGE_BYTES, Refusal, Request, Response, decode, encode};
use sel4_microkit::Channel;
use tombolo_config::manager::{Asker as Config, Rights};
use tombolo_pages::mailbox::Mailbox;
use tombolo_start::{StartError, channel, shared};

/// An asker, ready for use.
pub struct Asker {
    mailbox: &'static Mailbox,
    channel: Channel,
    /// What it may ask for.
    pub rights: Rights,
}

/// A request under its number.
pub struct Asked {
    pub serial: u32,
    /// `None`: malformed.
    pub request: Option<Request>,
}

impl Asker {
    /// From the configuration.
    pub fn new(config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            mailbox: shared("a mailbox", config.mailbox)?,
            channel: channel(config.channel)?,
            rights: config.rights,
        })
    }

    /// A request that has no answer yet.
    pub fn asked(&self) -> Option<Asked> {
        let serial = self.mailbox.pending()?;
        let mut bytes = [0; MESSAGE_BYTES];
        let request = self.mailbox.request(&mut bytes).and_then(decode);
        Some(Asked { serial, request })
    }

    /// Answers that request.
    pub fn answer(&self, serial: u32, response: &Response) {
        let mut bytes = [0; MESSAGE_BYTES];
        // No answer is too long (tested in manager-api); should one be, the asker
        // is told that much.
        let used = encode(response, &mut bytes).map(<[u8]>::len);
        let used = used
            .or_else(|| encode(&Response::Refused(Refusal::Failed), &mut bytes).map(<[u8]>::len));
        self.mailbox
            .answer(serial, bytes.get(..used.unwrap_or(0)).unwrap_or(&[]));
        self.channel.notify();
    }
}
