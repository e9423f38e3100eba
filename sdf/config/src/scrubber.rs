// SPDX-License-Identifier: BSD-2-Clause

//! Blob of the scrubber.

use crate::{ChannelId, Mapping};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScrubberConfig {
    /// Address of the `tombolo_pages::scrub::ScrubPage`.
    pub page: u64,
    /// Channel to the server.
    pub server: ChannelId,
    /// Data of each slot, by slot number.
    pub slots: Vec<Mapping, 128>,
}
