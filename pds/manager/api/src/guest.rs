// SPDX-License-Identifier: BSD-2-Clause

//! Guests, as the manager knows them.

use crate::MAX_VCPUS;
use heapless::Vec;
use serde::{Deserialize, Serialize};
use tombolo_config::Name;
pub use tombolo_config::manager::{OnSilence, Watchdog};

/// A guest's state, as its VMM alleges it (`tombolo_pages::guest_status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// Its VMM has said nothing yet.
    Unknown,
    /// Loaded, not started.
    Held,
    /// Running.
    Running,
    /// Turned off, by itself or by order.
    Off,
    /// It cannot go on.
    Failed,
    /// Suspended by order.
    Paused,
    /// Being reset.
    Resetting,
}

/// The VMM itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VmmState {
    /// At work.
    Up,
    /// It faulted; it is restarted when its back-off has passed.
    Restarting,
    /// Past its restart limit: started once more only to stop its vCPUs.
    GivenUp,
    /// It faulted and cannot be restarted: its clients' slots are quarantined.
    Lost,
}

/// Use of the processor and exits, since the system started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Load {
    /// Microseconds from resuming a vCPU to its next exit, all together and up to now:
    /// an upper bound of what the guest used.
    pub guest_us: u64,
    /// Microseconds of the VMM, from its scheduling context.
    pub vmm_us: u64,
    /// Exits of all kinds.
    pub exits: u64,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestSummary {
    /// Name.
    pub name: Name,
    /// State.
    pub state: State,
    /// It is running, and one of its vCPUs has not trapped for as long as its watchdog
    /// allows.
    pub silent: bool,
    /// Its VMM.
    pub vmm: VmmState,
    /// Virtual CPUs.
    pub vcpus: u8,
    /// RAM in 4 KiB pages.
    pub memory_pages: u32,
    /// What it uses.
    pub load: Load,
}

/// Signals of all of a client's connections, since the system started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignalCounters {
    /// That reached a peer, one per peer.
    pub sent: u64,
    /// From peers.
    pub received: u64,
    /// Of those sent: the peer had not read the one before.
    pub coalesced: u64,
    /// Withheld by policy.
    pub refused: u64,
}

/// What a vCPU does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum VcpuState {
    /// It is off, or was stopped.
    Off,
    /// It may run.
    Running,
    /// It waits for an interrupt, or with an access.
    Parked,
    /// It stands still: its VMM deals with its trap, or the guest is paused.
    Suspended,
}

/// A vCPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vcpu {
    /// What it does.
    pub state: VcpuState,
    /// Microseconds that it ran at the most.
    pub used_us: u64,
}

/// A vCPU that runs and does not trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number.
    pub vcpu: u8,
    /// Milliseconds since it was last let run.
    pub ms: u64,
}

/// All about a guest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuestInfo {
    /// As in the list.
    pub summary: GuestSummary,
    /// Resets of the guest.
    pub resets: u32,
    /// Restarts of its VMM.
    pub restarts: u32,
    /// Kernel panics that its console showed.
    pub panics: u32,
    /// Milliseconds since its last exit; `None`: it has never run.
    pub silent_ms: Option<u64>,
    /// Of its vCPUs that run, the one that has not trapped for longest; `None`: none
    /// runs, all wait for something or are off.
    pub silence: Option<Silence>,
    /// How often it was silent for as long as its watchdog allows.
    pub silences: u32,
    /// Its watchdog; `None`: nobody looks.
    pub watchdog: Option<Watchdog>,
    /// Exits by kind (`tombolo_pages::guest_status::Exit`).
    pub exits: [u64; 7],
    /// Its signals; zeros if it has no shared memory.
    pub signals: SignalCounters,
    /// Live connections.
    pub connections: u8,
    /// Its vCPUs, by number.
    pub vcpus: Vec<Vcpu, MAX_VCPUS>,
}
