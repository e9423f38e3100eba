// SPDX-License-Identifier: BSD-2-Clause

//! The client against the server's own rules: every call is decided by
//! `shmem_server_core`, over the bytes that would travel.

use proptest::prelude::{Strategy, any, proptest};
use shmem_client::{Attach, Client, Connection, Data, Error, Slot, Status, Targets, Transport};
use shmem_server_api::{Board, Request, Response, Status as Code, decode, encode};
use shmem_server_core::{Caller, ClientId, ClientSet, Effects, Handle, Server, SlotId};
use std::cell::RefCell;
use std::sync::atomic::AtomicU64;
use tombolo_config::Output;
use tombolo_config::server::{
    Access, Client as Entry, EVERYONE, Member, Pool, Quota, ServerConfig, Slot as Shape,
};

const CLIENTS: u8 = 3;
/// Pages of each slot: two that are large enough for `testing`, one that is not.
const SLOTS: [u32; 3] = [16, 16, 1];

fn config() -> ServerConfig {
    let client = |n: u8| Entry {
        name: format!("host{n}").as_str().try_into().unwrap(),
        channel: n,
        board: 0,
        rules: heapless::Vec::new(),
        quota: Quota::default(),
    };
    let member = |client| Member {
        client,
        access: Access::ReadWrite,
        signals: EVERYONE,
    };
    let pool = Pool {
        name: "all".try_into().unwrap(),
        patterns: [heapless::String::try_from("*").unwrap()]
            .into_iter()
            .collect(),
        members: (0..CLIENTS).map(member).collect(),
    };
    ServerConfig {
        output: Output::default(),
        trace: 0,
        clients: (0..CLIENTS).map(client).collect(),
        pools: [pool].into_iter().collect(),
        slots: SLOTS
            .map(|pages| Shape { pool: 0, pages })
            .into_iter()
            .collect(),
        create: heapless::Vec::new(),
        scrubber: 61,
        scrub_page: 0,
        manager: 60,
    }
}

/// The server, its memory, and what it asked of the world.
struct World {
    boards: [Board; CLIENTS as usize],
    memory: Vec<Vec<AtomicU64>>,
}

impl World {
    fn new() -> Self {
        let words = |pages: u32| (0..pages * 512).map(|_| AtomicU64::new(0)).collect();
        Self {
            boards: Default::default(),
            memory: SLOTS.into_iter().map(words).collect(),
        }
    }

    fn server(&self) -> Shared<'_> {
        Shared {
            server: RefCell::new(Server::new(config(), &self.boards).unwrap()),
            notified: RefCell::default(),
        }
    }

    /// Client `n` with the first `slots` slots mapped.
    fn client<'s, 'w>(&'w self, server: &'s Shared<'w>, n: u8, slots: usize) -> TestClient<'s, 'w> {
        let mapped = (0u16..).zip(&self.memory).take(slots);
        let mapped = mapped.map(|(number, words)| Slot {
            number,
            data: Data::new(words),
        });
        let line = Line {
            server,
            me: ClientId(n),
        };
        Client::new(line, &self.boards[usize::from(n)], mapped).unwrap()
    }
}

type TestClient<'s, 'w> = Client<'w, Line<'s, 'w>>;

struct Shared<'w> {
    server: RefCell<Server<'w>>,
    /// Clients whose channel was notified since the last look.
    notified: RefCell<Vec<u8>>,
}

impl Shared<'_> {
    fn carry_out(&self, clients: ClientSet) {
        let mut notified = self.notified.borrow_mut();
        notified.extend(clients.iter().map(|client| client.0));
    }

    fn cleaned(&self, slot: u16) {
        let mut effects = Effects::default();
        assert!(self.server.borrow_mut().cleaned(SlotId(slot), &mut effects));
        self.carry_out(effects.notify);
    }

    fn take_notified(&self) -> Vec<u8> {
        self.notified.take()
    }

    fn drop_client(&self, client: u8) {
        let mut server = self.server.borrow_mut();
        let outcome = server.serve(Caller::Manager, Request::DropClient { client });
        assert_eq!(outcome.response, Response::Done);
        self.carry_out(outcome.effects.notify);
    }
}

