// SPDX-License-Identifier: BSD-2-Clause

//! Blob of `clock`.

use crate::{ChannelId, Output};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// A protection domain to wake: a VMM or the console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sleeper {
    /// Address of its `tombolo_pages::deadline::DeadlinePage`.
    pub page: u64,
    /// Channel to notify.
    pub channel: ChannelId,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockConfig {
    /// Own log.
    pub output: Output,
    /// Whom to wake.
    pub sleepers: Vec<Sleeper, 62>,
}
