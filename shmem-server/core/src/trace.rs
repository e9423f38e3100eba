// SPDX-License-Identifier: BSD-2-Clause

//! What happened, for the trace: the same events as the log's, as numbers.

use crate::{ClientId, ClientSet, Event, SlotId};
use tombolo_trace::Event as Traced;

impl Event {
    /// As a trace event; `None` where the log has no line either, while a client waits,
    /// and for what the manager asked in vain.
    pub fn traced(&self) -> Option<Traced> {
        Some(match self {
            Self::Attached {
                client, attached, ..
            } => Traced::Attached {
                client: client.0,
                connection: attached.connection,
                place: u32::from(attached.slot) << 16 | u32::from(attached.index),
                generation: u64::from(attached.generation),
            },
            Self::Detached { client, index, .. } => Traced::Detached {
                client: client.0,
                index: u32::from(*index),
            },
            Self::Evicted { client, index, .. } => Traced::Evicted {
                client: client.0,
                index: u32::from(*index),
            },
            Self::Revoked { slot, clients, .. } => Traced::Revoked {
                // Lossless: below 128.
                slot: slot.0 as u8,
                connections: clients.count(),
                clients: clients.bits(),
            },
            Self::Dropped {
                client, departure, ..
            } => Traced::Dropped {
                client: client.0,
                departure: *departure as u32,
            },
            Self::Refused {
                client, refusal, ..
            }
            | Self::Failed {
                client: Some(client),
                refusal,
            } => Traced::Refused {
                client: client.0,
                reason: refusal.reason(),
            },
            Self::Quiet
            | Self::Waits { .. }
            | Self::TooOften { .. }
            | Self::Failed { client: None, .. } => return None,
        })
    }
}

/// A signal of `client`, and whose channels it led to.
pub fn signal(client: ClientId, connection: u8, targets: u32, notified: ClientSet) -> Traced {
    Traced::Signal {
        client: client.0,
        connection,
        targets,
        notified: notified.bits(),
    }
}

/// The scrubber was asked to clean a slot, or has.
pub fn cleaning(slot: SlotId, done: bool) -> Traced {
    // Lossless: below 128.
    let slot = slot.0 as u8;
    if done {
        Traced::Cleaned { slot }
    } else {
        Traced::CleanAsked { slot }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Refusal;
    use shmem_server_api::{Departure, RegionName};

    #[test]
    fn what_the_log_tells_of_a_client_the_trace_has_too() {
        let client = ClientId(3);
        let name = RegionName::new("moo").expect("legal");
        let refused = Event::Refused {
            client,
            name: name.clone(),
            refusal: Refusal::IllegalName,
        };
        let reason = Refusal::IllegalName.reason();
        assert_eq!(
            refused.traced(),
            Some(Traced::Refused { client: 3, reason })
        );
        let dropped = Event::Dropped {
            client,
            connections: 1,
            ended: 0,
            departure: Departure::Reset,
            by_manager: false,
            given_up: false,
        };
        let departure = Departure::Reset as u32;
        assert_eq!(
            dropped.traced(),
            Some(Traced::Dropped {
                client: 3,
                departure
            })
        );
        let evicted = Event::Evicted {
            client,
            name: name.clone(),
            index: 2,
            last: false,
        };
        let index = 2;
        assert_eq!(evicted.traced(), Some(Traced::Evicted { client: 3, index }));
        let revoked = Event::Revoked {
            name: name.clone(),
            slot: SlotId(7),
            clients: ClientSet::from_bits(0b1010),
            waits_for: ClientSet::from_bits(0b10),
        };
        let (slot, connections, clients) = (7, 2, 0b1010);
        assert_eq!(
            revoked.traced(),
            Some(Traced::Revoked {
                slot,
                connections,
                clients
            })
        );
        assert_eq!(Event::Waits { client, name }.traced(), None);
        assert_eq!(Event::Quiet.traced(), None);
    }
}