struct Line<'s, 'w> {
    server: &'s Shared<'w>,
    me: ClientId,
}

impl Transport for Line<'_, '_> {
    fn request(&mut self, request: &Request) -> Option<Response> {
        let mut bytes = [0; 256];
        let used = encode(request, &mut bytes)?;
        let mut server = self.server.server.borrow_mut();
        let outcome = server.serve_bytes(Caller::Client(self.me), used)?;
        self.server.carry_out(outcome.effects.notify);
        decode(encode(&outcome.response, &mut bytes)?)
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        let mut server = self.server.server.borrow_mut();
        let code = match server.signal(self.me, Handle(connection), targets) {
            Ok(clients) => {
                self.server.carry_out(clients);
                Code::Ok
            }
            Err(refusal) => refusal.status(),
        };
        u64::from(code.code())
    }
}

fn attached<'w>(client: &mut TestClient<'_, 'w>, name: &str, pages: u32) -> Connection<'w> {
    match client.attach(name, pages).unwrap() {
        Attach::Done(connection) => connection,
        Attach::Wait(waiting) => panic!("waits: {waiting:?}"),
    }
}

#[test]
fn who_attaches_first_creates_and_who_follows_gets_the_true_size() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let first = attached(&mut a, "testing", 16);
    let second = attached(&mut b, "testing", 3);
    assert_eq!((first.pages(), second.pages()), (16, 16));
    assert_eq!((first.index(), second.index()), (0, 1));
    assert_eq!(second.name().as_str(), "testing");
    assert_eq!(first.generation(), second.generation());
    assert_eq!(first.data().len(), 16 * 512);
    assert!(first.data().store(5, 42));
    assert_eq!(second.data().load(5), Some(42), "it is one memory");
    let again = attached(&mut b, "testing", 9);
    assert_eq!(again.index(), 1, "a second attach is the same connection");
    assert_eq!(
        b.status(&second),
        Ok(Status(0b11 << 16)),
        "and ends no clone"
    );
}

#[test]
fn a_poke_reaches_its_targets_and_nobody_else() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let cc = attached(&mut c, "x", 1);
    for (client, connection) in [(&mut a, &ca), (&mut b, &cb), (&mut c, &cc)] {
        assert_eq!(client.status(connection).unwrap().active(), 0b111);
    }
    server.take_notified();

    a.poke(&ca, Targets::one(2)).unwrap();
    assert_eq!(server.take_notified(), [2]);
    assert!(c.is_raised(&cc) && !b.is_raised(&cb) && !a.is_raised(&ca));
    assert_eq!(c.status(&cc), Ok(Status(0b111 << 16 | 0b001)));
    assert_eq!(
        c.status(&cc),
        Ok(Status(0b111 << 16)),
        "the reading cleared it"
    );

    a.poke(&ca, Targets::OTHERS).unwrap();
    assert_eq!(server.take_notified(), [1, 2]);
    assert_eq!(a.status(&ca).unwrap().pending(), 0, "but me");
    a.poke(&ca, Targets::EVERYONE).unwrap();
    assert_eq!(
        server.take_notified(),
        [0],
        "the others' lines are high already"
    );
    assert_eq!(a.status(&ca).unwrap().pending(), 0b001, "me too");
    assert_eq!(
        b.status(&cb).unwrap().pending(),
        0b001,
        "two signals are one bit"
    );
    a.poke(&ca, Targets(0b1000)).unwrap();
    a.poke(&ca, Targets::one(16)).unwrap();
    assert!(server.take_notified().is_empty(), "absent ones are ignored");
}

