// SPDX-License-Identifier: BSD-2-Clause

//! The operations one by one, in sentences. Histories are in `tests/history.rs`.

mod callers;
mod oversight;

use super::attach::Attach;
use super::{Server, SetupError};
use crate::event::How;
use crate::{ClientId, Effects, Handle, Refusal, SlotId};
use shmem_server_api::{Attached, Board, Departure, RegionName};
use std::vec::Vec;
use tombolo_config::Output;
use tombolo_config::server::{
    Access, Client, Create, Member, Pattern, Pool, Rule, ServerConfig, Slot,
};

fn text(text: &str) -> Pattern {
    Pattern::try_from(text).unwrap()
}

/// Clients 0 to `clients - 1`; pool 0 admits `moo*` to all but the last, pool 1
/// admits `*` to all.
fn config(clients: u8, moo_slots: &[u32], other_slots: &[u32]) -> ServerConfig {
    let client = |n: u8| Client {
        name: format!("guest{n}").as_str().try_into().unwrap(),
        channel: n,
        board: 0,
        rules: heapless::Vec::new(),
        pace: tombolo_config::guest::Pace::default(),
        quota: tombolo_config::server::Quota::default(),
    };
    let members = |count: u8| {
        (0..count)
            .map(|client| Member {
                client,
                access: Access::ReadWrite,
                signals: tombolo_config::server::EVERYONE,
            })
            .collect()
    };
    let pool = |name: &str, pattern: &str, count| Pool {
        name: name.try_into().unwrap(),
        patterns: [text(pattern)].into_iter().collect(),
        members: members(count),
    };
    let slots = |pool, pages: &[u32]| -> Vec<Slot> {
        pages.iter().map(|&pages| Slot { pool, pages }).collect()
    };
    ServerConfig {
        output: Output::default(),
        trace: 0,
        clients: (0..clients).map(client).collect(),
        pools: [
            pool("moo", "moo*", clients - 1),
            pool("other", "*", clients),
        ]
        .into_iter()
        .collect(),
        slots: slots(0, moo_slots)
            .into_iter()
            .chain(slots(1, other_slots))
            .collect(),
        create: heapless::Vec::new(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
    }
}

/// A server and its boards, with the effects of the last operation.
struct Fixture<'b> {
    server: Server<'b>,
    boards: &'b [Board],
    effects: Effects,
}

impl<'b> Fixture<'b> {
    fn new(config: ServerConfig, boards: &'b [Board]) -> Self {
        Self {
            server: Server::new(config, boards).unwrap(),
            boards,
            effects: Effects::default(),
        }
    }

    fn attach(&mut self, client: u8, name: &str, pages: u32) -> Result<Attach, Refusal> {
        self.effects = Effects::default();
        let name = RegionName::new(name).unwrap();
        self.server
            .attach(ClientId(client), &name, pages, &mut self.effects)
    }

    fn attached(&mut self, client: u8, name: &str, pages: u32) -> Attached {
        match self.attach(client, name, pages) {
            Ok(Attach::Done(_, attached)) => attached,
            other => panic!("not attached: {other:?}"),
        }
    }

    fn detach(&mut self, client: u8, handle: u8) -> bool {
        self.effects = Effects::default();
        self.server
            .detach(ClientId(client), Handle(handle), &mut self.effects)
            .unwrap()
            .last
    }

    fn cleaned(&mut self, slot: u16) -> bool {
        self.effects = Effects::default();
        self.server.cleaned(SlotId(slot), &mut self.effects)
    }

    fn notified(&self) -> Vec<u8> {
        self.effects.notify.iter().map(|client| client.0).collect()
    }

    fn signal(&mut self, client: u8, handle: u8, targets: u32) -> Vec<u8> {
        let set = self
            .server
            .signal(ClientId(client), Handle(handle), targets)
            .unwrap();
        set.iter().map(|client| client.0).collect()
    }

    fn read(&self, client: u8, handle: u8) -> u32 {
        self.boards[usize::from(client)].words[usize::from(handle)]
            .take()
            .status
    }
}

fn boards(count: u8) -> Vec<Board> {
    (0..count).map(|_| Board::default()).collect()
}

