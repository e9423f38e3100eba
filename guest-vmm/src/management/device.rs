// SPDX-License-Identifier: BSD-2-Clause

//! Registers and line.

use shmem_server_api::Bucket;
use tombolo_pages::mailbox::Mailbox;

/// "TMGR", little-endian.
const MAGIC: u32 = 0x5247_4d54;
/// Version of the registers.
const VERSION: u32 = 1;
/// How often the doorbell may be rung, at once and per second.
const BURST: u32 = 32;
const PER_SECOND: u32 = 256;

/// A register, 32 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Register {
    /// Reads [`MAGIC`].
    Magic,
    /// Reads [`VERSION`].
    Version,
    /// Any store: the manager looks into the mailbox.
    Doorbell,
    /// Bit 0: an answer has come that was not acknowledged.
    Status,
    /// Any store: the answer that is there is acknowledged.
    Acknowledge,
    /// Reads 0, ignores stores.
    Reserved,
}

impl Register {
    /// By offset in the page, for an access of 32 bits; others reach no register.
    pub fn at(offset: u64, bytes: u64) -> Self {
        match (offset, bytes) {
            (0x00, 4) => Self::Magic,
            (0x04, 4) => Self::Version,
            (0x08, 4) => Self::Doorbell,
            (0x0c, 4) => Self::Status,
            (0x10, 4) => Self::Acknowledge,
            _ => Self::Reserved,
        }
    }
}

/// The device.
#[derive(Debug)]
pub struct Management<'a> {
    mailbox: &'a Mailbox,
    /// Number of the last answer that the guest acknowledged.
    acknowledged: u32,
    bucket: Bucket,
    /// Counter value at which the doorbell may be rung again, if it may not now.
    paced_until: Option<u64>,
}

impl<'a> Management<'a> {
    /// With what lies in the mailbox acknowledged. `frequency`: counter ticks per
    /// second.
    pub fn new(mailbox: &'a Mailbox, frequency: u64, now: u64) -> Self {
        Self {
            mailbox,
            acknowledged: mailbox.answered(),
            bucket: Bucket::new(BURST, PER_SECOND, frequency, now),
            paced_until: None,
        }
    }

    /// As after power-on. The bucket keeps its level: resets gain nothing.
    pub fn reset(&mut self) {
        self.acknowledged = self.mailbox.answered();
        self.paced_until = None;
    }

    /// A load.
    pub fn load(&self, register: Register) -> u32 {
        match register {
            Register::Magic => MAGIC,
            Register::Version => VERSION,
            Register::Status => u32::from(self.line()),
            Register::Doorbell | Register::Acknowledge | Register::Reserved => 0,
        }
    }

    /// A store to `acknowledge`.
    pub fn acknowledge(&mut self) {
        self.acknowledged = self.mailbox.answered();
    }

    /// A store to `doorbell`: whether to notify the manager now; else the guest is to
    /// repeat it.
    pub fn ring(&mut self, now: u64) -> bool {
        self.paced_until = self.bucket.take(now).err();
        self.paced_until.is_none()
    }

    /// Counter value at which a store that has to wait is to be repeated.
    pub fn waits_until(&self) -> Option<u64> {
        self.paced_until
    }

    /// Level of the interrupt line.
    pub fn line(&self) -> bool {
        self.mailbox.answered() != self.acknowledged
    }
}
