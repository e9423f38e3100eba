// SPDX-License-Identifier: BSD-2-Clause

//! Blob of a host protection domain: a client of the server beside the guests.

use crate::{ChannelId, Mapping, Name, Output, ToManager, guest::Pace, server::Access};
use heapless::{String, Vec};
use serde::{Deserialize, Serialize};

/// A slot that is mapped into the protection domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSlot {
    /// Slot number at the server.
    pub slot: u16,
    /// Its data, 2 MiB-aligned if the slot is that large.
    pub data: Mapping,
    /// The mapping's rights.
    pub access: Access,
}

/// What makes it a client of the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostShmem {
    /// Channel to the server (protected calls; it notifies back).
    pub server: ChannelId,
    /// Address of the board (`shmem_server_api::Board`).
    pub board: u64,
    /// Slots it is a member of.
    pub slots: Vec<HostSlot, 32>,
    /// How often it may call the server.
    pub pace: Pace,
}

/// A device that it has for itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostDevice {
    /// Name, as in the manifest.
    pub name: Name,
    /// Its registers.
    pub registers: Mapping,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostConfig {
    /// Its name.
    pub name: Name,
    /// Own log.
    pub output: Output,
    /// Text from the manifest.
    pub arguments: String<256>,
    /// Shared memory; absent if it is no client.
    pub shmem: Option<HostShmem>,
    /// Devices.
    pub devices: Vec<HostDevice, 4>,
    /// Channel that `clock` notifies.
    pub clock: ChannelId,
    /// Address of its `tombolo_pages::deadline::DeadlinePage`.
    pub deadline: u64,
    /// How it asks the manager, if the manifest appoints it.
    pub manager: Option<ToManager>,
}