#[test]
fn the_first_attach_creates_and_the_next_joins_at_the_true_size() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[32768], &[]), &boards);
    let first = f.attached(0, "moo", 32768);
    assert_eq!(
        (first.index, first.pages, first.generation, first.slot),
        (0, 32768, 1, 0)
    );
    let second = f.attached(1, "moo", 16);
    assert_eq!(
        (second.index, second.pages, second.generation),
        (1, 32768, 1)
    );
    assert_eq!(
        f.notified(),
        [0],
        "the creator is interrupted, the joiner is not"
    );
    assert_eq!(f.read(0, 0), 0b11 << 16);
    assert_eq!(f.read(1, 0), 0b11 << 16);
    assert_eq!(f.attached(2, "moo", 0).pages, 32768, "size 0 joins too");
}

#[test]
fn a_second_attach_of_the_same_name_gives_the_same_connection() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[64], &[]), &boards);
    let first = f.attached(0, "moo", 64);
    f.attached(1, "moo", 64);
    let _ = f.signal(1, 0, 1);
    let Ok(Attach::Done(How::Again, again)) = f.attach(0, "moo", 1) else {
        panic!()
    };
    assert_eq!(again, first);
    assert_eq!(f.notified(), [0u8; 0]);
    assert_eq!(
        f.read(0, 0),
        0b11 << 16 | 0b10,
        "its pending signal is still there"
    );
}

#[test]
fn attach_is_refused_in_the_documented_order() {
    let boards = boards(4);
    let mut config = config(4, &[64], &[]);
    config.clients[0]
        .rules
        .push(Rule::Deny(text("moo.x")))
        .unwrap();
    let mut f = Fixture::new(config, &boards);
    assert_eq!(f.attach(0, "moo.x", 0), Err(Refusal::DeniedByRule));
    assert_eq!(f.attach(3, "moo", 0), Err(Refusal::NotMember { pool: 0 }));
    assert_eq!(f.attach(0, "moo", 0), Err(Refusal::ZeroSize));
    assert_eq!(
        f.attach(0, "moo", u32::MAX),
        Err(Refusal::TooLarge { largest: 64 })
    );
    assert_eq!(f.attach(0, "zoo", 1), Err(Refusal::TooLarge { largest: 0 }));
    f.attached(0, "moo", 1);
    assert_eq!(f.attach(1, "moo2", 1), Err(Refusal::AllInUse));
    assert_eq!(
        f.attach(1, "moo2", 65),
        Err(Refusal::TooLarge { largest: 64 })
    );
}

#[test]
fn a_name_that_no_pool_admits_is_forbidden() {
    let boards = boards(2);
    let mut config = config(2, &[64], &[]);
    config.pools.pop();
    let mut f = Fixture::new(config, &boards);
    assert_eq!(f.attach(0, "zoo", 1), Err(Refusal::NoPool));
}

#[test]
fn a_signal_reaches_its_targets_only() {
    let boards = boards(5);
    let mut f = Fixture::new(config(5, &[64], &[]), &boards);
    for client in 0..4 {
        f.attached(client, "moo", 64);
    }
    for client in 0..4 {
        f.read(client, 0);
    }
    assert_eq!(f.signal(0, 0, 0b0010), [1]);
    assert_eq!(f.signal(0, 0, 0b0010), [0u8; 0], "its line is high already");
    assert_eq!(
        f.signal(0, 0, 0xfff0_0000),
        [0u8; 0],
        "absent bits are ignored"
    );
    assert_eq!(
        f.signal(2, 0, 0xffff_ffff),
        [0, 3],
        "everyone but me; 1 has its line high"
    );
    assert_eq!(f.signal(2, 0, 0xffff), [2], "my own bit, set explicitly");
    assert_eq!(f.read(0, 0), 0xf << 16 | 0b0100);
    assert_eq!(f.read(1, 0), 0xf << 16 | 0b0101);
    assert_eq!(f.server.unread(ClientId(2), Handle(0)), Ok(0b1100));
    assert_eq!(f.read(2, 0), 0xf << 16 | 0b0100);
    assert_eq!(f.read(3, 0), 0xf << 16 | 0b0100);
    assert_eq!(f.read(3, 0), 0xf << 16, "read once");
}

