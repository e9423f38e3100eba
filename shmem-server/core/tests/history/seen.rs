// SPDX-License-Identifier: BSD-2-Clause

//! What is to be seen of a step.

use shmem_server_api::Response;
use std::collections::BTreeSet;
use tombolo_pages::scrub::Turn;

/// A connection, as the server's tables have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Live {
    pub client: u8,
    pub handle: u8,
    pub slot: usize,
    pub index: u8,
}

/// What a step gave.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time lives, on one frame"
)]
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Nothing,
    Response(Response),
    /// Whether the server took a signal.
    Signalled(bool),
    /// What a guest's load of `status` gave.
    Read(u32),
    Turn(Turn),
    /// Slots that the server learnt to be clean.
    Clean(Vec<usize>),
}

/// What was to be seen of a step.
#[derive(Debug)]
pub struct Seen {
    /// Counts the steps from 1.
    pub now: u64,
    pub answer: Answer,
    /// Clients notified by it.
    pub notified: BTreeSet<u8>,
    /// Connections before it and after it.
    pub before: Vec<Live>,
    pub after: Vec<Live>,
}

impl Seen {
    /// Connections that it made.
    pub fn made(&self) -> impl Iterator<Item = &Live> {
        self.after.iter().filter(|live| !self.before.contains(live))
    }

    /// Connections that it ended.
    pub fn ended(&self) -> impl Iterator<Item = &Live> {
        self.before.iter().filter(|live| !self.after.contains(live))
    }
}
