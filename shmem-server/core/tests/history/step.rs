// SPDX-License-Identifier: BSD-2-Clause

//! One step of a history, and how often each kind comes.

use crate::system::{CLIENTS, NAMES, SLOTS};
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use shmem_server_api::Departure;

/// What happens next. Numbers that are no client, handle or slot are among them.
#[derive(Clone, Debug)]
pub enum Step {
    Attach {
        client: u8,
        name: usize,
        pages: u32,
    },
    Detach {
        client: u8,
        handle: u8,
    },
    Signal {
        client: u8,
        handle: u8,
        targets: u32,
    },
    /// A guest reads `status`.
    Read {
        client: u8,
        handle: u8,
    },
    Unread {
        client: u8,
        handle: u8,
    },
    Find {
        client: u8,
        nth: u32,
    },
    Inspect {
        client: u8,
        handle: u8,
    },
    List {
        client: u8,
        nth: u32,
    },
    Usage {
        client: u8,
    },
    Mute {
        client: u8,
        handle: u8,
        muted: u16,
    },
    /// A monitor takes its notification and works its line out.
    Look {
        client: u8,
    },
    Gone {
        client: u8,
        departure: Departure,
    },
    Reset {
        client: u8,
    },
    Drop {
        client: u8,
    },
    Quarantine {
        client: u8,
    },
    /// The manager ends one connection, or a region.
    Evict {
        client: u8,
        name: usize,
    },
    Revoke {
        name: usize,
    },
    /// The manager says that a guest was stopped.
    Stopped {
        client: u8,
    },
    /// The manager looks.
    Slot {
        from: u16,
    },
    ClientReport {
        client: u8,
    },
    /// A guest stores to a page of a slot that it has mapped, through its cache or
    /// not.
    Write {
        client: u8,
        slot: usize,
        page: usize,
        cached: bool,
    },
    /// A processor reads a page of a slot into the cache.
    Fetch {
        slot: usize,
        page: usize,
    },
    /// The scrubber cleans a chunk of this slot if it is asked for, in its own order
    /// if there is none.
    Scrub {
        slot: Option<usize>,
    },
    /// The scrubber dies and starts again: it has forgotten how far it was.
    ScrubberRestart,
    /// The server takes the scrubber's notification.
    Scrubbed,
    /// Somebody scribbles on a word of its board.
    Scribble(Scribble),
}

/// What somebody makes of a word.
#[derive(Clone, Copy, Debug)]
pub struct Scribble {
    pub client: u8,
    pub handle: u8,
    pub active: u16,
    pub pending: u16,
    pub changed: bool,
    pub muted: u16,
}

/// How histories differ.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Clients that take part.
    pub clients: u8,
    /// Whether they scribble on their boards.
    pub scribbles: bool,
}

/// Few that meet often.
pub const FEW: Kind = Kind {
    clients: 5,
    scribbles: false,
};
/// More than a region takes.
pub const MANY: Kind = Kind {
    clients: CLIENTS,
    scribbles: false,
};

/// A step. Quarantines are rare: each loses a slot for ever.
pub fn step(kind: Kind) -> BoxedStrategy<Step> {
    let honest = prop_oneof![
        24 => peers(kind.clients),
        6 => memory(kind.clients),
        5 => looks(kind.clients),
        3 => ends(kind.clients),
        2 => manager(kind.clients),
        4 => scrubber(),
    ];
    if kind.scribbles {
        prop_oneof![30 => honest, 1 => scribble(kind.clients)].boxed()
    } else {
        honest.boxed()
    }
}

fn handle() -> impl Strategy<Value = u8> {
    prop_oneof![30 => 0..3u8, 1 => any::<u8>()]
}

