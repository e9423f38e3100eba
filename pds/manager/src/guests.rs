// SPDX-License-Identifier: BSD-2-Clause

//! The state machine: what was seen of the guests, what to do about it.

use core::fmt;
use heapless::Vec;
use manager_api::{State, VmmState};
use tombolo_config::{
    Name,
    manager::{self, Milestone, Start},
};
use tombolo_pages::guest_status::{GuestState, Order};

/// Most guests.
const MAX_GUESTS: usize = 60;

/// What a guest's status page says, as its VMM alleges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    /// State.
    pub state: GuestState,
    /// Attaches that succeeded.
    pub attaches: u32,
}

/// Something to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It waits for another guest.
    Held {
        /// Who waits.
        guest: Name,
        /// For whom.
        other: Name,
        /// To do what.
        milestone: Milestone,
    },
    /// What it waits for cannot happen any more.
    HeldForEver {
        /// Who waits.
        guest: Name,
        /// For whom.
        other: Name,
        /// To do what.
        milestone: Milestone,
    },
    /// It was ordered to start.
    Starting {
        /// Who.
        guest: Name,
    },
    /// Its VMM alleges a new state.
    Now {
        /// Who.
        guest: Name,
        /// The state.
        state: GuestState,
    },
    /// It attached a region for the first time.
    Attached {
        /// Who.
        guest: Name,
    },
    /// Its VMM was stopped after a fault.
    Lost {
        /// Who.
        guest: Name,
    },
    /// No guest runs or waits any more.
    AllOff {
        /// How many did not turn themselves off.
        failed: usize,
    },
}

/// Something to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Write this line.
    Say(Event),
    /// Give this order to the guest of this number and notify its VMM.
    Order(usize, Order),
}

/// What is known of a guest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known<'a> {
    /// Its name.
    pub name: &'a Name,
    /// Its state.
    pub state: State,
    /// Its VMM's.
    pub vmm: VmmState,
    /// Virtual CPUs.
    pub vcpus: u8,
    /// RAM in 4 KiB pages.
    pub memory_pages: u32,
}

/// A guest.
#[derive(Debug)]
struct Guest {
    name: Name,
    child: usize,
    vcpus: u8,
    memory_pages: u32,
    start: Start,
    state: GuestState,
    attached: bool,
    /// It ran, whatever it does now.
    ran: bool,
    /// It was ordered to start.
    started: bool,
    /// Its waiting was told.
    told: bool,
    /// It was told that it waits in vain.
    told_in_vain: bool,
    /// Its VMM faulted and was stopped.
    lost: bool,
}

impl Guest {
    /// Whether it will not do anything any more.
    fn over(&self) -> bool {
        self.lost || matches!(self.state, GuestState::Off | GuestState::Failed)
    }

    fn reached(&self, milestone: Milestone) -> bool {
        match milestone {
            Milestone::Running => self.ran,
            Milestone::Attached => self.attached,
            Milestone::Off => self.state == GuestState::Off && !self.lost,
        }
    }
}

/// All guests.
#[derive(Debug)]
pub struct Guests {
    guests: Vec<Guest, MAX_GUESTS>,
    told_all_off: bool,
}

impl Guests {
    /// The guests of the configuration. Nothing was seen of them yet.
    pub fn new(guests: &[manager::Guest]) -> Self {
        let fresh = |guest: &manager::Guest| Guest {
            name: guest.name.clone(),
            child: usize::from(guest.child),
            vcpus: guest.vcpus,
            memory_pages: guest.memory_pages,
            start: guest.start.clone(),
            state: GuestState::Unknown,
            attached: false,
            ran: false,
            started: false,
            told: false,
            told_in_vain: false,
            lost: false,
        };
        Self {
            guests: guests.iter().take(MAX_GUESTS).map(fresh).collect(),
            told_all_off: false,
        }
    }

    /// The number of the guest whose VMM is that child.
    pub fn by_child(&self, child: usize) -> Option<usize> {
        self.guests.iter().position(|guest| guest.child == child)
    }

    /// The number of the guest of that name.
    pub fn by_name(&self, name: &str) -> Option<usize> {
        self.guests.iter().position(|guest| guest.name == name)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.guests.len()
    }