#[test]
fn verify_says_who_has_not_looked_yet() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let mut c = world.client(&server, 2, 3);
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    let cc = attached(&mut c, "x", 1);
    assert_eq!(a.verify(&ca, 0xffff), Ok(0));
    a.poke(&ca, Targets::OTHERS).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0b110));
    assert_eq!(a.verify(&ca, 0b010), Ok(0b010), "of those I ask about");
    b.status(&cb).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0b100));
    c.status(&cc).unwrap();
    assert_eq!(a.verify(&ca, 0xffff), Ok(0));
}

#[test]
fn a_detach_is_seen_and_ends_every_clone() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    b.status(&cb).unwrap();
    server.take_notified();
    let clone = ca.clone();
    a.detach(ca).unwrap();
    assert_eq!(server.take_notified(), [1]);
    assert_eq!(b.status(&cb), Ok(Status(0b10 << 16)));
    assert_eq!(a.poke(&clone, Targets::OTHERS), Err(Error::Ended));
    assert_eq!(a.status(&clone), Err(Error::Ended));
    assert_eq!(a.verify(&clone, 1), Err(Error::Ended));
    assert!(!a.is_raised(&clone));

    // Its handle now serves another region: the old value must not reach it.
    let other = attached(&mut a, "y", 1);
    assert_eq!(a.poke(&clone, Targets::EVERYONE), Err(Error::Ended));
    assert_eq!(a.detach(clone), Err(Error::Ended));
    assert_eq!(a.status(&other), Ok(Status(1 << 16)));
}

#[test]
fn an_attach_waits_for_cleaning_and_is_resumed_by_a_notification() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (one, two) = (attached(&mut a, "one", 16), attached(&mut a, "two", 16));
    a.detach(one).unwrap();
    a.detach(two).unwrap();
    let Attach::Wait(waiting) = b.attach("testing", 16).unwrap() else {
        panic!("no slot is clean");
    };
    server.take_notified();
    assert!(
        matches!(b.attach_again(&waiting), Ok(Attach::Wait(_))),
        "a notification for something else is no harm"
    );
    server.cleaned(1);
    assert_eq!(server.take_notified(), [1]);
    let Attach::Done(connection) = b.attach_again(&waiting).unwrap() else {
        panic!("slot 1 is clean");
    };
    assert_eq!(
        (connection.pages(), connection.name().as_str()),
        (16, "testing")
    );
}

#[test]
fn refusals_come_with_their_status() {
    let world = World::new();
    let server = world.server();
    let mut a = world.client(&server, 0, 3);
    let mut status = |name: &str, pages| match a.attach(name, pages) {
        Err(Error::Refused(status)) => status,
        other => panic!("{name}: {other:?}"),
    };
    assert_eq!(status("a/b", 1), Code::IllegalName);
    assert_eq!(status("", 1), Code::IllegalName);
    assert_eq!(status("large", 17), Code::NoMem);
    assert_eq!(status("none", 0), Code::UnknownFailure);
}

#[test]
fn a_region_that_is_not_mapped_here_is_given_back() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 0));
    let region = attached(&mut a, "x", 1);
    let missing = Error::NotMapped { slot: 0, pages: 1 };
    assert_eq!(b.attach("x", 1).err(), Some(missing));
    let status = a.status(&region).unwrap();
    assert_eq!(status.active(), 0b1, "nothing stays attached: {status}");
}

#[test]
fn one_that_the_manager_dropped_learns_it_and_attaches_anew() {
    let world = World::new();
    let server = world.server();
    let (mut a, mut b) = (world.client(&server, 0, 3), world.client(&server, 1, 3));
    let (ca, cb) = (attached(&mut a, "x", 1), attached(&mut b, "x", 1));
    b.status(&cb).unwrap();
    server.drop_client(0);
    assert_eq!(a.poke(&ca, Targets::OTHERS), Err(Error::Ended));
    assert_eq!(a.status(&ca), Err(Error::Ended));
    assert_eq!(b.status(&cb).unwrap().active(), 0b10);
    let again = attached(&mut a, "x", 1);
    assert_eq!(a.status(&ca), Err(Error::Ended), "the old one stays ended");
    assert_eq!(a.status(&again).unwrap().active(), 0b11);

    server.drop_client(0);
    assert_eq!(a.status(&again), Err(Error::Ended), "by the status alone");
}

