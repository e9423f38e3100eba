// SPDX-License-Identifier: BSD-2-Clause

//! Requests and answers.

use crate::{
    GuestInfo, GuestSummary, HostSummary, MAX_MEMBERS, PART, RegionInfo, RegionSummary, SlotCounts,
};
use heapless::{String, Vec};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tombolo_config::Name;

/// A region's name.
pub type RegionName = String<31>;

/// What may be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The interface's version. Right: none.
    Version,
    /// Guests, in the manifest's order. Right: view.
    Guests {
        /// Entries had so far.
        from: u8,
    },
    /// All about one guest. Right: view.
    Guest {
        /// Its name.
        guest: Name,
    },
    /// Do something with a guest. The answer comes when it is done or cannot be.
    /// Right: control of that guest.
    Order {
        /// Its name.
        guest: Name,
        /// What.
        command: Command,
    },
    /// Live regions, in order of slots. Right: view.
    Regions {
        /// Entries had so far.
        from: u8,
    },
    /// All about one region. Right: view.
    Region {
        /// Its name.
        name: RegionName,
    },
    /// End a client's connection to a region. The client is interrupted; its control
    /// page stays, and reads a status without the client itself. Right: regions.
    Detach {
        /// The region.
        name: RegionName,
        /// The client: a guest or a host.
        client: Name,
    },
    /// End all connections of a region. Its slot is quarantined until every guest
    /// that could write to it has been stopped. Right: regions.
    Revoke {
        /// The region.
        name: RegionName,
    },
    /// Hosts, in the manifest's order. Right: view.
    Hosts {
        /// Entries had so far.
        from: u8,
    },
}

impl Request {
    /// Number of the request, as its first byte has it.
    pub const fn number(&self) -> u32 {
        match self {
            Self::Version => 0,
            Self::Guests { .. } => 1,
            Self::Guest { .. } => 2,
            Self::Order { .. } => 3,
            Self::Regions { .. } => 4,
            Self::Region { .. } => 5,
            Self::Detach { .. } => 6,
            Self::Revoke { .. } => 7,
            Self::Hosts { .. } => 8,
        }
    }
}

/// What to do with a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// Start it: held, off or failed.
    Start,
    /// Stop it: its connections end, its memory is lost.
    Stop,
    /// Suspend its vCPUs; connections stay.
    Pause,
    /// Let it go on.
    Resume,
    /// Reset it.
    Reset,
    /// Restart its VMM, and the guest with it, as after a fault.
    Restart,
}

impl Command {
    /// Milliseconds that it may take before the manager answers
    /// [`Refusal::TimedOut`]; more if the guest has to be loaded. Who asks has to be
    /// more patient than that.
    pub const fn limit_ms(self) -> u64 {
        match self {
            Self::Start | Self::Reset | Self::Restart => 60_000,
            Self::Stop | Self::Pause | Self::Resume => 5000,
        }
    }
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The asker lacks the right.
    NoPermission,
    /// The message makes no sense.
    Malformed,
    /// No such guest, region or client; or the client is not attached.
    DoesNotExist,
    /// It makes no sense in the guest's state (pause a guest that is off).
    WrongState,
    /// It was tried and did not work; logs say why.
    Failed,
    /// No answer from the VMM in time.
    TimedOut,
    /// Another order to this guest is being carried out.
    Busy,
    /// The guest's VMM is lost: past its restart limit, or its vCPUs cannot be stopped.
    Lost,
}

/// What the manager answers.
#[expect(
    clippy::large_enum_variant,
    reason = "there is no allocator, and an answer lives on one frame"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Response {
    /// [`crate::VERSION`].
    Version(u32),
    /// A part of the guests.
    Guests {
        /// How many there are.
        total: u8,
        /// From the number asked for.
        guests: Vec<GuestSummary, PART>,
    },
    /// A guest.
    Guest(GuestInfo),
    /// It is done.
    Done,
    /// The region is revoked; its slot is free when these guests have been stopped,
    /// or reset, and these hosts have faulted: nobody can order a host to stop.
    Revoked {
        /// Clients that could write to it.
        waits_for: Vec<Name, MAX_MEMBERS>,
    },
    /// A part of the regions.
    Regions {
        /// How many there are.
        total: u8,
        /// All slots that are not free.
        slots: SlotCounts,
        /// From the number asked for.
        regions: Vec<RegionSummary, PART>,
    },
    /// A region.
    Region(RegionInfo),
    /// It is not.
    Refused(Refusal),
    /// A part of the hosts.
    Hosts {
        /// How many there are.
        total: u8,
        /// From the number asked for.
        hosts: Vec<HostSummary, PART>,
    },
}

/// Serialises a message. `None`: it does not fit (no message of this crate is
/// longer than [`crate::MESSAGE_BYTES`]).
pub fn encode<'a, T: Serialize>(message: &T, bytes: &'a mut [u8]) -> Option<&'a [u8]> {
    postcard::to_slice(message, bytes).ok().map(|used| &*used)
}

