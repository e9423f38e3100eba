// SPDX-License-Identifier: BSD-2-Clause

//! The world around the server: boards, monitors, the scrubber and the slots' bytes.
//!
//! Everything that decides is the real thing: the server's rules, the boards' words,
//! both sides of the scrubber's protocol. What the protection domains do around them
//! is done here as they do it, one atomic piece a step.

use crate::memory::{Bytes, Mapped};
use crate::request::message;
use crate::seen::{Answer, Live, Seen};
use crate::step::{Scribble, Step};
use crate::system::{CLIENTS, SLOTS, config, may_write};
use shmem_server_api::{Board, BoardWord, Request};
use shmem_server_core::{ClientId, Effects, Handle, Server, SlotId};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use tombolo_pages::scrub::{Cleaning, MAX_SLOTS, Requests, ScrubPage, Turn};

/// What a monitor knows of its board.
#[derive(Clone, Copy, Debug, Default)]
pub struct Monitor {
    /// The guest's line.
    pub line: bool,
    /// Its channel's sticky bit.
    pub notified: bool,
}

/// The memory that all of it lies in.
#[derive(Default)]
pub struct Memory {
    boards: Vec<Board>,
    page: ScrubPage,
}

impl Memory {
    pub fn new() -> Self {
        Self {
            boards: (0..CLIENTS).map(|_| Board::default()).collect(),
            page: ScrubPage::default(),
        }
    }
}

pub struct World<'m> {
    pub server: Server<'m>,
    pub slots: Vec<RefCell<Bytes>>,
    pub monitors: Vec<Monitor>,
    pub requests: Requests<'m>,
    pub cleaning: Cleaning<'m>,
    memory: &'m Memory,
    /// Whether guests store only to regions that they are attached to.
    disciplined: bool,
    /// The slots that each guest that cannot be stopped was attached to.
    unstoppable: BTreeMap<u8, BTreeSet<usize>>,
    /// The slots of revoked regions that each guest may go on storing to.
    revoked: BTreeMap<u8, BTreeSet<usize>>,
    /// Every connection that there is.
    live: Vec<Live>,
    now: u64,
}

impl<'m> World<'m> {
    pub fn new(memory: &'m Memory, disciplined: bool) -> Self {
        Self {
            server: Server::new(config(), &memory.boards).expect("a sound configuration"),
            slots: SLOTS.iter().map(|slot| Bytes::new(slot.1)).collect(),
            monitors: vec![Monitor::default(); usize::from(CLIENTS)],
            requests: Requests::new(&memory.page),
            cleaning: Cleaning::new(&memory.page),
            memory,
            disciplined,
            unstoppable: BTreeMap::new(),
            revoked: BTreeMap::new(),
            live: Vec::new(),
            now: 0,
        }
    }

