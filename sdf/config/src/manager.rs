// SPDX-License-Identifier: BSD-2-Clause

//! Blob of the manager.

use crate::server::MAX_CLIENTS;
use crate::{ChannelId, Name, Output, TraceRing};
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
    /// Virtual CPUs.
    pub vcpus: u8,
    /// RAM in 4 KiB pages.
    pub memory_pages: u32,
    /// Slot of the user's half of the manager's capability space that holds the VMM's
    /// scheduling context (Microkit's `<cspace>`).
    pub sched_context: u8,
    /// What happens when it is silent; `None`: nobody looks.
    pub watchdog: Option<Watchdog>,
}

/// What is done with a guest that is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnSilence {
    /// It is said, counted and shown.
    #[default]
    Report,
    /// Its vCPUs are suspended, too: somebody can look at it.
    Pause,
    /// It is reset, too.
    Reset,
    /// It is stopped, too.
    Stop,
}

/// A guest is silent when one of its vCPUs runs and does not trap for so long. One that
/// waits for an interrupt, or is off, does not run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watchdog {
    /// For how many milliseconds; not 0.
    pub silence_ms: u32,
    /// What is done then.
    pub on_silence: OnSilence,
}

impl Default for Watchdog {
    fn default() -> Self {
        Self {
            silence_ms: 30_000,
            on_silence: OnSilence::Report,
        }
    }
}

/// A host: a protection domain beside the guests, which the manager stops if it
/// faults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Its name.
    pub name: Name,
    /// Its number as a child of the manager.
    pub child: u8,
    /// Its client number at the server, if it is a client.
    pub client: Option<u8>,
}

/// How often a VMM that faulted is restarted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Restarts before the guest is given up.
    pub limit: u32,
    /// Milliseconds before the second of them; before each further one twice as
    /// many. The first comes at once.
    pub delay_ms: u32,
    /// Seconds without a fault after which they count anew.
    pub forget_s: u32,
}

impl Default for Restart {
    fn default() -> Self {
        Self {
            limit: 3,
            delay_ms: 100,
            forget_s: 60,
        }
    }
}

/// What an asker may ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Lists and details of guests and regions.
    pub view: bool,
    /// Ending connections and regions.
    pub regions: bool,
    /// Whom it may start, stop and the like: bit n is guest n of
    /// [`ManagerConfig::guests`].
    pub control: u64,
}

impl Rights {
    /// All there are: the console's.
    pub const ALL: Self = Self {
        view: true,
        regions: true,
        control: u64::MAX,
    };

    /// Whether it may control guest `number`.
    pub fn controls(&self, number: usize) -> bool {
        u32::try_from(number).is_ok_and(|n| self.control.checked_shr(n).unwrap_or(0) & 1 != 0)
    }
}

/// Somebody who asks the manager over a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asker {
    /// Shown in the log.
    pub name: Name,
    /// Address of the `tombolo_pages::mailbox::Mailbox`.
    pub mailbox: u64,
    /// Channel that it notifies after asking, and that is notified after
    /// answering.
    pub channel: ChannelId,
    /// What it may ask for.
    pub rights: Rights,
}

/// The blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManagerConfig {
    /// Own log.
    pub output: Output,
    /// Own trace.
    pub trace: TraceRing,
    /// Channel to the server (protected calls).
    pub server: ChannelId,
    /// Guests.
    pub guests: Vec<Guest, 60>,
    /// Hosts.
    pub hosts: Vec<Host, 60>,
    /// Who may ask for what.
    pub askers: Vec<Asker, 16>,
    /// Names of the server's clients, by number.
    pub clients: Vec<Name, MAX_CLIENTS>,
    /// What becomes of a VMM that faults.
    pub restart: Restart,
    /// Channel that `clock` notifies.
    pub clock: ChannelId,
    /// Address of its `tombolo_pages::deadline::DeadlinePage`.
    pub deadline: u64,
}