/// Reads a message. `None`: malformed or with trailing bytes.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let (message, rest) = postcard::take_from_bytes(bytes).ok()?;
    rest.is_empty().then_some(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        HostState, Load, MAX_VCPUS, MESSAGE_BYTES, Member, OnSilence, SignalCounters, Silence,
        State, Vcpu, VcpuState, VmmState, Watchdog,
    };
    use proptest::prelude::{any, proptest};

    fn name() -> Name {
        Name::try_from("n".repeat(32).as_str()).expect("32 bytes")
    }

    fn region() -> RegionSummary {
        RegionSummary {
            name: RegionName::try_from("r".repeat(31).as_str()).expect("31 bytes"),
            pages: u32::MAX,
            generation: u32::MAX,
            slot: u8::MAX,
            clients: u8::MAX,
            pending: u16::MAX,
            created_by_policy: true,
            revoked: true,
        }
    }

    fn guest() -> GuestSummary {
        GuestSummary {
            name: name(),
            state: State::Resetting,
            silent: true,
            vmm: VmmState::Restarting,
            vcpus: u8::MAX,
            memory_pages: u32::MAX,
            load: Load {
                guest_us: u64::MAX,
                vmm_us: u64::MAX,
                exits: u64::MAX,
            },
        }
    }

    fn host() -> HostSummary {
        HostSummary {
            name: name(),
            state: HostState::Stopped,
            connections: u8::MAX,
            signals: SignalCounters {
                sent: u64::MAX,
                received: u64::MAX,
                coalesced: u64::MAX,
                refused: u64::MAX,
            },
        }
    }

    fn fits(response: &Response) {
        let mut bytes = [0; MESSAGE_BYTES];
        let used = encode(response, &mut bytes).expect("it fits");
        assert_eq!(decode::<Response>(used).as_ref(), Some(response));
    }

    #[test]
    fn the_largest_answers_fit_a_mailbox() {
        fits(&Response::Guests {
            total: u8::MAX,
            guests: (0..PART).map(|_| guest()).collect(),
        });
        fits(&Response::Hosts {
            total: u8::MAX,
            hosts: (0..PART).map(|_| host()).collect(),
        });
        fits(&Response::Regions {
            total: u8::MAX,
            slots: SlotCounts {
                live: u8::MAX,
                revoked: u8::MAX,
                cleaning: u8::MAX,
                quarantined: u8::MAX,
            },
            regions: (0..PART).map(|_| region()).collect(),
        });
        fits(&Response::Guest(GuestInfo {
            summary: guest(),
            resets: u32::MAX,
            restarts: u32::MAX,
            panics: u32::MAX,
            silent_ms: Some(u64::MAX),
            silence: Some(Silence {
                vcpu: u8::MAX,
                ms: u64::MAX,
            }),
            silences: u32::MAX,
            watchdog: Some(Watchdog {
                silence_ms: u32::MAX,
                on_silence: OnSilence::Stop,
            }),
            exits: [u64::MAX; 7],
            signals: SignalCounters {
                sent: u64::MAX,
                received: u64::MAX,
                coalesced: u64::MAX,
                refused: u64::MAX,
            },
            connections: u8::MAX,
            vcpus: [Vcpu {
                state: VcpuState::Suspended,
                used_us: u64::MAX,
            }; MAX_VCPUS]
                .into_iter()
                .collect(),
        }));
        let member = Member {
            client: name(),
            index: u8::MAX,
            read_only: true,
            pending_from: u16::MAX,
        };
        fits(&Response::Region(RegionInfo {
            summary: region(),
            members: (0..MAX_MEMBERS).map(|_| member.clone()).collect(),
            waits_for: (0..MAX_MEMBERS).map(|_| name()).collect(),
        }));
        fits(&Response::Revoked {
            waits_for: (0..MAX_MEMBERS).map(|_| name()).collect(),
        });
    }

    #[test]
    fn a_request_is_known_by_its_first_byte() {
        let (guest, name) = (name(), region().name);
        let command = Command::Stop;
        let requests = [
            Request::Version,
            Request::Guests { from: 9 },
            Request::Guest {
                guest: guest.clone(),
            },
            Request::Order {
                guest: guest.clone(),
                command,
            },
            Request::Regions { from: 9 },
            Request::Region { name: name.clone() },
            Request::Detach {
                name: name.clone(),
                client: guest,
            },
            Request::Revoke { name },
            Request::Hosts { from: 9 },
        ];
        for (number, request) in (0..).zip(&requests) {
            let mut bytes = [0; MESSAGE_BYTES];
            let first = encode(request, &mut bytes).expect("short")[0];
            assert_eq!((request.number(), u32::from(first)), (number, number));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_request_or_malformed(bytes: std::vec::Vec<u8>) {
            let _ = decode::<Request>(&bytes);
        }

        #[test]
        fn a_message_with_something_behind_it_is_malformed(extra in any::<u8>()) {
            let mut bytes = [0; 64];
            let used = encode(&Request::Version, &mut bytes).expect("short").len();
            bytes[used] = extra;
            assert_eq!(decode::<Request>(&bytes[..=used]), None);
        }
    }
}