    /// What is known of a guest.
    pub fn get(&self, number: usize) -> Option<Known<'_>> {
        let guest = self.guests.get(number)?;
        Some(Known {
            name: &guest.name,
            state: match guest.state {
                GuestState::Unknown => State::Unknown,
                GuestState::Held => State::Held,
                GuestState::Running => State::Running,
                GuestState::Off => State::Off,
                GuestState::Failed => State::Failed,
                GuestState::Paused => State::Paused,
                GuestState::Resetting => State::Resetting,
            },
            vmm: if guest.lost {
                VmmState::Lost
            } else {
                VmmState::Up
            },
            vcpus: guest.vcpus,
            memory_pages: guest.memory_pages,
        })
    }

    /// The name of a guest.
    pub fn name(&self, number: usize) -> Option<&str> {
        self.guests.get(number).map(|guest| guest.name.as_str())
    }

    /// Takes what the status pages say now, one entry for each guest, and hands
    /// `act` what follows, in order.
    pub fn look(&mut self, seen: impl IntoIterator<Item = Seen>, mut act: impl FnMut(Action)) {
        for (guest, seen) in self.guests.iter_mut().zip(seen) {
            if !guest.lost {
                note(guest, seen, &mut act);
            }
        }
        self.start_who_may(&mut act);
        self.tell_all_off(&mut act);
    }

    /// A VMM faulted and was stopped. Said once for each guest.
    pub fn lose(&mut self, number: usize, mut act: impl FnMut(Action)) {
        let Some(guest) = self.guests.get_mut(number) else {
            return;
        };
        if core::mem::replace(&mut guest.lost, true) {
            return;
        }
        act(Action::Order(number, Order::Stop));
        act(Action::Say(Event::Lost {
            guest: guest.name.clone(),
        }));
        self.start_who_may(&mut act);
        self.tell_all_off(&mut act);
    }

    fn start_who_may(&mut self, act: &mut impl FnMut(Action)) {
        for number in 0..self.guests.len() {
            let guest = &self.guests[number];
            if guest.started || guest.over() {
                continue;
            }
            match guest.start {
                Start::Immediately => self.start(number, act),
                Start::After { guest, milestone } => {
                    self.start_after(number, usize::from(guest), milestone, act);
                }
            }
        }
    }

    fn start_after(
        &mut self,
        number: usize,
        other: usize,
        milestone: Milestone,
        act: &mut impl FnMut(Action),
    ) {
        let Some(awaited) = self.guests.get(other) else {
            // The generator refuses such a manifest; waiting for nobody is not waiting.
            return self.start(number, act);
        };
        if awaited.reached(milestone) {
            return self.start(number, act);
        }
        let (other, in_vain) = (awaited.name.clone(), awaited.over());
        let waiting = &mut self.guests[number];
        let guest = waiting.name.clone();
        if in_vain && !core::mem::replace(&mut waiting.told_in_vain, true) {
            act(Action::Say(Event::HeldForEver {
                guest,
                other,
                milestone,
            }));
        } else if !in_vain && !core::mem::replace(&mut waiting.told, true) {
            act(Action::Say(Event::Held {
                guest,
                other,
                milestone,
            }));
        }
    }

    fn start(&mut self, number: usize, act: &mut impl FnMut(Action)) {
        let guest = &mut self.guests[number];
        guest.started = true;
        act(Action::Order(number, Order::Start));
        act(Action::Say(Event::Starting {
            guest: guest.name.clone(),
        }));
    }

    fn tell_all_off(&mut self, act: &mut impl FnMut(Action)) {
        let settled = |guest: &Guest| guest.over() || guest.told_in_vain;
        if !self.guests.iter().all(settled) || core::mem::replace(&mut self.told_all_off, true) {
            return;
        }
        let failed = |guest: &&Guest| guest.lost || guest.state != GuestState::Off;
        act(Action::Say(Event::AllOff {
            failed: self.guests.iter().filter(failed).count(),
        }));
    }
}

/// Notes what a status page says of one guest.
fn note(guest: &mut Guest, seen: Seen, act: &mut impl FnMut(Action)) {
    if seen.attaches > 0 && !core::mem::replace(&mut guest.attached, true) {
        act(Action::Say(Event::Attached {
            guest: guest.name.clone(),
        }));
    }
    if seen.state == guest.state {
        return;
    }
    guest.state = seen.state;
    guest.ran |= matches!(seen.state, GuestState::Running | GuestState::Off);
    // Held and Unknown are no news: what follows from them is said.
    if matches!(
        seen.state,
        GuestState::Running | GuestState::Off | GuestState::Failed
    ) {
        act(Action::Say(Event::Now {
            guest: guest.name.clone(),
            state: seen.state,
        }));
    }
}

/// What a guest is waited for to do.
fn done(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Running => "is running",
        Milestone::Attached => "has attached",
        Milestone::Off => "is off",
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Held {
                guest,
                other,
                milestone,
            } => write!(f, "{guest} held until {other} {}", done(*milestone)),
            Self::HeldForEver {
                guest,
                other,
                milestone,
            } => write!(
                f,
                "{guest} stays held: {other} ended before it {}",
                done(*milestone)
            ),
            Self::Starting { guest } => write!(f, "starting {guest}"),
            Self::Now { guest, state } => match state {
                GuestState::Running => write!(f, "{guest} is running"),
                GuestState::Off => write!(f, "{guest} turned itself off"),
                GuestState::Failed => {
                    write!(f, "{guest} failed: its VMM says why in its log")
                }
                GuestState::Paused => write!(f, "{guest} is paused"),
                GuestState::Resetting => write!(f, "{guest} is being reset"),
                GuestState::Held | GuestState::Unknown => write!(f, "{guest} is held"),
            },
            Self::Attached { guest } => write!(f, "{guest} has attached a region"),
            Self::Lost { guest } => write!(
                f,
                "{guest} is lost: its VMM is stopped; its regions and slots stay taken until \
                 the system restarts, as its vCPU may still be running"
            ),
            Self::AllOff { failed: 0 } => f.write_str("all guests are off"),
            Self::AllOff { failed } => {
                write!(
                    f,
                    "all guests are off or lost; {failed} did not end by themselves"
                )
            }
        }
    }
}
