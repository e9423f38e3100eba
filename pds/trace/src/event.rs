// SPDX-License-Identifier: BSD-2-Clause

//! What can have happened.
//!
//! A record's second word is the event's number (15:0) and two small arguments
//! (31:16, 63:32), its third word a large one.

/// An event. Clients, slots and indices are the server's numbers; guests
/// and hosts are numbered as in the manager's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Server: a client signalled.
    Signal {
        /// Who.
        client: u8,
        /// Its connection's handle.
        connection: u8,
        /// Targets as the caller gave them.
        targets: u32,
        /// Clients whose channel was notified: a set.
        notified: u64,
    },
    /// Server: a client attached.
    Attached {
        /// Who.
        client: u8,
        /// Its connection's handle.
        connection: u8,
        /// The region's slot (31:16), the client's index in it (15:0).
        place: u32,
        /// The region's generation.
        generation: u64,
    },
    /// Server: a connection ended.
    Detached {
        /// Whose.
        client: u8,
        /// Its index in the region.
        index: u32,
    },
    /// Server: all connections of a client ended.
    Dropped {
        /// Whose.
        client: u8,
        /// `shmem_server_api::Departure`.
        departure: u32,
    },
    /// Server: the manager ended a connection.
    Evicted {
        /// Whose.
        client: u8,
        /// Its index in the region.
        index: u32,
    },
    /// Server: the manager ended a region, with all its connections.
    Revoked {
        /// The slot that held it.
        slot: u8,
        /// Connections that ended.
        connections: u32,
        /// Whose they were: a set of clients.
        clients: u64,
    },
    /// Server: an attach was refused, or something else was.
    Refused {
        /// Who asked.
        client: u8,
        /// `docs/interfaces/guest-shm.md`, "Reasons".
        reason: u32,
    },
    /// Server: a slot is to be cleaned.
    CleanAsked {
        /// Which.
        slot: u8,
    },
    /// Server: a slot is clean.
    Cleaned {
        /// Which.
        slot: u8,
    },
    /// VMM: a vCPU trapped.
    Exit {
        /// Which vCPU.
        vcpu: u8,
        /// `tombolo_pages::guest_status::Exit`.
        kind: u32,
        /// Guest-physical address of an access, else the syndrome.
        detail: u64,
    },
    /// VMM: a vCPU runs on.
    Resume {
        /// Which vCPU.
        vcpu: u8,
    },
    /// VMM: a vCPU is parked.
    Park {
        /// Which vCPU.
        vcpu: u8,
        /// Counter value at which it wakes at the latest; all ones: never.
        until: u64,
    },
    /// VMM: an interrupt was put into a list register.
    Inject {
        /// Which vCPU.
        vcpu: u8,
        /// INTID.
        intid: u32,
    },
    /// VMM: the guest stored to `notify`.
    Doorbell {
        /// Connection handle.
        connection: u8,
        /// As stored.
        targets: u32,
    },
    /// VMM: the guest loaded `status`.
    StatusRead {
        /// Connection handle.
        connection: u8,
        /// What it got.
        value: u32,
    },
    /// VMM: the server notified it.
    Notified,
    /// VMM: the guest's life changed.
    Life {
        /// `tombolo_pages::guest_status::GuestState`.
        state: u32,
    },
    /// VMM: an order of the manager was answered.
    Answered {
        /// `tombolo_pages::guest_status::Order`.
        order: u16,
        /// `tombolo_pages::guest_status::Outcome`.
        outcome: u32,
        /// The order's number.
        serial: u64,
    },
    /// VMM: a vCPU was suspended though it did not trap, or was turned off.
    Suspend {
        /// Which vCPU.
        vcpu: u8,
        /// `tombolo_pages::guest_status::VcpuState`.
        state: u32,
    },
    /// Manager: an order was given.
    Ordered {
        /// To which guest.
        guest: u8,
        /// `tombolo_pages::guest_status::Order`.
        order: u32,
        /// The order's number.
        serial: u64,
    },
    /// Manager: a VMM faulted.
    Fault {
        /// Of which guest.
        guest: u8,
        /// Label of the message.
        label: u32,
        /// Program counter.
        pc: u64,
    },
    /// Manager: a VMM was restarted.
    Restarted {
        /// Of which guest.
        guest: u8,
        /// How often so far.
        count: u32,
    },
    /// Manager: a guest is silent.
    Silent {
        /// Which.
        guest: u8,
        /// Its vCPU that runs and has not trapped.
        vcpu: u8,
        /// For how many milliseconds.
        ms: u32,
    },
    /// Manager: a guest that was silent makes exits again.
    Heard {
        /// Which.
        guest: u8,
    },
    /// Manager: somebody asked for something.
    Asked {
        /// Position among the askers.
        asker: u8,
        /// `manager_api::Request`'s variant.
        request: u32,
    },
    /// Manager: a host faulted and was stopped.
    HostFault {
        /// Which.
        host: u8,
        /// Label of the message.
        label: u32,
        /// Program counter.
        pc: u64,
    },
}

