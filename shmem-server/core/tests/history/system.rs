// SPDX-License-Identifier: BSD-2-Clause

//! The system that the histories happen in, as small as its rules allow: two pools
//! that share most of their members, more members than a region takes, rights and
//! quotas of every kind, and a region that policy made.

use tombolo_config::Output;
use tombolo_config::server::{
    Access, Client, Create, Member, Pool, Quota, Rule, ServerConfig, Slot,
};

pub const CLIENTS: u8 = 20;
/// The first letter chooses the pool; `c*` is denied, nothing admits `d`.
pub const NAMES: [&str; 7] = ["a1", "a2", "a3", "b1", "b2", "c", "d"];
/// Policy's own region, in pool 1.
pub const PERMANENT: &str = "b-made";
/// A region by number: one of [`NAMES`], then policy's own.
pub fn name_of(number: usize) -> &'static str {
    NAMES.get(number).copied().unwrap_or(PERMANENT)
}

/// Pool and pages by slot: up to four chunks of the scrubber.
pub const SLOTS: [(u8, u32); 8] = [
    (0, 4),
    (0, 20),
    (0, 32),
    (0, 8),
    (1, 4),
    (1, 24),
    (1, 8),
    (1, 4),
];

/// Pool 0 is for all but the last two, pool 1 for all but the first two.
pub fn is_member(pool: u8, client: u8) -> bool {
    if pool == 0 {
        client < CLIENTS - 2
    } else {
        client >= 2
    }
}

/// Every fifth member may only read.
pub fn may_write(pool: u8, client: u8) -> bool {
    is_member(pool, client) && client % 5 != 4
}

/// Whom a client may signal: all but the client after it, if it is one of every
/// third.
pub fn may_signal(from: u8, to: u8) -> bool {
    from % 3 != 1 || to != from + 1
}

/// Whether a client's own rules forbid a name: `c*` everyone's, and `a*` those of
/// the two that are no members of its pool.
pub fn is_denied(client: u8, name: &str) -> bool {
    name.starts_with('c') || client >= CLIENTS - 2 && name.starts_with('a')
}

/// The pool that admits a name.
pub fn pool_of(name: &str) -> Option<u8> {
    match name.as_bytes() {
        [b'a', ..] => Some(0),
        [b'b', ..] => Some(1),
        _ => None,
    }
}

/// Whether a client may have a name, whatever else is in the way.
pub fn may_attach(client: u8, name: &str) -> bool {
    !is_denied(client, name) && pool_of(name).is_some_and(|pool| is_member(pool, client))
}

/// Connections, regions, pages.
pub fn quota(client: u8) -> (u8, u8, u32) {
    match client % 4 {
        0 => (2, 200, 1000),
        1 => (200, 1, 1000),
        2 => (200, 200, 12),
        _ => (255, 255, u32::MAX),
    }
}

fn client(number: u8) -> Client {
    let deny = |pattern: &str| Rule::Deny(pattern.try_into().unwrap());
    let rules = match number {
        18.. => vec![deny("c*"), deny("a*")],
        _ => vec![deny("c*")],
    };
    let (connections, regions, pages) = quota(number);
    Client {
        name: format!("guest{number}").as_str().try_into().unwrap(),
        channel: number,
        board: 0,
        rules: rules.into_iter().collect(),
        pace: tombolo_config::guest::Pace::default(),
        quota: Quota {
            connections,
            regions,
            pages,
        },
    }
}

fn member(pool: u8, client: u8) -> Member {
    let access = if may_write(pool, client) {
        Access::ReadWrite
    } else {
        Access::ReadOnly
    };
    let signals = (0..CLIENTS).filter(|&to| may_signal(client, to));
    Member {
        client,
        access,
        signals: signals.fold(0, |set, to| set | 1 << to),
    }
}

fn pool(number: u8, pattern: &str) -> Pool {
    Pool {
        name: format!("pool{number}").as_str().try_into().unwrap(),
        patterns: [pattern.try_into().unwrap()].into_iter().collect(),
        members: (0..CLIENTS)
            .filter(|&client| is_member(number, client))
            .map(|client| member(number, client))
            .collect(),
    }
}

pub fn config() -> ServerConfig {
    let slot = |&(pool, pages)| Slot { pool, pages };
    let made = Create {
        name: PERMANENT.try_into().unwrap(),
        pages: 4,
    };
    ServerConfig {
        output: Output::default(),
        trace: 0,
        clients: (0..CLIENTS).map(client).collect(),
        pools: [pool(0, "a*"), pool(1, "b*")].into_iter().collect(),
        slots: SLOTS.iter().map(slot).collect(),
        create: [made].into_iter().collect(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
    }
}