    pub fn word(&self, client: u8, handle: u8) -> Option<&'m BoardWord> {
        let board = self.memory.boards.get(usize::from(client))?;
        board.words.get(usize::from(handle))
    }

    pub fn boards(&self) -> &'m [Board] {
        &self.memory.boards
    }

    /// Every connection, as the server's tables have them.
    fn connections(&self) -> Vec<Live> {
        let of = |client: u8| self.server.client(ClientId(client)).map(|c| (client, c));
        (0..CLIENTS)
            .filter_map(of)
            .flat_map(|(client, state)| {
                state.connections().map(move |(handle, connection)| Live {
                    client,
                    handle: handle.0,
                    slot: connection.slot.index(),
                    index: connection.index,
                })
            })
            .collect()
    }

    /// Every connection that there is.
    pub fn live(&self) -> &[Live] {
        &self.live
    }

    /// Does a step.
    pub fn apply(&mut self, step: &Step) -> Seen {
        self.now += 1;
        let mut effects = Effects::default();
        let answer = self.act(step, &mut effects);
        for slot in effects.clean.iter() {
            assert!(self.requests.ask(slot.index()));
        }
        let notified: BTreeSet<u8> = effects.notify.iter().map(|client| client.0).collect();
        for client in &notified {
            self.monitors[usize::from(*client)].notified = true;
        }
        let before = self.live.clone();
        if matches!(answer, Answer::Response(_)) {
            self.live = self.connections();
        }
        Seen {
            now: self.now,
            answer,
            notified,
            before,
            after: self.live.clone(),
        }
    }

    fn act(&mut self, step: &Step, effects: &mut Effects) -> Answer {
        match *step {
            Step::Signal {
                client,
                handle,
                targets,
            } => {
                let answer = self
                    .server
                    .signal(ClientId(client), Handle(handle), targets);
                let taken = answer.is_ok();
                effects.notify = answer.unwrap_or_default();
                Answer::Signalled(taken)
            }
            Step::Read { client, handle } => self.read(client, handle),
            Step::Mute {
                client,
                handle,
                muted,
            } => {
                if let Some(word) = self.word(client, handle) {
                    word.mute_only(muted);
                    self.look(client);
                }
                Answer::Nothing
            }
            Step::Look { client } => {
                self.monitors[usize::from(client)].notified = false;
                self.look(client);
                Answer::Nothing
            }
            Step::Write {
                client,
                slot,
                page,
                cached,
            } => {
                if self.can_write(client, slot) {
                    let mut bytes = self.slots[slot].borrow_mut();
                    bytes.write(page, self.now, cached);
                }
                Answer::Nothing
            }
            Step::Fetch { slot, page } => {
                self.slots[slot].borrow_mut().fetch(page);
                Answer::Nothing
            }
            Step::Scrub { slot } => Answer::Turn(self.scrub(slot)),
            Step::ScrubberRestart => {
                self.cleaning = Cleaning::new(&self.memory.page);
                Answer::Nothing
            }
            Step::Scrubbed => Answer::Clean(self.scrubbed(effects)),
            Step::Scribble(scribble) => {
                self.scribble(scribble);
                Answer::Nothing
            }
            _ => self.ask(step, effects),
        }
    }

    /// What goes to the server as a message.
    fn ask(&mut self, step: &Step, effects: &mut Effects) -> Answer {
        let (caller, request) = message(step);
        if let Request::Quarantine { client } = request {
            let own = self.live.iter().filter(|live| live.client == client);
            self.unstoppable
                .entry(client)
                .or_default()
                .extend(own.map(|live| live.slot));
        }
        self.note_revocation(&request);
        let outcome = self.server.serve(caller, request);
        *effects = outcome.effects;
        Answer::Response(outcome.response)
    }

    /// Until it is stopped, a guest may go on storing to what was revoked.
    fn note_revocation(&mut self, request: &Request) {
        match request {
            Request::Stopped { client } | Request::DropClient { client } => {
                self.revoked.remove(client);
            }
            Request::Revoke { name } => {
                let slots = self.server.slots().iter();
                let slot = slots
                    .filter_map(|(slot, ..)| self.server.slots().region(slot).map(|r| (slot, r)))
                    .find(|(_, region)| region.name == *name);
                let Some((slot, _)) = slot else { return };
                for live in self.live.iter().filter(|live| live.slot == slot.index()) {
                    let slots = self.revoked.entry(live.client).or_default();
                    slots.insert(live.slot);
                }
            }
            _ => {}
        }
    }

    fn read(&mut self, client: u8, handle: u8) -> Answer {
        let Some(word) = self.word(client, handle) else {
            return Answer::Nothing;
        };
        let status = word.take().status;
        self.look(client);
        Answer::Read(status)
    }

    /// A monitor works its guest's line out anew.
    fn look(&mut self, client: u8) {
        let words = &self.memory.boards[usize::from(client)].words;
        self.monitors[usize::from(client)].line = words.iter().any(BoardWord::line);
    }

    fn can_write(&self, client: u8, slot: usize) -> bool {
        let held = || {
            let mut live = self.live.iter();
            live.any(|live| (live.client, live.slot) == (client, slot))
                || [&self.unstoppable, &self.revoked]
                    .iter()
                    .filter_map(|map| map.get(&client))
                    .any(|slots| slots.contains(&slot))
        };
        may_write(SLOTS[slot].0, client) && (!self.disciplined || held())
    }

    fn scrub(&mut self, slot: Option<usize>) -> Turn {
        let memory = |slot: usize| self.slots.get(slot).map(Mapped);
        match slot {
            None => self.cleaning.turn(memory),
            Some(slot) => memory(slot).map_or(Turn::Idle, |mut memory| {
                self.cleaning.chunk(slot, &mut memory)
            }),
        }
    }

    /// As the server's protection domain does when it is notified.
    fn scrubbed(&mut self, effects: &mut Effects) -> Vec<usize> {
        let mut clean = Vec::new();
        for slot in 0..MAX_SLOTS {
            let id = SlotId(u16::try_from(slot).expect("128 at most"));
            let dirty = self.server.slots().is_dirty(id);
            if dirty && self.requests.is_done(slot) {
                assert!(self.server.cleaned(id, effects));
                clean.push(slot);
            } else if !dirty {
                assert!(!self.server.cleaned(id, effects), "only dirty ones change");
            }
        }
        clean
    }

    fn scribble(&self, scribble: Scribble) {
        let Scribble {
            client,
            handle,
            active,
            pending,
            changed,
            muted,
        } = scribble;
        let Some(word) = self.word(client, handle) else {
            return;
        };
        word.start(active);
        if changed {
            let _ = word.set_active(active, 0);
        }
        for index in (0..16).filter(|index| pending & 1 << index != 0) {
            let _ = word.signal(index);
        }
        word.mute(muted);
    }

    /// Everybody leaves, and the scrubber gets all the time that it wants.
    pub fn wind_up(&mut self) {
        for client in 0..CLIENTS {
            self.apply(&Step::Drop { client });
        }
        while self.apply(&Step::Scrub { slot: None }).answer != Answer::Turn(Turn::Idle) {}
        self.apply(&Step::Scrubbed);
    }
}
