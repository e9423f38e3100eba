// SPDX-License-Identifier: BSD-2-Clause

//! What the manager says: data here, words only when it is written.

use core::fmt;
use manager_api::{Command, OnSilence, Refusal, Silence};
use tombolo_config::{Name, manager::Milestone};
use tombolo_pages::guest_status::GuestState;

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
        /// It was ordered to stop.
        stopped: bool,
    },
    /// It attached a region for the first time.
    Attached {
        /// Who.
        guest: Name,
    },
    /// Its console showed a panic.
    Panicked {
        /// Who.
        guest: Name,
    },
    /// One of its vCPUs runs and does not trap.
    Silent {
        /// Who.
        guest: Name,
        /// Which, and for how long.
        silence: Silence,
        /// What is done about it.
        then: OnSilence,
    },
    /// It was silent, and makes exits again.
    Heard {
        /// Who.
        guest: Name,
    },
    /// Its VMM is restarted.
    Restarting {
        /// Who.
        guest: Name,
        /// Which restart this is since it last stayed up.
        nth: u32,
        /// How many there may be.
        limit: u32,
        /// In how many milliseconds.
        delay_ms: u64,
    },
    /// Its VMM is started once more, only to stop its vCPUs.
    LastRestart {
        /// Who.
        guest: Name,
    },
    /// Its VMM is up again, its vCPUs are suspended.
    Back {
        /// Who.
        guest: Name,
    },
    /// Past its restart limit; its vCPUs are stopped.
    GivenUp {
        /// Who.
        guest: Name,
    },
    /// Its VMM cannot be restarted.
    Lost {
        /// Who.
        guest: Name,
    },
    /// A host faulted.
    HostStopped {
        /// Which.
        host: Name,
    },
    /// Somebody ordered something.
    Ordered {
        /// Who.
        asker: Name,
        /// What.
        command: Command,
        /// With whom.
        guest: Name,
    },
    /// It was not done.
    NotDone {
        /// What.
        command: Command,
        /// With whom.
        guest: Name,
        /// Why.
        refusal: Refusal,
    },
    /// Somebody asked for something that is not his.
    NoPermission {
        /// Who.
        asker: Name,
    },
    /// No guest runs or waits any more.
    AllOff {
        /// How many did not turn themselves off.
        failed: usize,
    },
}

/// What a guest is waited for to do.
fn done(milestone: Milestone) -> &'static str {
    match milestone {
        Milestone::Running => "is running",
        Milestone::Attached => "has attached",
        Milestone::Off => "is off",
    }
}

fn verb(command: Command) -> &'static str {
    match command {
        Command::Start => "start",
        Command::Stop => "stop",
        Command::Pause => "pause",
        Command::Resume => "resume",
        Command::Reset => "reset",
        Command::Restart => "restart the VMM of",
    }
}

fn and(then: OnSilence) -> &'static str {
    match then {
        OnSilence::Report => "",
        OnSilence::Pause => "; it is paused",
        OnSilence::Reset => "; it is reset",
        OnSilence::Stop => "; it is stopped",
    }
}

fn reason(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoPermission => "no permission",
        Refusal::Malformed => "malformed",
        Refusal::DoesNotExist => "no such thing",
        Refusal::WrongState => "not in its state",
        Refusal::Failed => "its VMM says why in its log",
        Refusal::TimedOut => "no answer in time",
        Refusal::Busy => "another order is under way",
        Refusal::Lost => "its VMM is lost",
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
            Self::Now {
                guest,
                state,
                stopped,
            } => now(f, guest, *state, *stopped),
            Self::Attached { guest } => write!(f, "{guest} has attached a region"),
            Self::Panicked { guest } => write!(f, "{guest} panicked: its console says so"),
            Self::Silent {
                guest,
                silence: Silence { vcpu, ms },
                then,
            } => write!(
                f,
                "{guest} is silent: its vCPU {vcpu} runs, and has made no exit for {ms} ms{}",
                and(*then)
            ),
            Self::Heard { guest } => write!(f, "{guest} is not silent any more"),
            Self::Restarting {
                guest,
                nth,
                limit,
                delay_ms,
            } => {
                write!(f, "restarting the VMM of {guest}, {nth} of {limit}")?;
                match delay_ms {
                    0 => Ok(()),
                    delay => write!(f, ", in {delay} ms"),
                }
            }
            Self::LastRestart { guest } => write!(
                f,
                "the VMM of {guest} has faulted too often: it is started once more, only to \
                 stop its guest"
            ),
            Self::Back { guest } => {
                write!(f, "the VMM of {guest} is back; its vCPUs are stopped")
            }
            Self::GivenUp { guest } => write!(
                f,
                "{guest} is given up: its vCPUs are stopped; an order to restart it starts it anew"
            ),
            Self::Lost { guest } => write!(
                f,
                "{guest} is lost: its VMM cannot be restarted; slots that it had are never used \
                 again, as its vCPUs may still be running"
            ),
            Self::HostStopped { host } => write!(
                f,
                "{host} stays stopped: its connections have ended, nothing waits for it"
            ),
            Self::Ordered {
                asker,
                command,
                guest,
            } => write!(f, "{asker}: {} {guest}", verb(*command)),
            Self::NotDone {
                command,
                guest,
                refusal,
            } => write!(
                f,
                "did not {} {guest}: {}",
                verb(*command),
                reason(*refusal)
            ),
            Self::NoPermission { asker } => {
                write!(f, "{asker} asked for what it may not have")
            }
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

fn now(f: &mut fmt::Formatter<'_>, guest: &Name, state: GuestState, stopped: bool) -> fmt::Result {
    match state {
        GuestState::Running => write!(f, "{guest} is running"),
        GuestState::Off if stopped => write!(f, "{guest} is stopped"),
        GuestState::Off => write!(f, "{guest} turned itself off"),
        GuestState::Failed => {
            write!(f, "{guest} failed: its VMM says why in its log")
        }
        GuestState::Paused => write!(f, "{guest} is paused"),
        GuestState::Resetting => write!(f, "{guest} is being reset"),
        GuestState::Held | GuestState::Unknown => write!(f, "{guest} is held"),
    }
}