/// Number, first and second small argument, large argument.
pub(crate) type Parts = (u16, u16, u32, u64);

const fn pair(low: u8, high: u8) -> u16 {
    low as u16 | (high as u16) << 8
}

impl Event {
    /// Number of the guest that the manager dealt with, as its lists have it.
    pub const fn guest(self) -> Option<u8> {
        match self {
            Self::Ordered { guest, .. }
            | Self::Fault { guest, .. }
            | Self::Restarted { guest, .. }
            | Self::Silent { guest, .. }
            | Self::Heard { guest } => Some(guest),
            _ => None,
        }
    }

    /// As numbers.
    #[inline]
    pub(crate) const fn parts(self) -> Parts {
        match self {
            Self::Signal {
                client,
                connection,
                targets,
                notified,
            } => (1, pair(client, connection), targets, notified),
            Self::Attached {
                client,
                connection,
                place,
                generation,
            } => (2, pair(client, connection), place, generation),
            Self::Detached { client, index } => (3, client as u16, index, 0),
            Self::Refused { client, reason } => (4, client as u16, reason, 0),
            Self::CleanAsked { slot } => (5, slot as u16, 0, 0),
            Self::Cleaned { slot } => (6, slot as u16, 0, 0),
            Self::Dropped { client, departure } => (7, client as u16, departure, 0),
            Self::Evicted { client, index } => (8, client as u16, index, 0),
            Self::Revoked {
                slot,
                connections,
                clients,
            } => (9, slot as u16, connections, clients),
            Self::Exit { vcpu, kind, detail } => (16, vcpu as u16, kind, detail),
            Self::Resume { vcpu } => (17, vcpu as u16, 0, 0),
            Self::Park { vcpu, until } => (18, vcpu as u16, 0, until),
            Self::Inject { vcpu, intid } => (19, vcpu as u16, intid, 0),
            Self::Doorbell {
                connection,
                targets,
            } => (20, connection as u16, targets, 0),
            Self::StatusRead { connection, value } => (21, connection as u16, value, 0),
            Self::Notified => (22, 0, 0, 0),
            Self::Life { state } => (23, 0, state, 0),
            Self::Answered {
                order,
                outcome,
                serial,
            } => (24, order, outcome, serial),
            Self::Suspend { vcpu, state } => (25, vcpu as u16, state, 0),
            Self::Ordered {
                guest,
                order,
                serial,
            } => (32, guest as u16, order, serial),
            Self::Fault { guest, label, pc } => (33, guest as u16, label, pc),
            Self::Restarted { guest, count } => (34, guest as u16, count, 0),
            Self::Asked { asker, request } => (35, asker as u16, request, 0),
            Self::HostFault { host, label, pc } => (36, host as u16, label, pc),
            Self::Silent { guest, vcpu, ms } => (37, pair(guest, vcpu), ms, 0),
            Self::Heard { guest } => (38, guest as u16, 0, 0),
        }
    }

    /// From numbers; `None`: no event of this version.
    pub(crate) const fn from_parts((number, first, second, large): Parts) -> Option<Self> {
        let [low, high] = first.to_le_bytes();
        Some(match number {
            1 => Self::Signal {
                client: low,
                connection: high,
                targets: second,
                notified: large,
            },
            2 => Self::Attached {
                client: low,
                connection: high,
                place: second,
                generation: large,
            },
            3 => Self::Detached {
                client: low,
                index: second,
            },
            4 => Self::Refused {
                client: low,
                reason: second,
            },
            5 => Self::CleanAsked { slot: low },
            6 => Self::Cleaned { slot: low },
            7 => Self::Dropped {
                client: low,
                departure: second,
            },
            8 => Self::Evicted {
                client: low,
                index: second,
            },
            9 => Self::Revoked {
                slot: low,
                connections: second,
                clients: large,
            },
            16 => Self::Exit {
                vcpu: low,
                kind: second,
                detail: large,
            },
            17 => Self::Resume { vcpu: low },
            18 => Self::Park {
                vcpu: low,
                until: large,
            },
            19 => Self::Inject {
                vcpu: low,
                intid: second,
            },
            20 => Self::Doorbell {
                connection: low,
                targets: second,
            },
            21 => Self::StatusRead {
                connection: low,
                value: second,
            },
            22 => Self::Notified,
            23 => Self::Life { state: second },
            24 => Self::Answered {
                order: first,
                outcome: second,
                serial: large,
            },
            25 => Self::Suspend {
                vcpu: low,
                state: second,
            },
            32 => Self::Ordered {
                guest: low,
                order: second,
                serial: large,
            },
            33 => Self::Fault {
                guest: low,
                label: second,
                pc: large,
            },
            34 => Self::Restarted {
                guest: low,
                count: second,
            },
            35 => Self::Asked {
                asker: low,
                request: second,
            },
            36 => Self::HostFault {
                host: low,
                label: second,
                pc: large,
            },
            37 => Self::Silent {
                guest: low,
                vcpu: high,
                ms: second,
            },
            38 => Self::Heard { guest: low },
            _ => return None,
        })
    }
}
