// SPDX-License-Identifier: BSD-2-Clause

//! The server at the other end of the guest's calls, and the peers.

use super::step::{Act, NAMES};
use crate::system;
use guest_vmm::machine::model::Answers;
use shmem_server_api::message::MAX_BYTES;
use shmem_server_api::{Board, BoardWord, RegionName, Request, Response, Status, decode, encode};
use shmem_server_core::{Caller, ClientId, Effects, Handle, Server, SlotId};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use tombolo_config::guest::Pace;
use tombolo_config::server::ServerConfig;

/// The guest, and two peers.
const CLIENTS: u8 = 3;
const GUEST: ClientId = ClientId(0);
/// The guest has these two mapped.
pub const GUEST_SLOTS: [u16; 2] = [7, 8];
const PAGES: u32 = 512;
/// Handles that peers use: one more than they can have.
const HANDLES: u8 = 3;

thread_local! {
    // The machine's model holds the server, and the server its boards: once a thread,
    // for ever. A new server empties them.
    static BOARDS: &'static [Board] =
        Box::leak((0..CLIENTS).map(|_| Board::default()).collect());
}

/// Microseconds for a token.
const TOKEN: u64 = 1000;
/// Few tokens, so that they run out. The model's counter has a megahertz.
pub const PACE: Pace = Pace {
    burst: 32,
    per_second: 1000,
};

/// Where the guest is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// In microseconds.
    pub now: u64,
    /// Counts its accesses.
    pub access: u64,
}

/// The bucket, as the interface's page words it: an access that calls the server takes
/// a token, whose thousandths come by the microsecond.
struct Tokens {
    credit: u64,
    /// The last access that took one.
    paid: Clock,
}

impl Tokens {
    /// Signals of so many peers were read: their answers are free.
    fn give(&mut self, count: u32) {
        let given = self.credit + u64::from(count) * TOKEN;
        self.credit = given.min(u64::from(PACE.burst) * TOKEN);
    }

    /// A call of the guest's.
    fn take(&mut self, clock: Clock) {
        if clock.access == self.paid.access {
            return;
        }
        let earned = clock.now - self.paid.now;
        self.credit = (self.credit + earned).min(u64::from(PACE.burst) * TOKEN);
        self.paid = clock;
        assert!(self.credit >= TOKEN, "an access without a token");
        self.credit -= TOKEN;
    }
}

/// What can be seen of the server.
pub struct Peers {
    server: Server<'static>,
    pub boards: &'static [Board],
    /// The guest's channel.
    pub notified: bool,
    pub clock: Rc<Cell<Clock>>,
    tokens: Tokens,
    /// The next answer.
    pub lie: Option<Vec<u8>>,
    /// Whether one was told.
    pub lied: bool,
    /// What an attach was answered last.
    pub answered: Option<Response>,
}

/// The guest's way to it.
pub struct Line(pub Rc<RefCell<Peers>>);

impl Answers for Line {
    fn request(&mut self, request: &Request) -> Option<Response> {
        self.0.borrow_mut().request(request)
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        self.0.borrow_mut().signal(connection, targets)
    }
}

impl Peers {
    pub fn new() -> Self {
        let boards = BOARDS.with(|boards| *boards);
        Self {
            server: Server::new(config(), boards).expect("a sound configuration"),
            boards,
            notified: false,
            clock: Rc::default(),
            tokens: Tokens {
                credit: u64::from(PACE.burst) * TOKEN,
                paid: Clock::default(),
            },
            lie: None,
            lied: false,
            answered: None,
        }
    }

    fn request(&mut self, request: &Request) -> Option<Response> {
        let ends = matches!(request, Request::Gone { .. } | Request::Reset);
        if !ends {
            self.tokens.take(self.clock.get());
        }
        let mut bytes = [0; MAX_BYTES];
        let used = encode(request, &mut bytes)?;
        let outcome = self.server.serve_bytes(Caller::Client(GUEST), used)?;
        self.carry_out(outcome.effects);
        let mut response = Some(outcome.response);
        if let Some(lie) = self.lie.take() {
            self.lied = true;
            response = decode(&lie);
        }
        if matches!(request, Request::Attach { .. }) {
            self.answered.clone_from(&response);
        }
        let response = response?;
        decode(encode(&response, &mut bytes)?)
    }