#[test]
fn a_client_starts_with_nothing_attached() {
    let world = World::new();
    let server = world.server();
    let mut a = world.client(&server, 0, 3);
    let before = attached(&mut a, "x", 1);
    let mut restarted = world.client(&server, 0, 3);
    let after = attached(&mut restarted, "x", 1);
    assert_ne!(before.generation(), after.generation());
}

#[test]
fn an_answer_without_sense_is_an_error_and_no_panic() {
    struct Mad(u64);
    impl Transport for Mad {
        fn request(&mut self, request: &Request) -> Option<Response> {
            match request {
                Request::Reset => Some(Response::Done),
                Request::Attach { .. } if self.0 == 7 => {
                    Some(Response::Attached(shmem_server_api::Attached {
                        connection: 200,
                        index: 99,
                        slot: 0,
                        pages: 0,
                        generation: 0,
                        name: shmem_server_api::RegionName::new("x").unwrap(),
                    }))
                }
                _ => Some(Response::Unread(0)),
            }
        }
        fn signal(&mut self, _: u8, _: u32) -> u64 {
            self.0
        }
    }
    let world = World::new();
    let slot = Slot {
        number: 0,
        data: Data::new(&world.memory[0]),
    };
    for label in [7, 99] {
        let mut client = Client::new(Mad(label), &world.boards[0], [slot]).unwrap();
        assert_eq!(client.attach("x", 1).err(), Some(Error::Protocol));
    }
}

/// A step of a random history, by one of the clients.
#[derive(Clone, Copy, Debug)]
enum Step {
    Attach(u8),
    Detach,
    Poke(u32),
    Read,
}

fn step() -> impl Strategy<Value = (u8, Step)> {
    let step = proptest::prop_oneof![
        (0u8..3).prop_map(Step::Attach),
        proptest::strategy::Just(Step::Detach),
        any::<u32>().prop_map(Step::Poke),
        proptest::strategy::Just(Step::Poke(u32::MAX)),
        proptest::strategy::Just(Step::Read),
    ];
    (0..CLIENTS, step)
}

proptest! {
    /// What a client thinks is attached is what the server serves, and a value
    /// of an ended connection, kept for ever, reaches nobody.
    #[test]
    fn ended_connections_reach_nobody(steps in proptest::collection::vec(step(), 1..120)) {
        let world = World::new();
        let server = world.server();
        let mut clients = [0, 1, 2].map(|n| world.client(&server, n, 3));
        let mut live: [Vec<Connection<'_>>; 3] = Default::default();
        let mut ended: [Vec<Connection<'_>>; 3] = Default::default();
        for (n, step) in steps {
            let at = usize::from(n);
            let (client, live) = (&mut clients[at], &mut live[at]);
            match step {
                Step::Attach(region) => {
                    let name = ["x", "y", "z"][usize::from(region)];
                    if let Ok(Attach::Done(connection)) = client.attach(name, 1)
                        && !live.iter().any(|other| other.name() == connection.name())
                    {
                        live.push(connection);
                    }
                }
                Step::Detach => if let Some(connection) = live.pop() {
                    ended[at].push(connection.clone());
                    client.detach(connection).unwrap();
                },
                Step::Poke(targets) => for connection in live.iter() {
                    client.poke(connection, Targets(targets)).unwrap();
                },
                Step::Read => for connection in live.iter() {
                    let status = client.status(connection).unwrap();
                    assert_ne!(status.active() & 1 << connection.index(), 0);
                },
            }
            server.take_notified();
            for connection in &ended[at] {
                assert_eq!(client.poke(connection, Targets::EVERYONE), Err(Error::Ended));
                assert_eq!(client.status(connection), Err(Error::Ended));
            }
            assert!(server.take_notified().is_empty());
            for slot in 0..3 {
                let mut effects = Effects::default();
                let _ = server.server.borrow_mut().cleaned(SlotId(slot), &mut effects);
            }
        }
    }
}
