// SPDX-License-Identifier: BSD-2-Clause

//! Random histories of several clients, against a model made of maps and sets.
//!
//! After each step the answer, the notifications and every word of every board are
//! what the model says. Besides that, of every history:
//!
//! * slots are conserved: each is clean, in use by one region, dirty or quarantined;
//! * nobody gets a slot of a pool whose member it is not;
//! * a region is born in a slot that holds no byte of an earlier one;
//! * no signal is read that was not sent, and none sent is lost, except those whose
//!   sender's index was given to another;
//! * a signal reaches nobody whom policy withholds it from, and each is counted;
//! * nobody has more than its quota gives, and who has left is charged with nothing;
//! * the records tell each index's last join or departure, with its reason.

use proptest::prelude::*;
use shmem_server_api::{
    Board, Counters, Departure, PeerRecord, RegionName, Request, Response, Status,
};
use shmem_server_core::slots::State;
use shmem_server_core::{Caller, ClientId, Effects, Handle, Outcome, Server, SlotId};
use std::collections::{BTreeMap, BTreeSet};
use tombolo_config::Output;
use tombolo_config::server::{Access, Client, Member, Pool, Quota, Rule, ServerConfig, Slot};

const CLIENTS: u8 = 20;
const NAMES: [&str; 6] = ["a1", "a2", "b1", "b2", "bx", "c"];
/// Pool and pages by slot.
const SLOTS: [(u8, u32); 4] = [(0, 4), (0, 8), (1, 4), (1, 4)];

fn member(pool: u8, client: u8) -> bool {
    // Pool 0 is for all but the last two, pool 1 for all but the first two.
    if pool == 0 {
        client < CLIENTS - 2
    } else {
        client >= 2
    }
}

/// Whom a client may signal: all but the client after it, if it is one of every
/// third.
fn may_signal(from: u8, to: u8) -> bool {
    from % 3 != 1 || to != from + 1
}

/// Connections, regions, pages.
fn quota(client: u8) -> (u8, u8, u32) {
    match client % 4 {
        0 => (2, 200, 1000),
        1 => (200, 1, 1000),
        2 => (200, 200, 6),
        _ => (255, 255, u32::MAX),
    }
}