#[test]
fn a_connection_that_is_not_there_can_do_nothing() {
    let boards = boards(2);
    let mut f = Fixture::new(config(2, &[64], &[]), &boards);
    let mut effects = Effects::default();
    for handle in [0, 31, 32, 255] {
        let (client, handle) = (ClientId(0), Handle(handle));
        assert_eq!(
            f.server.signal(client, handle, 1),
            Err(Refusal::NoConnection)
        );
        assert_eq!(f.server.unread(client, handle), Err(Refusal::NoConnection));
        assert_eq!(
            f.server.detach(client, handle, &mut effects),
            Err(Refusal::NoConnection)
        );
    }
    assert_eq!(f.server.find(ClientId(0), 0), Err(Refusal::NoConnection));
    assert_eq!(f.server.find(ClientId(9), 0), Err(Refusal::NoClient));
    f.attached(0, "moo", 1);
    assert!(f.server.find(ClientId(0), 0).is_ok());
    assert_eq!(
        f.server.find(ClientId(0), u32::MAX),
        Err(Refusal::NoConnection)
    );
    assert_eq!(effects, Effects::default());
}

#[test]
fn a_detach_interrupts_the_peers_and_keeps_what_was_signalled() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[64], &[]), &boards);
    f.attached(0, "moo", 64);
    f.attached(1, "moo", 64);
    f.read(0, 0);
    let _ = f.signal(1, 0, 1);
    assert!(!f.detach(1, 0));
    assert_eq!(
        f.read(0, 0),
        1 << 16 | 0b10,
        "signalled, then left: both are seen"
    );
    assert_eq!(
        f.attached(1, "moo", 64).index,
        1,
        "read, so its index is free again"
    );
}

#[test]
fn an_index_whose_detach_is_unread_is_spared_and_then_forgotten() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[64], &[]), &boards);
    f.attached(0, "moo", 64);
    f.attached(1, "moo", 64);
    let _ = f.signal(1, 0, 1);
    f.detach(1, 0);
    assert_eq!(
        f.attached(2, "moo", 64).index,
        2,
        "0 has not read that 1 left"
    );
    f.detach(2, 0);
    // From here on every index but 0 is unread: the lowest is taken, and the old
    // user's signal goes.
    for index in 3..16 {
        assert_eq!(f.attached(1, "moo", 64).index, index);
        f.detach(1, 0);
    }
    assert_eq!(boards[0].words[0].peek().status & 0xffff, 0b10);
    assert_eq!(f.attached(1, "moo", 64).index, 1);
    assert_eq!(f.read(0, 0), 0b11 << 16);
}

#[test]
fn a_region_ends_with_its_last_connection_and_its_slot_is_cleaned_first() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[64], &[]), &boards);
    f.attached(0, "moo", 64);
    f.attached(1, "moo", 64);
    assert!(!f.detach(0, 0));
    assert!(f.effects.clean.is_empty());
    assert!(f.detach(1, 0));
    assert!(f.effects.clean.contains(SlotId(0)));
    assert_eq!(
        f.attach(0, "moo", 65),
        Err(Refusal::TooLarge { largest: 64 })
    );
    assert_eq!(f.attach(0, "moo", 16), Ok(Attach::Wait));
    assert_eq!(f.attach(1, "moo2", 16), Ok(Attach::Wait));
    assert!(f.cleaned(0));
    assert_eq!(f.notified(), [0, 1], "both may ask again");
    assert!(!f.cleaned(0), "said twice");
    assert_eq!(f.attached(1, "moo2", 16).generation, 2);
    assert_eq!(f.attach(0, "moo", 16), Err(Refusal::AllInUse));
}

#[test]
fn who_waits_for_a_name_is_woken_when_somebody_else_creates_it() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[4, 64], &[]), &boards);
    f.attached(2, "moo9", 64);
    f.detach(2, 0);
    assert_eq!(f.attach(0, "moo", 64), Ok(Attach::Wait));
    assert_eq!(f.attached(1, "moo", 2).slot, 0);
    assert_eq!(f.notified(), [0]);
    assert_eq!(f.attached(0, "moo", 64).pages, 2);
}

