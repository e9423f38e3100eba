// SPDX-License-Identifier: BSD-2-Clause

//! Blob of the manager.

use crate::{ChannelId, Name, Output};
use heapless::Vec;
use serde::{Deserialize, Serialize};

/// Something another guest does, on which a guest's start may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Milestone {
    /// It was started.
    Running,
    /// It attached a region for the first time.
    Attached,
    /// It turned itself off.
    Off,
}

/// When a guest starts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Start {
    /// At once.
    Immediately,
    /// When guest number `guest` of the blob reaches `milestone`.
    After {
        /// Position in [`ManagerConfig::guests`].
        guest: u8,
        /// What to wait for.
        milestone: Milestone,
    },
}

/// A guest and its VMM.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guest {
    /// Guest name.
    pub name: Name,
    /// The VMM's number as a child of the manager.
    pub child: u8,
    /// Channel to the VMM.
    pub channel: ChannelId,
    /// The VMM's client number at the server, if it is a client.
    pub client: Option<u8>,
    /// Address of its `tombolo_pages::guest_status::GuestStatus`.
    pub status: u64,
    /// Address of its `tombolo_pages::guest_status::GuestOrder`.
    pub order: u64,
    /// When it starts.
    pub start: Start,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerConfig {
    /// Own log.
    pub output: Output,
    /// Channel to the server (protected calls).
    pub server: ChannelId,
    /// Guests.
    pub guests: Vec<Guest, 60>,
}