fn config() -> ServerConfig {
    let client = |n: u8| Client {
        name: format!("guest{n}").as_str().try_into().unwrap(),
        channel: n,
        board: 0,
        rules: [Rule::Deny("bx".try_into().unwrap())].into_iter().collect(),
        quota: Quota {
            connections: quota(n).0,
            regions: quota(n).1,
            pages: quota(n).2,
        },
    };
    let pool = |n: u8, pattern: &str| Pool {
        name: format!("pool{n}").as_str().try_into().unwrap(),
        patterns: [pattern.try_into().unwrap()].into_iter().collect(),
        members: (0..CLIENTS)
            .filter(|&c| member(n, c))
            .map(|client| Member {
                client,
                access: Access::ReadWrite,
                signals: (0..CLIENTS)
                    .filter(|&to| may_signal(client, to))
                    .fold(0, |set, to| set | 1 << to),
            })
            .collect(),
    };
    ServerConfig {
        output: Output::default(),
        clients: (0..CLIENTS).map(client).collect(),
        pools: [pool(0, "a*"), pool(1, "b*")].into_iter().collect(),
        slots: SLOTS
            .iter()
            .map(|&(pool, pages)| Slot { pool, pages })
            .collect(),
        create: heapless::Vec::new(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
    }
}

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
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
    Reset {
        client: u8,
    },
    Gone {
        client: u8,
        departure: Departure,
    },
    Drop {
        client: u8,
    },
    Quarantine {
        client: u8,
    },
    Cleaned {
        slot: u16,
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
}

fn step(clients: u8) -> impl Strategy<Value = Step> {
    let client = 0..clients;
    let handle = prop_oneof![8 => 0..3u8, 1 => any::<u8>()];
    let targets = prop_oneof![Just(u32::MAX), Just(0xffff), any::<u32>(), 0..8u32];
    prop_oneof![
        12 => (client.clone(), 0..NAMES.len(), prop_oneof![0..10u32, Just(u32::MAX)])
            .prop_map(|(client, name, pages)| Step::Attach { client, name, pages }),
        5 => (client.clone(), handle.clone())
            .prop_map(|(client, handle)| Step::Detach { client, handle }),
        8 => (client.clone(), handle.clone(), targets)
            .prop_map(|(client, handle, targets)| Step::Signal { client, handle, targets }),
        8 => (client.clone(), 0..3u8).prop_map(|(client, handle)| Step::Read { client, handle }),
        2 => (client.clone(), handle.clone())
            .prop_map(|(client, handle)| Step::Unread { client, handle }),
        1 => (client.clone(), 0..4u32).prop_map(|(client, nth)| Step::Find { client, nth }),
        1 => client.clone().prop_map(|client| Step::Reset { client }),
        1 => (0..clients + 1).prop_map(|client| Step::Drop { client }),
        1 => (client.clone(), prop_oneof![
                Just(Departure::Left), Just(Departure::Reset), Just(Departure::Crashed),
            ]).prop_map(|(client, departure)| Step::Gone { client, departure }),
        3 => (client.clone(), handle.clone())
            .prop_map(|(client, handle)| Step::Inspect { client, handle }),
        1 => (client.clone(), 0..5u32).prop_map(|(client, nth)| Step::List { client, nth }),
        2 => client.clone().prop_map(|client| Step::Usage { client }),
        2 => (client.clone(), 0..3u8, any::<u16>())
            .prop_map(|(client, handle, muted)| Step::Mute { client, handle, muted }),
        1 => client.prop_map(|client| Step::Quarantine { client }),
        6 => (0..SLOTS.len() as u16 + 1).prop_map(|slot| Step::Cleaned { slot }),
    ]
}

#[derive(Clone, Debug, PartialEq)]
enum SlotIs {
    Clean,
    InUse,
    Dirty,
    Lost,
}

#[derive(Clone, Debug)]
struct Region {
    slot: usize,
    pages: u32,
    generation: u32,
    peers: BTreeMap<u8, u8>,
    lost: bool,
    creator: Option<u8>,
    /// Index and event (1 a join, else a departure), in order.
    events: Vec<(u8, u8)>,
}

#[derive(Clone, Debug, Default)]
struct Connection {
    name: String,
    index: u8,
    pending: BTreeSet<u8>,
    active: BTreeSet<u8>,
    changed: bool,
    gone_unread: BTreeSet<u8>,
    muted: BTreeSet<u8>,
    counters: Counters,
}

impl Connection {
    fn raised(&self) -> bool {
        self.changed || self.pending.difference(&self.muted).next().is_some()
    }
}

/// The reference: what the words of the reference page say, in maps and sets.
#[derive(Debug)]
struct Model {
    slots: Vec<SlotIs>,
    /// Whose bytes a slot holds.
    bytes: Vec<Option<String>>,
    regions: BTreeMap<String, Region>,
    connections: BTreeMap<(u8, u8), Connection>,
    waiting: BTreeMap<u8, (String, u8, u32)>,
    births: u32,
    notified: BTreeSet<u8>,
}

impl Model {
    fn new() -> Self {
        Self {
            slots: vec![SlotIs::Clean; SLOTS.len()],
            bytes: vec![None; SLOTS.len()],
            regions: BTreeMap::new(),
            connections: BTreeMap::new(),
            waiting: BTreeMap::new(),
            births: 0,
            notified: BTreeSet::new(),
        }
    }

    fn handle_of(&self, client: u8, name: &str) -> Option<u8> {
        let mut all = self.connections.iter();
        all.find(|((c, _), connection)| *c == client && connection.name == name)
            .map(|(k, _)| k.1)
    }

    /// The connections to a region other than `but`.
    fn others(&self, name: &str, but: Option<u8>) -> Vec<(u8, u8)> {
        let all = self.connections.iter();
        all.filter(|(_, c)| c.name == name && Some(c.index) != but)
            .map(|(k, _)| *k)
            .collect()
    }

    fn told(&self, client: u8, handle: u8) -> Response {
        let connection = &self.connections[&(client, handle)];
        let region = &self.regions[&connection.name];
        Response::Attached(shmem_server_api::Attached {
            connection: handle,
            index: connection.index,
            slot: region.slot as u16,
            pages: region.pages,
            generation: region.generation,
            name: RegionName::new(&connection.name).unwrap(),
        })
    }

    fn attach(&mut self, client: u8, name: &str, pages: u32) -> Response {
        self.waiting.remove(&client);
        let pool = match name.as_bytes()[0] {
            b'a' => 0,
            b'b' => 1,
            _ => return Response::Failed(Status::NoPermission),
        };
        if name == "bx" || !member(pool, client) {
            return Response::Failed(Status::NoPermission);
        }
        if let Some(handle) = self.handle_of(client, name) {
            return self.told(client, handle);
        }
        if self
            .regions
            .get(name)
            .is_some_and(|region| region.peers.len() == 16)
        {
            return Response::Failed(Status::ClientMax);
        }
        let (connections, regions, most) = quota(client);
        if self
            .connections
            .keys()
            .filter(|key| key.0 == client)
            .count()
            >= usize::from(connections)
        {
            return Response::Failed(Status::UnknownFailure);
        }
        if !self.regions.contains_key(name) {
            if pages == 0 {
                return Response::Failed(Status::UnknownFailure);
            }
            let (count, used) = self.charged(client);
            if count >= u32::from(regions) || u64::from(used) + u64::from(pages) > u64::from(most) {
                return Response::Failed(Status::NoMem);
            }
            let fits = |&n: &usize| SLOTS[n].0 == pool && SLOTS[n].1 >= pages;
            let fitting: Vec<usize> = (0..SLOTS.len()).filter(fits).collect();
            let is = |state| fitting.iter().copied().find(|&n| self.slots[n] == state);
            let Some(slot) = is(SlotIs::Clean) else {
                if is(SlotIs::Dirty).is_none() {
                    return Response::Failed(Status::NoMem);
                }
                self.waiting.insert(client, (name.into(), pool, pages));
                return Response::Wait;
            };
            assert_eq!(
                self.bytes[slot], None,
                "born in a slot with somebody's bytes"
            );
            self.births += 1;
            let (generation, peers) = (self.births, BTreeMap::new());
            let region = Region {
                slot,
                pages,
                generation,
                peers,
                lost: false,
                creator: Some(client),
                events: Vec::new(),
            };
            self.regions.insert(name.into(), region);
            self.slots[slot] = SlotIs::InUse;
            self.wake(|waiting| waiting.0 == name);
        }
        self.join(client, name)
    }

    /// Regions that a client created and is attached to, and their pages.
    fn charged(&self, client: u8) -> (u32, u32) {
        let own = self.regions.values();
        own.filter(|region| region.creator == Some(client))
            .fold((0, 0), |(n, pages), region| (n + 1, pages + region.pages))
    }

    fn join(&mut self, client: u8, name: &str) -> Response {
        let others = self.others(name, None);
        for key in &others {
            let peer = self.connections.get_mut(key).unwrap();
            if !peer.changed {
                peer.gone_unread.clear();
            }
        }
        let unread = |i: &u8| {
            others
                .iter()
                .any(|key| self.connections[key].gone_unread.contains(i))
        };
        let region = self.regions.get_mut(name).unwrap();
        let free: Vec<u8> = (0..16).filter(|i| !region.peers.contains_key(i)).collect();
        let index = free.iter().copied().find(|i| !unread(i)).unwrap_or(free[0]);
        region.peers.insert(index, client);
        region.events.push((index, 1));
        self.bytes[region.slot] = Some(name.into());
        let active: BTreeSet<u8> = region.peers.keys().copied().collect();
        for key in others {
            let peer = self.connections.get_mut(&key).unwrap();
            peer.gone_unread.remove(&index);
            peer.pending.remove(&index);
        }
        self.change(name, &active);
        let handle = (0..32)
            .find(|h| !self.connections.contains_key(&(client, *h)))
            .unwrap();
        let fresh = Connection {
            name: name.into(),
            index,
            active,
            ..Connection::default()
        };
        self.connections.insert((client, handle), fresh);
        self.told(client, handle)
    }

    /// The set of peers is now `active`: everybody is told.
    fn change(&mut self, name: &str, active: &BTreeSet<u8>) {
        for key in self.others(name, None) {
            let peer = self.connections.get_mut(&key).unwrap();
            if !peer.raised() {
                self.notified.insert(key.0);
            }
            if !peer.changed {
                peer.gone_unread.clear();
            }
            peer.active.clone_from(active);
            peer.changed = true;
        }
    }

    fn wake(&mut self, wanted: impl Fn(&(String, u8, u32)) -> bool) {
        let notified = &mut self.notified;
        self.waiting.retain(|&client, waiting| {
            let woken = wanted(waiting);
            if woken {
                notified.insert(client);
            }
            !woken
        });
    }

    fn detach(&mut self, client: u8, handle: u8) -> Response {
        self.end(client, handle, Departure::Left)
    }

    fn end(&mut self, client: u8, handle: u8, departure: Departure) -> Response {
        let Some(gone) = self.connections.remove(&(client, handle)) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let region = self.regions.get_mut(&gone.name).unwrap();
        region.peers.remove(&gone.index);
        region.events.push((gone.index, departure as u8));
        if region.creator == Some(client) {
            region.creator = None;
        }
        if region.peers.is_empty() {
            self.slots[region.slot] = if region.lost {
                SlotIs::Lost
            } else {
                SlotIs::Dirty
            };
            self.regions.remove(&gone.name);
            return Response::Done;
        }
        let active = region.peers.keys().copied().collect();
        self.change(&gone.name, &active);
        for key in self.others(&gone.name, None) {
            self.connections
                .get_mut(&key)
                .unwrap()
                .gone_unread
                .insert(gone.index);
        }
        Response::Done
    }

    fn drop_client(&mut self, client: u8, departure: Departure, lost: bool) -> bool {
        self.waiting.remove(&client);
        let all: Vec<(u8, u8)> = self
            .connections
            .keys()
            .copied()
            .filter(|key| key.0 == client)
            .collect();
        for &(client, handle) in &all {
            let name = self.connections[&(client, handle)].name.clone();
            self.regions.get_mut(&name).unwrap().lost |= lost;
            self.end(client, handle, departure);
        }
        !all.is_empty()
    }

    fn signal(&mut self, client: u8, handle: u8, targets: u32) -> bool {
        let Some(me) = self.connections.get(&(client, handle)).cloned() else {
            return false;
        };
        let mut counters = me.counters;
        for key in self.others(&me.name, (targets == u32::MAX).then_some(me.index)) {
            let peer = self.connections.get_mut(&key).unwrap();
            if targets != u32::MAX && targets & 1 << peer.index == 0 {
                continue;
            }
            if !may_signal(client, key.0) {
                counters.refused += 1;
                continue;
            }
            counters.sent += 1;
            peer.counters.received += 1;
            let before = peer.raised();
            if !peer.pending.insert(me.index) {
                counters.coalesced += 1;
            }
            if !before && peer.raised() {
                self.notified.insert(key.0);
            }
        }
        let own = self.connections.get_mut(&(client, handle)).unwrap();
        // A signal to oneself was received meanwhile.
        own.counters = Counters {
            received: own.counters.received,
            ..counters
        };
        true
    }

    fn unread(&self, me: &Connection) -> u16 {
        self.others(&me.name, None)
            .iter()
            .map(|key| &self.connections[key])
            .filter(|peer| peer.pending.contains(&me.index))
            .fold(0, |set, peer| set | 1 << peer.index)
    }

    fn inspect(&self, client: u8, handle: u8) -> Response {
        let Some(me) = self.connections.get(&(client, handle)) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let region = &self.regions[&me.name];
        let mut peers = [PeerRecord::default(); 16];
        for (serial, &(index, event)) in (1..).zip(&region.events) {
            let record = &mut peers[usize::from(index)];
            (record.event, record.serial) = (event, serial);
            if event != 1 {
                (record.departure, record.departure_serial) = (event, serial);
            }
        }
        Response::Inspected(shmem_server_api::Inspection {
            name: RegionName::new(&me.name).unwrap(),
            pages: region.pages,
            generation: region.generation,
            serial: region.events.len() as u32,
            unread: self.unread(me),
            may_signal: (region.peers.iter())
                .filter(|&(_, &peer)| may_signal(client, peer))
                .fold(0, |set, (index, _)| set | 1 << index),
            counters: me.counters,
            peers,
        })
    }

    fn list(&self, client: u8, nth: u32) -> Response {
        let mut all: Vec<(&String, &Region)> = self.regions.iter().collect();
        all.sort_by_key(|(_, region)| region.slot);
        let mut allowed = all
            .into_iter()
            .filter(|(_, region)| member(SLOTS[region.slot].0, client));
        let Some((name, region)) = allowed.nth(nth as usize) else {
            return Response::Failed(Status::DoesNotExist);
        };
        let own = region.peers.iter().find(|&(_, &peer)| peer == client);
        Response::Listed(shmem_server_api::Listed {
            name: RegionName::new(name).unwrap(),
            pages: region.pages,
            generation: region.generation,
            active: region.peers.keys().fold(0, |set, index| set | 1 << index),
            index: own.map(|(index, _)| *index),
        })
    }

    fn cleaned(&mut self, slot: usize) -> bool {
        if self.slots.get(slot) != Some(&SlotIs::Dirty) {
            return false;
        }
        self.slots[slot] = SlotIs::Clean;
        self.bytes[slot] = None;
        self.wake(|waiting| waiting.1 == SLOTS[slot].0 && waiting.2 <= SLOTS[slot].1);
        true
    }

    fn word(&self, client: u8, handle: u8) -> (u32, bool) {
        let Some(connection) = self.connections.get(&(client, handle)) else {
            return (0, false);
        };
        let bits = |set: &BTreeSet<u8>| set.iter().fold(0u32, |bits, index| bits | 1 << index);
        let status = bits(&connection.active) << 16 | bits(&connection.pending);
        (status, connection.raised())
    }
}

/// Does a step on both; the answers must agree.
fn run(server: &mut Server<'_>, boards: &[Board], model: &mut Model, step: &Step) {
    model.notified.clear();
    let as_client = |client: u8| Caller::Client(ClientId(client));
    let effects = match *step {
        Step::Attach {
            client,
            name,
            pages,
        } => {
            let request = Request::Attach {
                name: RegionName::new(NAMES[name]).unwrap(),
                pages,
            };
            let expected = model.attach(client, NAMES[name], pages);
            if let Response::Attached(attached) = &expected {
                assert!(member(SLOTS[usize::from(attached.slot)].0, client));
            }
            served(server.serve(as_client(client), request), expected)
        }
        Step::Detach { client, handle } => {
            let request = Request::Detach { connection: handle };
            served(
                server.serve(as_client(client), request),
                model.detach(client, handle),
            )
        }
        Step::Signal {
            client,
            handle,
            targets,
        } => {
            let answer = server.signal(ClientId(client), Handle(handle), targets);
            assert_eq!(answer.is_ok(), model.signal(client, handle, targets));
            Effects {
                notify: answer.unwrap_or_default(),
                ..Effects::default()
            }
        }
        Step::Read { client, handle } => {
            let word = &boards[usize::from(client)].words[usize::from(handle)];
            assert_eq!(
                word.take().status,
                model.word(client, handle).0,
                "what the guest reads"
            );
            if let Some(connection) = model.connections.get_mut(&(client, handle)) {
                connection.pending.clear();
                connection.changed = false;
            }
            Effects::default()
        }
        Step::Unread { client, handle } => {
            let expected = match model.connections.get(&(client, handle)) {
                None => Response::Failed(Status::DoesNotExist),
                Some(me) => Response::Unread(model.unread(me)),
            };
            served(
                server.serve(as_client(client), Request::Unread { connection: handle }),
                expected,
            )
        }
        Step::Find { client, nth } => {
            let mut all = model.connections.keys().filter(|key| key.0 == client);
            let expected = match all.nth(nth as usize) {
                None => Response::Failed(Status::DoesNotExist),
                Some(&(client, handle)) => model.told(client, handle),
            };
            served(
                server.serve(as_client(client), Request::Find { nth }),
                expected,
            )
        }
        Step::Reset { client } => {
            model.drop_client(client, Departure::Reset, false);
            served(
                server.serve(as_client(client), Request::Reset),
                Response::Done,
            )
        }
        Step::Gone { client, departure } => {
            model.drop_client(client, departure, false);
            served(
                server.serve(as_client(client), Request::Gone { departure }),
                Response::Done,
            )
        }
        Step::Inspect { client, handle } => served(
            server.serve(as_client(client), Request::Inspect { connection: handle }),
            model.inspect(client, handle),
        ),
        Step::List { client, nth } => served(
            server.serve(as_client(client), Request::List { nth }),
            model.list(client, nth),
        ),
        Step::Usage { client } => {
            let outcome = server.serve(as_client(client), Request::Usage);
            let Response::Usage(usage) = outcome.response else {
                panic!("no usage: {outcome:?}");
            };
            assert_eq!((usage.regions, usage.pages), model.charged(client));
            let count = model
                .connections
                .keys()
                .filter(|key| key.0 == client)
                .count();
            assert_eq!(usage.connections as usize, count);
            assert!(usage.connections <= usage.max_connections);
            assert!(usage.regions <= usage.max_regions && usage.pages <= usage.max_pages);
            outcome.effects
        }
        Step::Mute {
            client,
            handle,
            muted,
        } => {
            if let Some(connection) = model.connections.get_mut(&(client, handle)) {
                boards[usize::from(client)].words[usize::from(handle)].mute_only(muted);
                connection.muted = (0..16).filter(|index| muted & 1 << index != 0).collect();
            }
            Effects::default()
        }
        Step::Drop { client } => by_manager(server, model, client, false),
        Step::Quarantine { client } => by_manager(server, model, client, true),
        Step::Cleaned { slot } => {
            let mut effects = Effects::default();
            let done = server.cleaned(SlotId(slot), &mut effects);
            assert_eq!(done, model.cleaned(usize::from(slot)));
            effects
        }
    };
    let notified: BTreeSet<u8> = effects.notify.iter().map(|client| client.0).collect();
    assert_eq!(notified, model.notified, "who is notified");
    compare(server, boards, model, effects);
}

fn by_manager(server: &mut Server<'_>, model: &mut Model, client: u8, lost: bool) -> Effects {
    let request = if lost {
        Request::Quarantine { client }
    } else {
        Request::DropClient { client }
    };
    let expected = if client < CLIENTS {
        if model.drop_client(client, Departure::Crashed, lost) {
            model.notified.insert(client);
        }
        Response::Done
    } else {
        Response::Failed(Status::DoesNotExist)
    };
    served(server.serve(Caller::Manager, request), expected)
}

fn served(outcome: Outcome, expected: Response) -> Effects {
    assert_eq!(outcome.response, expected, "the answer");
    outcome.effects
}

fn compare(server: &Server<'_>, boards: &[Board], model: &Model, effects: Effects) {
    for (number, (_, _, state)) in server.slots().iter().enumerate() {
        let is = match state {
            State::Clean => SlotIs::Clean,
            State::InUse(region) => {
                let expected = &model.regions[region.name.as_str()];
                assert_eq!(expected.slot, number);
                assert_eq!(region.peers().count(), expected.peers.len());
                SlotIs::InUse
            }
            State::Dirty => SlotIs::Dirty,
            State::Quarantined => SlotIs::Lost,
        };
        assert_eq!(is, model.slots[number], "slot {number}");
        assert!(is == SlotIs::Dirty || !effects.clean.contains(SlotId(number as u16)));
    }
    assert_eq!(
        model.slots.iter().filter(|s| **s == SlotIs::InUse).count(),
        model.regions.len()
    );
    for (client, board) in (0..).zip(boards) {
        for (handle, word) in (0..).zip(&board.words) {
            let now = (word.peek().status, word.line());
            assert_eq!(
                now,
                model.word(client, handle),
                "client {client} handle {handle}"
            );
        }
    }
}

fn history(steps: &[Step]) {
    let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
    let mut server = Server::new(config(), &boards).unwrap();
    let mut model = Model::new();
    for step in steps {
        run(&mut server, &boards, &mut model, step);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn few_clients_that_meet_often(steps in prop::collection::vec(step(5), 1..150)) {
        history(&steps);
    }

    #[test]
    fn more_clients_than_a_region_takes(steps in prop::collection::vec(step(CLIENTS), 1..300)) {
        history(&steps);
    }

    #[test]
    fn any_bytes_are_answered(
        messages in prop::collection::vec(
            (0..CLIENTS + 2, prop::collection::vec(any::<u8>(), 0..60)), 1..40,
        )
    ) {
        let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
        let mut server = Server::new(config(), &boards).unwrap();
        for (caller, bytes) in messages {
            let caller =
                if caller > CLIENTS { Caller::Manager } else { Caller::Client(ClientId(caller)) };
            if let Some(outcome) = server.serve_bytes(caller, &bytes) {
                let line = outcome.event.display(server.config()).to_string();
                prop_assert!(line.bytes().all(|b| (0x20..0x7f).contains(&b)), "{line:?}");
            }
        }
    }

    #[test]
    fn any_variant_with_any_content_is_answered(
        variant in 0..13u8, content in prop::collection::vec(any::<u8>(), 0..50),
    ) {
        let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
        let mut server = Server::new(config(), &boards).unwrap();
        let bytes: Vec<u8> = [variant].into_iter().chain(content).collect();
        for caller in [Caller::Manager, Caller::Client(ClientId(3))] {
            let _ = server.serve_bytes(caller, &bytes);
        }
    }
}

/// What the scribbling of one client on its board may change: its own words.
#[test]
fn a_scribbling_client_hurts_only_itself() {
    let boards: Vec<Board> = (0..CLIENTS).map(|_| Board::default()).collect();
    let mut server = Server::new(config(), &boards).unwrap();
    let mut attach = |client| {
        let name = RegionName::new("a1").unwrap();
        server.serve(
            Caller::Client(ClientId(client)),
            Request::Attach { name, pages: 1 },
        )
    };
    (0..3).for_each(|client| drop(attach(client)));
    // Client 1 keeps clearing its word: it misses signals; 2 still gets them.
    for _ in 0..10 {
        boards[1]
            .words
            .iter()
            .for_each(|word| drop(word.take().status.to_string()));
        let notify = server.signal(ClientId(0), Handle(0), u32::MAX).unwrap();
        assert!(notify.contains(ClientId(1)));
    }
    assert_eq!(boards[2].words[0].take().status, 0b111 << 16 | 1);
}