#[test]
fn dropping_a_client_ends_all_it_had_and_nothing_else() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8, 8], &[8]), &boards);
    f.attached(0, "moo", 8);
    f.attached(1, "moo", 8);
    f.attached(0, "moo2", 8);
    f.attached(0, "zoo", 8);
    f.read(1, 0);
    let mut effects = Effects::default();
    let dropped = f
        .server
        .drop_client(ClientId(0), Departure::Crashed, false, &mut effects)
        .unwrap();
    assert_eq!((dropped.connections, dropped.ended), (3, 2));
    assert!(effects.notify.iter().eq([ClientId(1)]));
    assert!(effects.clean.iter().eq([1, 2].map(SlotId)));
    assert_eq!(f.read(1, 0), 0b10 << 16);
    assert!(
        boards[0]
            .words
            .iter()
            .all(|word| !word.line() && word.peek().status == 0)
    );
    assert!(
        f.server
            .client(ClientId(0))
            .unwrap()
            .connections()
            .next()
            .is_none()
    );
}

#[test]
fn the_slots_of_a_guest_that_cannot_be_stopped_are_quarantined() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8, 8], &[]), &boards);
    f.attached(0, "moo", 8);
    f.attached(1, "moo", 8);
    f.attached(0, "moo2", 8);
    let mut effects = Effects::default();
    f.server
        .drop_client(ClientId(0), Departure::Crashed, true, &mut effects)
        .unwrap();
    assert!(effects.clean.is_empty());
    assert!(f.detach(1, 0), "its peer goes on, then the region ends");
    assert!(f.effects.clean.is_empty());
    assert_eq!(f.attach(1, "moo", 1), Err(Refusal::TooLarge { largest: 0 }));
}

#[test]
fn limits_of_a_region_and_of_a_client_are_told_apart() {
    let boards = boards(18);
    let mut f = Fixture::new(config(18, &[8; 33], &[]), &boards);
    for client in 0..16 {
        f.attached(client, "moo", 8);
    }
    assert_eq!(f.attach(16, "moo", 8), Err(Refusal::RegionFull));
    for n in 1..32 {
        f.attached(0, &format!("moo{n}"), 8);
    }
    assert_eq!(
        f.attach(0, "moo-one-more", 8),
        Err(Refusal::TooManyConnections)
    );
    assert_eq!(
        f.server
            .slots()
            .iter()
            .filter(|(.., s)| is_clean(s))
            .count(),
        1,
        "none lost"
    );
    assert_eq!(
        f.server.find(ClientId(0), 31).unwrap().name.as_str(),
        "moo31"
    );
}

fn is_clean(state: &crate::slots::State) -> bool {
    matches!(state, crate::slots::State::Clean)
}

#[test]
fn a_pre_created_region_lives_on_without_connections() {
    let boards = boards(4);
    let mut config = config(4, &[8], &[]);
    config
        .create
        .push(Create {
            name: text("moo"),
            pages: 5,
        })
        .unwrap();
    let mut f = Fixture::new(config, &boards);
    assert_eq!(f.attached(0, "moo", 8).pages, 5);
    assert!(!f.detach(0, 0));
    let again = f.attached(1, "moo", 8);
    assert_eq!((again.pages, again.generation), (5, 1));
}

#[test]
fn a_configuration_that_cannot_be_served_is_refused() {
    let boards = boards(4);
    let mut no_slot = config(4, &[8], &[]);
    no_slot
        .create
        .push(Create {
            name: text("moo"),
            pages: 9,
        })
        .unwrap();
    let error = Server::new(no_slot, &boards).unwrap_err();
    let refusal = Refusal::TooLarge { largest: 8 };
    assert_eq!(
        error,
        SetupError::Create {
            name: text("moo"),
            refusal
        }
    );
    assert_eq!(
        Server::new(config(5, &[8], &[]), &boards).unwrap_err(),
        SetupError::Boards
    );
    let mut wrong_pool = config(4, &[8], &[]);
    wrong_pool.slots[0].pool = 9;
    assert_eq!(
        Server::new(wrong_pool, &boards).unwrap_err(),
        SetupError::Numbers
    );
}

