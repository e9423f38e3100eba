// SPDX-License-Identifier: BSD-2-Clause

//! Events in words.

use crate::Event;
use core::fmt;

const EXITS: [&str; 7] = [
    "wait",
    "device",
    "shared memory",
    "firmware",
    "timer",
    "maintenance",
    "other",
];
const STATES: [&str; 7] = [
    "unknown",
    "held",
    "running",
    "off",
    "failed",
    "paused",
    "resetting",
];
const ORDERS: [&str; 6] = ["hold", "start", "stop", "pause", "resume", "reset"];
const OUTCOMES: [&str; 4] = ["?", "done", "refused", "failed"];
/// As `tombolo_pages::guest_status::VcpuState`.
const VCPUS: [&str; 4] = ["off", "running", "parked", "suspended"];
const DEPARTURES: [&str; 5] = ["?", "?", "left", "reset", "crashed"];

/// The word of a number, or `?`.
fn word(words: &'static [&'static str], number: impl TryInto<usize>) -> &'static str {
    let number = number.try_into().ok();
    number.and_then(|n| words.get(n)).copied().unwrap_or("?")
}

/// Name of an exit's kind, as in `tombolo_pages::guest_status::Exit`.
pub fn exit(kind: u32) -> &'static str {
    word(&EXITS, kind)
}

/// Name of what a vCPU does.
pub fn vcpu(state: u32) -> &'static str {
    word(&VCPUS, state)
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Signal {
                client,
                connection,
                targets,
                notified,
            } => write!(
                f,
                "client {client} signals {targets:#x} by connection {connection}, notifying {}",
                Set(notified)
            ),
            Self::Attached {
                client,
                connection,
                place,
                generation,
            } => write!(
                f,
                "client {client} attaches slot {} as index {}, connection {connection}, generation {generation}",
                place >> 16,
                place & 0xffff
            ),
            Self::Detached { client, index } => {
                write!(f, "client {client} detaches index {index}")
            }
            Self::Dropped { client, departure } => write!(
                f,
                "client {client} is dropped: {}",
                word(&DEPARTURES, departure)
            ),
            Self::Evicted { client, index } => {
                write!(
                    f,
                    "client {client} is detached by the manager, index {index}"
                )
            }
            Self::Revoked {
                slot,
                connections,
                clients,
            } => write!(
                f,
                "slot {slot} is revoked by the manager, ending {connections} connections of {}",
                Set(clients)
            ),
            Self::Refused { client, reason } => {
                write!(f, "client {client} is refused, reason {reason}")
            }
            Self::CleanAsked { slot } => write!(f, "slot {slot} is to be cleaned"),
            Self::Cleaned { slot } => write!(f, "slot {slot} is clean"),
            Self::Exit { vcpu, kind, detail } => {
                write!(f, "vcpu {vcpu} exits: {}, {detail:#x}", exit(kind))
            }
            Self::Resume { vcpu } => write!(f, "vcpu {vcpu} runs on"),
            Self::Park { vcpu, until } if until == u64::MAX => write!(f, "vcpu {vcpu} is parked"),
            Self::Park { vcpu, until } => write!(f, "vcpu {vcpu} is parked until {until:#x}"),
            Self::Inject { vcpu, intid } => write!(f, "vcpu {vcpu} gets interrupt {intid}"),
            Self::Doorbell {
                connection,
                targets,
            } => write!(f, "notify of connection {connection}: {targets:#x}"),
            Self::StatusRead { connection, value } => {
                write!(f, "status of connection {connection}: {value:#x}")
            }
            Self::Notified => f.write_str("notified by the server"),
            Self::Life { state } => write!(f, "guest is {}", word(&STATES, state)),
            Self::Answered {
                order,
                outcome,
                serial,
            } => write!(
                f,
                "order {serial}, {}: {}",
                word(&ORDERS, order),
                word(&OUTCOMES, outcome)
            ),
            Self::Suspend { vcpu, state } => write!(f, "vcpu {vcpu} is {}", self::vcpu(state)),
            Self::Ordered {
                guest,
                order,
                serial,
            } => write!(
                f,
                "order {serial} to guest {guest}: {}",
                word(&ORDERS, order)
            ),
            Self::Fault { guest, label, pc } => {
                write!(f, "VMM of guest {guest} faults: {label} at {pc:#x}")
            }
            Self::Restarted { guest, count } => {
                write!(f, "VMM of guest {guest} is restarted, number {count}")
            }
            Self::HostFault { host, label, pc } => {
                write!(f, "host {host} faults and is stopped: {label} at {pc:#x}")
            }
            Self::Silent { guest, vcpu, ms } => write!(
                f,
                "guest {guest} is silent: vcpu {vcpu} runs, and has not trapped for {ms} ms"
            ),
            Self::Heard { guest } => write!(f, "guest {guest} makes exits again"),
            Self::Asked { asker, request } => write!(f, "asker {asker} asks, request {request}"),
        }
    }
}

/// A set of clients, as `{0 2}`.
struct Set(u64);

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        let members = (0..64).filter(|client| self.0 & 1 << client != 0);
        for (nth, client) in members.enumerate() {
            let space = if nth == 0 { "" } else { " " };
            write!(f, "{space}{client}")?;
        }
        f.write_str("}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_read_as_sentences() {
        let signal = Event::Signal {
            client: 0,
            connection: 1,
            targets: 0b110,
            notified: 0b1010,
        };
        assert_eq!(
            signal.to_string(),
            "client 0 signals 0x6 by connection 1, notifying {1 3}"
        );
        let exit = Event::Exit {
            vcpu: 0,
            kind: 2,
            detail: 0xa00_0018,
        };
        assert_eq!(exit.to_string(), "vcpu 0 exits: shared memory, 0xa000018");
        let revoked = Event::Revoked {
            slot: 2,
            connections: 2,
            clients: 0b101,
        };
        assert_eq!(
            revoked.to_string(),
            "slot 2 is revoked by the manager, ending 2 connections of {0 2}"
        );
        let (guest, vcpu, ms) = (3, 1, 5000);
        assert_eq!(
            Event::Silent { guest, vcpu, ms }.to_string(),
            "guest 3 is silent: vcpu 1 runs, and has not trapped for 5000 ms"
        );
        let (client, index) = (1, 3);
        assert_eq!(
            Event::Evicted { client, index }.to_string(),
            "client 1 is detached by the manager, index 3"
        );
    }

    #[test]
    fn a_number_without_a_name_is_no_panic() {
        let life = Event::Life { state: u32::MAX };
        assert_eq!(life.to_string(), "guest is ?");
    }
}
