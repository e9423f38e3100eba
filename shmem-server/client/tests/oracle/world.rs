// SPDX-License-Identifier: BSD-2-Clause

//! A server, its clients and their memory.

use shmem_client::{Attach, Client, Connection, Data, Slot, Transport};
use shmem_server_api::message::MAX_BYTES;
use shmem_server_api::{Board, RegionName, Request, Response, Status as Code, decode, encode};
use shmem_server_core::{Caller, ClientId, ClientSet, Effects, Handle, Server, SlotId};
use std::cell::{Cell, RefCell};
use std::sync::atomic::AtomicU64;
use tombolo_config::Output;
use tombolo_config::guest::Pace;
use tombolo_config::server::{
    Access, Client as Entry, EVERYONE, Member, Pool, Quota, ServerConfig, Slot as Shape,
};

/// Clients; the last one can only read, may not signal client 2, and has a quota.
const CLIENTS: u8 = 4;
pub const READER: u8 = CLIENTS - 1;
/// Pages of each slot: two that are large enough for `testing`, one that is not.
pub const SLOTS: [u32; 3] = [16, 16, 1];

fn config() -> ServerConfig {
    let client = |n: u8| Entry {
        name: format!("host{n}").as_str().try_into().unwrap(),
        channel: n,
        board: 0,
        rules: heapless::Vec::new(),
        pace: Pace::default(),
        quota: Quota {
            connections: if n == READER { 2 } else { u8::MAX },
            ..Quota::default()
        },
    };
    let member = |client| Member {
        client,
        access: if client == READER {
            Access::ReadOnly
        } else {
            Access::ReadWrite
        },
        signals: if client == READER {
            EVERYONE & !(1 << 2)
        } else {
            EVERYONE
        },
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
pub struct World {
    pub boards: [Board; CLIENTS as usize],
    pub memory: Vec<Vec<AtomicU64>>,
}

impl World {
    pub fn new() -> Self {
        let words = |pages: u32| (0..pages * 512).map(|_| AtomicU64::new(0)).collect();
        Self {
            boards: Default::default(),
            memory: SLOTS.into_iter().map(words).collect(),
        }
    }

    pub fn server(&self) -> Shared<'_> {
        Shared {
            server: RefCell::new(Server::new(config(), &self.boards).unwrap()),
            now: Cell::new(0),
            notified: RefCell::default(),
        }
    }

    /// Client `n` with the first `slots` slots mapped.
    pub fn client<'s, 'w>(
        &'w self,
        server: &'s Shared<'w>,
        n: u8,
        slots: usize,
    ) -> TestClient<'s, 'w> {
        let mapped = (0u16..).zip(&self.memory).take(slots);
        let mapped = mapped.map(|(number, words)| Slot {
            number,
            data: if n == READER {
                Data::read_only(words)
            } else {
                Data::new(words)
            },
        });
        let line = Line {
            server,
            me: ClientId(n),
        };
        Client::new(line, &self.boards[usize::from(n)], mapped).unwrap()
    }
}

pub type TestClient<'s, 'w> = Client<'w, Line<'s, 'w>>;

pub struct Shared<'w> {
    pub server: RefCell<Server<'w>>,
    /// Milliseconds.
    pub now: Cell<u64>,
    /// Clients whose channel was notified since the last look.
    notified: RefCell<Vec<u8>>,
}

impl Shared<'_> {
    pub fn carry_out(&self, clients: ClientSet) {
        let mut notified = self.notified.borrow_mut();
        notified.extend(clients.iter().map(|client| client.0));
    }

    pub fn cleaned(&self, slot: u16) {
        let mut effects = Effects::default();
        assert!(self.server.borrow_mut().cleaned(SlotId(slot), &mut effects));
        self.carry_out(effects.notify);
    }

    pub fn take_notified(&self) -> Vec<u8> {
        self.notified.take()
    }

    pub fn drop_client(&self, client: u8) {
        self.manager(Request::DropClient { client });
    }

    pub fn evict(&self, client: u8, name: &str) {
        let name = RegionName::new(name).unwrap();
        self.manager(Request::Evict { client, name });
    }

    fn manager(&self, request: Request) {
        let mut server = self.server.borrow_mut();
        let outcome = server.serve(Caller::Manager, request);
        assert_eq!(outcome.response, Response::Done);
        self.carry_out(outcome.effects.notify);
    }
}

/// A client's way to the server; its time is [`Shared::now`].
pub struct Line<'s, 'w> {
    server: &'s Shared<'w>,
    me: ClientId,
}

impl Transport for Line<'_, '_> {
    fn request(&mut self, request: &Request) -> Option<Response> {
        let mut bytes = [0; MAX_BYTES];
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

    fn now(&self) -> u64 {
        self.server.now.get()
    }
}

pub fn attached<'w>(client: &mut TestClient<'_, 'w>, name: &str, pages: u32) -> Connection<'w> {
    match client.attach(name, pages).unwrap() {
        Attach::Done(connection) => connection,
        Attach::Wait(waiting) => panic!("waits: {waiting:?}"),
    }
}
