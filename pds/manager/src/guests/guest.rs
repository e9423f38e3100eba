// SPDX-License-Identifier: BSD-2-Clause

//! One guest, as the manager knows it.

use super::watchdog::Watch;
use crate::{Event, Seen, Ticket, World};
use manager_api::{Command, State, VmmState};
use shmem_server_api::Request;
use tombolo_config::{
    Name,
    manager::{self, Milestone, Start, Watchdog},
};
use tombolo_pages::guest_status::GuestState;

/// A guest's VMM. Times are milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vmm {
    /// At work since then.
    Up { since: u64 },
    /// Suspended; it is restarted then.
    Waiting { at: u64, last: bool },
    /// Restarted; until then it has to have suspended its vCPUs, which it counts
    /// beyond `boots`.
    Booting { boots: u32, until: u64, last: bool },
    /// Past its limit; its vCPUs are stopped.
    GivenUp,
    /// It cannot be restarted.
    Lost,
}

/// An order of somebody that is being carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnderWay {
    pub(super) command: Command,
    /// The order's number at the VMM; `None`: its VMM is not up yet.
    pub(super) serial: Option<u32>,
    pub(super) until: u64,
    pub(super) ticket: Ticket,
}

/// A guest.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) name: Name,
    pub(super) child: usize,
    /// Number at the server.
    pub(super) client: Option<u8>,
    pub(super) vcpus: u8,
    pub(super) memory_pages: u32,
    pub(super) start: Start,
    /// What its page said last.
    pub(super) seen: Seen,
    pub(super) attached: bool,
    /// It ran, whatever it does now.
    pub(super) ran: bool,
    /// It was ordered to start.
    pub(super) started: bool,
    /// It was ordered to stop.
    pub(super) stopped: bool,
    /// It is to run again when its VMM is back.
    pub(super) resume: bool,
    /// Its waiting was told.
    pub(super) told: bool,
    /// It was told that it waits in vain.
    pub(super) told_in_vain: bool,
    pub(super) vmm: Vmm,
    /// Restarts of its VMM since it last stayed up, and in all.
    pub(super) recent: u32,
    pub(super) restarts: u32,
    pub(super) under_way: Option<UnderWay>,
    pub(super) watchdog: Option<Watchdog>,
    pub(super) watch: Watch,
}

impl Guest {
    pub(super) fn new(config: &manager::Guest) -> Self {
        Self {
            name: config.name.clone(),
            child: usize::from(config.child),
            client: config.client,
            vcpus: config.vcpus,
            memory_pages: config.memory_pages,
            start: config.start.clone(),
            seen: Seen::default(),
            attached: false,
            ran: false,
            started: false,
            stopped: false,
            resume: false,
            told: false,
            told_in_vain: false,
            vmm: Vmm::Up { since: 0 },
            recent: 0,
            restarts: 0,
            under_way: None,
            // A watchdog that allows nothing would bark at everybody.
            watchdog: config.watchdog.filter(|watchdog| watchdog.silence_ms > 0),
            watch: Watch::default(),
        }
    }

    /// Whether it will not do anything any more by itself.
    pub(super) fn over(&self) -> bool {
        match self.vmm {
            Vmm::Up { .. } => matches!(self.seen.state, GuestState::Off | GuestState::Failed),
            Vmm::Waiting { .. } | Vmm::Booting { .. } => false,
            Vmm::GivenUp | Vmm::Lost => true,
        }
    }

    /// Whether it ended as guests do.
    pub(super) fn ended_well(&self) -> bool {
        matches!(self.vmm, Vmm::Up { .. }) && self.seen.state == GuestState::Off
    }

    pub(super) fn reached(&self, milestone: Milestone) -> bool {
        match milestone {
            Milestone::Running => self.ran,
            Milestone::Attached => self.attached,
            Milestone::Off => self.ended_well(),
        }
    }

    /// Notes what the page says now.
    pub(super) fn note(&mut self, seen: Seen, world: &mut impl World) {
        let before = core::mem::replace(&mut self.seen, seen);
        let guest = || self.name.clone();
        if seen.attaches > 0 && !core::mem::replace(&mut self.attached, true) {
            world.say(&Event::Attached { guest: guest() });
        }
        if seen.panics != before.panics {
            world.say(&Event::Panicked { guest: guest() });
        }
        let ended = matches!(seen.state, GuestState::Off | GuestState::Failed);
        let changed = seen.state != before.state;
        if ended && changed || seen.resets != before.resets {
            self.tell_stopped(world);
        }
        self.ran |= matches!(seen.state, GuestState::Running | GuestState::Off);
        // Held and Unknown are no news: what follows from them is said.
        if changed && !matches!(seen.state, GuestState::Held | GuestState::Unknown) {
            world.say(&Event::Now {
                guest: self.name.clone(),
                state: seen.state,
                stopped: self.stopped,
            });
        }
    }

    /// Its vCPUs were stopped: slots that were revoked may be waiting for that.
    pub(super) fn tell_stopped(&self, world: &mut impl World) {
        if let Some(client) = self.client {
            // A server that does not take it says so in its log.
            let _ = world.server(&Request::Stopped { client });
        }
    }

    pub(super) fn state(&self) -> State {
        match self.seen.state {
            GuestState::Unknown => State::Unknown,
            GuestState::Held => State::Held,
            GuestState::Running => State::Running,
            GuestState::Off => State::Off,
            GuestState::Failed => State::Failed,
            GuestState::Paused => State::Paused,
            GuestState::Resetting => State::Resetting,
        }
    }

    pub(super) fn vmm_state(&self) -> VmmState {
        match self.vmm {
            Vmm::Up { .. } => VmmState::Up,
            Vmm::Waiting { .. } | Vmm::Booting { .. } => VmmState::Restarting,
            Vmm::GivenUp => VmmState::GivenUp,
            Vmm::Lost => VmmState::Lost,
        }
    }
}