    fn signal(&mut self, connection: u8, targets: u32) -> u64 {
        self.tokens.take(self.clock.get());
        let status = match self.server.signal(GUEST, Handle(connection), targets) {
            Ok(notify) => {
                self.notified |= notify.contains(GUEST);
                Status::Ok
            }
            Err(refusal) => refusal.status(),
        };
        u64::from(status.code())
    }

    /// A peer does something.
    pub fn act(&mut self, peer: u8, act: Act) {
        let peer = ClientId(1 + peer % (CLIENTS - 1));
        let request = match act {
            Act::Attach { name, pages } => {
                let Ok(name) = RegionName::new(NAMES[usize::from(name) % NAMES.len()]) else {
                    return;
                };
                let pages = u32::from(pages) % (PAGES + 8);
                Request::Attach { name, pages }
            }
            Act::Detach { connection } => Request::Detach {
                connection: connection % HANDLES,
            },
            Act::Gone => Request::Reset,
            Act::Read { connection } => {
                let words = &self.boards[peer.index()].words;
                if let Some(word) = words.get(usize::from(connection % HANDLES)) {
                    word.take();
                }
                return;
            }
            Act::Signal {
                connection,
                targets,
            } => {
                let handle = Handle(connection % HANDLES);
                let answer = self.server.signal(peer, handle, targets);
                self.notified |= answer.is_ok_and(|notify| notify.contains(GUEST));
                return;
            }
        };
        let outcome = self.server.serve(Caller::Client(peer), request);
        self.carry_out(outcome.effects);
    }

    /// The manager ends the guest's connection to a region, or the whole region, and
    /// says that nobody stores there any more.
    pub fn evict(&mut self, name: &str, revoke: bool) {
        let Ok(name) = RegionName::new(name) else {
            return;
        };
        let first = if revoke {
            Request::Revoke { name }
        } else {
            let client = GUEST.0;
            Request::Evict { client, name }
        };
        let stopped = (0..CLIENTS).map(|client| Request::Stopped { client });
        for request in [first].into_iter().chain(stopped) {
            let outcome = self.server.serve(Caller::Manager, request);
            self.carry_out(outcome.effects);
        }
    }

    pub fn cleaned(&mut self, slot: u16) {
        let mut effects = Effects::default();
        let _ = self.server.cleaned(SlotId(slot), &mut effects);
        self.carry_out(effects);
    }

    fn carry_out(&mut self, effects: Effects) {
        self.notified |= effects.notify.contains(GUEST);
    }

    /// The guest's connection in a slot: handle and index.
    pub fn connection(&self, slot: u16) -> Option<(u8, u8)> {
        let guest = self.server.client(GUEST)?;
        let mut all = guest.connections();
        let (handle, connection) = all.find(|(_, connection)| connection.slot.0 == slot)?;
        Some((handle.0, connection.index))
    }

    /// The guest has read a status of a connection.
    pub fn status_read(&mut self, handle: u8, status: u32) {
        let connections = GUEST_SLOTS.map(|slot| self.connection(slot));
        let mut connections = connections.into_iter().flatten();
        let own = connections.find(|(number, _)| *number == handle);
        let own = own.map_or(0, |(_, index)| 1 << index);
        self.tokens.give((status & 0xffff & !own).count_ones());
    }

    /// A word of the guest's board.
    pub fn word(&self, handle: u8) -> Option<&'static BoardWord> {
        self.boards[GUEST.index()].words.get(usize::from(handle))
    }
}

fn config() -> ServerConfig {
    let pools = [("a*", 0..CLIENTS), ("z*", 1..CLIENTS)];
    let slots = (0..9).map(|number| (u8::from(!GUEST_SLOTS.contains(&number)), PAGES));
    system::config(CLIENTS, "c*", &pools, slots)
}
