// SPDX-License-Identifier: BSD-2-Clause

//! Hosts, as the manager knows them.

use crate::SignalCounters;
use serde::{Deserialize, Serialize};
use tombolo_config::Name;

/// A host's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum HostState {
    /// It has not faulted.
    Up,
    /// It faulted and stays stopped; it is attached to nothing.
    Stopped,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostSummary {
    /// Name.
    pub name: Name,
    /// State.
    pub state: HostState,
    /// Live connections.
    pub connections: u8,
    /// Its signals; zeros if it has no shared memory.
    pub signals: SignalCounters,
}
