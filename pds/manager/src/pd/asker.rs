// SPDX-License-Identifier: BSD-2-Clause

//! A mailbox and who asks by it.

use manager_api::{MESSAGE_BYTES, Refusal, Request, Response, decode, encode};
use sel4_microkit::Channel;
use shmem_server_api::Bucket;
use tombolo_config::{
    Name,
    manager::{Asker as Config, Rights},
};
use tombolo_pages::mailbox::Mailbox;
use tombolo_start::{StartError, channel, counter, shared};

/// Requests that one may have served at once.
const BURST: u32 = 64;
/// Requests per second after that.
const PER_SECOND: u32 = 256;

/// An asker, ready for use.
pub struct Asker {
    mailbox: &'static Mailbox,
    channel: Channel,
    /// Shown in the log.
    pub name: Name,
    /// What it may ask for.
    pub rights: Rights,
    /// Number of the request that is answered later.
    under_way: Option<u32>,
    /// The manager lies above most of the system: who floods it waits.
    bucket: Bucket,
}

/// What is in a mailbox.
pub enum Asked {
    /// A request under its number; `None`: malformed.
    Request(u32, Option<Request>),
    /// One that is to be served at this counter value.
    Later(u64),
    /// Nothing new.
    Nothing,
}

impl Asker {
    /// From the configuration.
    pub fn new(config: &Config) -> Result<Self, StartError> {
        Ok(Self {
            mailbox: shared("a mailbox", config.mailbox)?,
            channel: channel(config.channel)?,
            name: config.name.clone(),
            rights: config.rights,
            under_way: None,
            bucket: Bucket::new(BURST, PER_SECOND, counter::frequency(), counter::now()),
        })
    }

    /// A request that has no answer yet.
    pub fn asked(&mut self) -> Asked {
        let Some(serial) = self.mailbox.pending() else {
            return Asked::Nothing;
        };
        if self.under_way == Some(serial) {
            return Asked::Nothing;
        }
        if let Err(at) = self.bucket.take(counter::now()) {
            return Asked::Later(at);
        }
        self.under_way = Some(serial);
        let mut bytes = [0; MESSAGE_BYTES];
        Asked::Request(serial, self.mailbox.request(&mut bytes).and_then(decode))
    }

    /// Answers that request, unless another was asked meanwhile.
    pub fn answer(&mut self, serial: u32, response: &Response) {
        if self.mailbox.pending() != Some(serial) {
            return;
        }
        let mut bytes = [0; MESSAGE_BYTES];
        // No answer is too long (tested in manager-api); should one be, the asker
        // is told that much.
        let used = encode(response, &mut bytes).map(<[u8]>::len);
        let used = used
            .or_else(|| encode(&Response::Refused(Refusal::Failed), &mut bytes).map(<[u8]>::len));
        let answer = bytes.get(..used.unwrap_or(0)).unwrap_or(&[]);
        self.mailbox.answer(serial, answer);
        self.channel.notify();
    }
}