fn peers(clients: u8) -> impl Strategy<Value = Step> {
    let client = 0..clients;
    let pages = prop_oneof![20 => 1..12u32, 4 => 12..40u32, 1 => Just(0), 1 => Just(u32::MAX)];
    let targets = prop_oneof![Just(u32::MAX), Just(0xffff), any::<u32>(), 0..8u32];
    prop_oneof![
        8 => (client.clone(), 0..NAMES.len(), pages)
            .prop_map(|(client, name, pages)| Step::Attach { client, name, pages }),
        4 => (client.clone(), handle())
            .prop_map(|(client, handle)| Step::Detach { client, handle }),
        8 => (client.clone(), handle(), targets)
            .prop_map(|(client, handle, targets)| Step::Signal { client, handle, targets }),
        8 => (client.clone(), handle()).prop_map(|(client, handle)| Step::Read { client, handle }),
        4 => client.clone().prop_map(|client| Step::Look { client }),
        1 => (client, handle(), any::<u16>())
            .prop_map(|(client, handle, muted)| Step::Mute { client, handle, muted }),
    ]
}

fn looks(clients: u8) -> impl Strategy<Value = Step> {
    let client = 0..clients;
    prop_oneof![
        2 => (client.clone(), handle())
            .prop_map(|(client, handle)| Step::Unread { client, handle }),
        1 => (client.clone(), 0..4u32).prop_map(|(client, nth)| Step::Find { client, nth }),
        3 => (client.clone(), handle())
            .prop_map(|(client, handle)| Step::Inspect { client, handle }),
        1 => (client.clone(), 0..6u32).prop_map(|(client, nth)| Step::List { client, nth }),
        2 => client.prop_map(|client| Step::Usage { client }),
    ]
}

fn ends(clients: u8) -> impl Strategy<Value = Step> {
    let client = 0..clients;
    let departure = prop_oneof![
        Just(Departure::Left),
        Just(Departure::Reset),
        Just(Departure::Crashed),
    ];
    prop_oneof![
        300 => client.clone().prop_map(|client| Step::Reset { client }),
        300 => (client.clone(), departure)
            .prop_map(|(client, departure)| Step::Gone { client, departure }),
        // One more than there are.
        300 => (0..clients + 1).prop_map(|client| Step::Drop { client }),
        8 => client.prop_map(|client| Step::Quarantine { client }),
    ]
}

fn manager(clients: u8) -> impl Strategy<Value = Step> {
    // One more than there are of each; the last name is policy's.
    let (client, name) = (0..clients + 1, 0..NAMES.len());
    let slots = u16::try_from(SLOTS.len()).expect("few");
    prop_oneof![
        2 => (client.clone(), name).prop_map(|(client, name)| Step::Evict { client, name }),
        1 => (0..=NAMES.len()).prop_map(|name| Step::Revoke { name }),
        4 => client.clone().prop_map(|client| Step::Stopped { client }),
        2 => (0..slots + 1).prop_map(|from| Step::Slot { from }),
        2 => client.prop_map(|client| Step::ClientReport { client }),
    ]
}

fn memory(clients: u8) -> impl Strategy<Value = Step> {
    let place = (0..SLOTS.len(), any::<usize>());
    prop_oneof![
        4 => (0..clients, place.clone(), any::<bool>()).prop_map(
            |(client, (slot, page), cached)| Step::Write { client, slot, page, cached }
        ),
        1 => place.prop_map(|(slot, page)| Step::Fetch { slot, page }),
    ]
}

fn scrubber() -> impl Strategy<Value = Step> {
    // Sometimes a slot that there is not.
    let slot = prop_oneof![Just(None), (0..SLOTS.len() + 1).prop_map(Some),];
    prop_oneof![
        30 => slot.prop_map(|slot| Step::Scrub { slot }),
        10 => Just(Step::Scrubbed),
        1 => Just(Step::ScrubberRestart),
    ]
}

fn scribble(clients: u8) -> impl Strategy<Value = Step> {
    let word = (any::<u16>(), any::<u16>(), any::<bool>(), any::<u16>());
    (0..clients, handle(), word).prop_map(|(client, handle, (active, pending, changed, muted))| {
        Step::Scribble(Scribble {
            client,
            handle,
            active,
            pending,
            changed,
            muted,
        })
    })
}