#[test]
fn a_withheld_right_is_counted_and_signals_nobody() {
    let boards = boards(4);
    let mut config = config(4, &[8], &[]);
    // Client 0 may signal 1 and itself, not 2.
    config.pools[0].members[0].signals = 0b0011;
    let mut f = Fixture::new(config, &boards);
    (0..3).for_each(|client| drop(f.attached(client, "moo", 8)));
    for client in 0..3 {
        f.read(client, 0);
    }
    assert_eq!(f.signal(0, 0, u32::MAX), [1]);
    assert!(f.signal(0, 0, 0b100).is_empty());
    assert_eq!(f.read(2, 0) & 0xffff, 0, "nothing came through");
    let seen = f.server.inspect(ClientId(0), Handle(0)).unwrap();
    assert_eq!(seen.may_signal, 0b011);
    assert_eq!((seen.counters.sent, seen.counters.refused), (1, 2));
    assert_eq!(f.signal(2, 0, 0b001), [0], "the other way is granted");
}

#[test]
fn quotas_bound_what_a_client_has_at_one_time() {
    let boards = boards(4);
    let mut config = config(4, &[8, 8, 8, 8], &[]);
    let quota = &mut config.clients[0].quota;
    (quota.connections, quota.regions, quota.pages) = (3, 2, 9);
    let mut f = Fixture::new(config, &boards);
    f.attached(0, "moo1", 8);
    let left = Refusal::PageQuota { left: 1 };
    assert_eq!(f.attach(0, "moo2", 2), Err(left));
    f.attached(0, "moo2", 1);
    assert_eq!(f.attach(0, "moo3", 1), Err(Refusal::RegionQuota));
    f.attached(1, "moo3", 8);
    f.attached(0, "moo3", 1);
    f.attached(1, "moo4", 8);
    assert_eq!(f.attach(0, "moo4", 1), Err(Refusal::ConnectionQuota));
    // The charge goes with the connection, also if others stay.
    f.attached(1, "moo1", 1);
    f.detach(0, 0);
    let usage = f.server.usage(ClientId(0)).unwrap();
    assert_eq!((usage.connections, usage.regions, usage.pages), (2, 1, 1));
    f.attached(0, "moo1", 8);
    let usage = f.server.usage(ClientId(0)).unwrap();
    assert_eq!((usage.regions, usage.pages), (1, 1), "joined: not charged");
}

#[test]
fn a_list_shows_only_what_may_be_attached() {
    let boards = boards(4);
    let mut f = Fixture::new(config(4, &[8], &[8]), &boards);
    f.attached(0, "moo", 8);
    f.attached(3, "zoo", 4);
    let names = |f: &Fixture<'_>, client| -> Vec<_> {
        (0..)
            .map_while(|n| f.server.list(ClientId(client), n).ok())
            .map(|listed| (listed.name.as_str().to_owned(), listed.index))
            .collect()
    };
    assert_eq!(
        names(&f, 0),
        [("moo".into(), Some(0)), ("zoo".into(), None)]
    );
    assert_eq!(
        names(&f, 3),
        [("zoo".into(), Some(0))],
        "no member of moo's pool"
    );
}

#[test]
fn a_guest_that_reboots_attaches_again_at_once() {
    let boards = boards(3);
    let mut f = Fixture::new(config(3, &[8], &[]), &boards);
    f.attached(0, "moo", 8);
    let before = f.attached(1, "moo", 8);
    f.effects = Effects::default();
    let dropped = f
        .server
        .drop_client(ClientId(1), Departure::Reset, false, &mut f.effects)
        .unwrap();
    assert_eq!((dropped.connections, dropped.ended), (1, 0));
    let after = f.attached(1, "moo", 8);
    assert_eq!(after.generation, before.generation, "the same region");
    assert_ne!(
        after.index, before.index,
        "0 has not read that the old one went"
    );
    let seen = f.server.inspect(ClientId(0), Handle(0)).unwrap();
    let old = seen.peers[usize::from(before.index)];
    assert_eq!((old.event, old.serial), (Departure::Reset as u8, 3));
    assert_eq!(seen.peers[usize::from(after.index)].serial, 4);
}
