// SPDX-License-Identifier: BSD-2-Clause

//! One history of a guest, and what must hold of it.

use super::guest::{Guest, Outcome};
use super::instruction::{self, Executed};
use super::server::{GUEST_SLOTS, Line, PACE, Peers};
use super::step::{Act, Focus, NAMES, Step};
use arbitrary::{Arbitrary, Unstructured};
use guest_vmm::machine::model::{CONTROL, FACTORY, World};
use shmem_server_api::{BoardWord, Response, Status};
use std::cell::RefCell;
use std::rc::Rc;

/// Registers of the factory page.
const SHMEM: u64 = 0x08;
const STATUS: u64 = 0x14;
const SIZE: u64 = 0x18;
const NAME: u64 = 0x1c;
const FIND: u64 = 0x3c;
/// Of a control page.
const STATUS_WORD: u64 = 0x00;
const INDEX: u64 = 0x04;
const NOTIFY: u64 = 0x08;

/// A slot whose connection the manager has ended.
#[derive(Clone, Copy, Default)]
struct Evicted {
    /// The page goes on answering until the guest lets go of it.
    answers: bool,
    /// The guest has not read the status that tells it.
    unread: bool,
}

pub fn run(bytes: &[u8], focus: Focus) {
    let peers = Rc::new(RefCell::new(Peers::new()));
    let mut world = World::new();
    if let Some(shmem) = &mut world.config.shmem {
        shmem.pace = PACE;
    }
    world.model.0.borrow_mut().server = Some(Box::new(Line(peers.clone())));
    let (boards, clock) = (peers.borrow().boards, peers.borrow().clock.clone());
    let mut history = History {
        guest: Guest::start(&world, &boards[0], clock),
        peers,
        focus,
        evicted: [Evicted::default(); 2],
        lies: false,
    };
    if focus == Focus::Control {
        for name in [0, 1] {
            history.attach(name, 4);
            let act = Act::Attach { name, pages: 4 };
            history.peers.borrow_mut().act(name, act);
        }
    }
    let mut input = Unstructured::new(bytes);
    // Most histories are without, as some checks end with the first lie.
    history.lies = input.ratio(1, 4).unwrap_or(false);
    while !input.is_empty() {
        let Ok(step) = Step::arbitrary(&mut input) else {
            return;
        };
        history.step(step);
        history.check();
    }
}

struct History<'w> {
    guest: Guest<'w>,
    peers: Rc<RefCell<Peers>>,
    focus: Focus,
    /// Of each slot, whether the manager has ended its connection.
    evicted: [Evicted; 2],
    /// Whether the server tells nonsense.
    lies: bool,
}

impl History<'_> {
    fn step(&mut self, step: Step) {
        match step {
            Step::Load { place, width } => self.load(place.address(self.focus), width),
            Step::Store {
                place,
                width,
                value,
            } => {
                self.guest
                    .access(place.address(self.focus), width, Some(value));
            }
            Step::Instruction {
                place,
                form,
                word,
                value,
            } => self.execute(Executed {
                form,
                word,
                address: place.address(self.focus),
                value,
            }),
            Step::Status { second } => self.load(control_of(GUEST_SLOTS[usize::from(second)]), 2),
            Step::Storm {
                count,
                value,
                notify,
            } => {
                let address = if notify {
                    CONTROL + NOTIFY
                } else {
                    FACTORY + FIND
                };
                for _ in 0..count % 64 {
                    self.guest.access(address, 2, Some(value.into()));
                }
            }
            Step::Attach { name, pages } => self.attach(name, pages % 520),
            Step::Peer { peer, act, told } => {
                self.peers.borrow_mut().act(peer, act);
                self.tell(told);
            }
            Step::Cleaned { second } => {
                let slot = GUEST_SLOTS[usize::from(second)];
                self.peers.borrow_mut().cleaned(slot);
            }
            Step::Evict { name, revoke, told } => {
                self.evict(name, revoke);
                self.tell(told);
            }
            Step::Notified => self.notified(),
            Step::Later { ticks } => self.guest.later(u64::from(ticks) * 16),
            Step::Reset => self.guest.reset(),
            Step::Lie { .. } if !self.lies => {}
            Step::Lie { bytes } => self.peers.borrow_mut().lie = Some(bytes),
        }
        self.guest.tidy();
    }

    /// Before the guest looks anywhere: that would make the line follow the board.
    fn tell(&mut self, told: bool) {
        if told && self.peers.borrow().notified {
            self.notified();
        }
    }

    fn notified(&mut self) {
        self.peers.borrow_mut().notified = false;
        self.guest.notified();
    }

    /// A load of `status` gives what the board's word says.
    fn load(&mut self, address: u64, width: u8) {
        let status = slot_at(address).and_then(|slot| {
            let peers = self.peers.borrow();
            let (handle, _) = peers.connection(slot)?;
            peers.word(handle).map(|word| word.peek().status)
        });
        let outcome = self.guest.access(address, width, None);
        self.give_tokens();
        if let (Some(status), true, false) = (status, width % 4 == 2, self.lied()) {
            assert_eq!(outcome, Outcome::Done(status.into()), "status");
        }
        self.note_read(address, width);
    }

    fn execute(&mut self, executed: Executed) {
        let address = executed.address;
        let done = instruction::execute(&mut self.guest, executed);
        self.give_tokens();
        for transfer in done.iter().filter(|transfer| transfer.load) {
            // Lossless: 0 to 3.
            let log2 = transfer.width.bytes().trailing_zeros() as u8;
            for (_, at) in instruction::elements(transfer, address) {
                self.note_read(at, log2);
            }
        }
    }

    /// For the signals that were read.
    fn give_tokens(&mut self) {
        for (connection, status) in self.guest.statuses() {
            self.peers.borrow_mut().status_read(connection, status);
        }
    }

    /// Whose end the guest has learnt by a load: an aligned one that touches `status`.
    fn note_read(&mut self, address: u64, width: u8) {
        let bytes = 1 << (width % 4);
        for (evicted, slot) in self.evicted.iter_mut().zip(GUEST_SLOTS) {
            let within = address.checked_sub(control_of(slot) + STATUS_WORD);
            if within.is_some_and(|offset| offset < 4) && address.is_multiple_of(bytes) {
                evicted.unread = false;
            }
        }
    }

    fn attach(&mut self, name: u8, pages: u16) {
        let name = NAMES[usize::from(name) % NAMES.len()];
        let mut field = [0; 32];
        field[..name.len()].copy_from_slice(name.as_bytes());
        for (at, part) in (NAME..).step_by(4).zip(field.chunks_exact(4)) {
            let word = u32::from_le_bytes(part.try_into().expect("four"));
            self.guest.access(FACTORY + at, 2, Some(word.into()));
        }
        let shmem = self.factory(SHMEM, 3);
        self.peers.borrow_mut().answered = None;
        self.guest.access(FACTORY + SIZE, 2, Some(pages.into()));
        let answered = self.peers.borrow_mut().answered.take();
        if self.lied() {
            return;
        }
        let (status, shmem, size) = match answered {
            None => (Status::IllegalName, shmem, pages.into()),
            Some(Response::Attached(attached)) => {
                (Status::Ok, control_of(attached.slot), attached.pages)
            }
            Some(Response::Failed(status)) => (status, shmem, pages.into()),
            Some(_) => (Status::NoMem, shmem, pages.into()),
        };
        assert_eq!(self.factory(STATUS, 2), u64::from(status.code()));
        assert_eq!(self.factory(SHMEM, 3), shmem);
        assert_eq!(self.factory(SIZE, 2), u64::from(size));
    }

    fn evict(&mut self, name: u8, revoke: bool) {
        let connected = |peers: &Peers| GUEST_SLOTS.map(|slot| peers.connection(slot).is_some());
        let mut peers = self.peers.borrow_mut();
        let before = connected(&peers);
        peers.evict(NAMES[usize::from(name) % NAMES.len()], revoke);
        let after = connected(&peers);
        for (evicted, gone) in self.evicted.iter_mut().zip(before.iter().zip(after)) {
            if *gone.0 && !gone.1 {
                *evicted = Evicted {
                    answers: true,
                    unread: true,
                };
            }
        }
    }

    fn factory(&mut self, offset: u64, width: u8) -> u64 {
        match self.guest.access(FACTORY + offset, width, None) {
            Outcome::Done(value) => value,
            Outcome::Abort => panic!("the factory page answers always"),
        }
    }

    fn lied(&self) -> bool {
        self.peers.borrow().lied
    }

    fn check(&mut self) {
        // First of all: the accesses below make the line follow the board.
        let line = self.guest.line();
        let shmem = self.factory(SHMEM, 3);
        assert!(shmem == 0 || slot_at(shmem).is_some(), "{shmem:#x}");
        if self.lied() {
            return;
        }
        for (at, slot) in GUEST_SLOTS.into_iter().enumerate() {
            let index = self.peers.borrow().connection(slot).map(|(_, index)| index);
            let expected = index.map_or(Outcome::Abort, |index| Outcome::Done(index.into()));
            let outcome = self.guest.access(control_of(slot) + INDEX, 2, None);
            self.evicted[at].answers &= index.is_none() && outcome != Outcome::Abort;
            assert!(
                self.evicted[at].answers || outcome == expected,
                "slot {slot}: {outcome:?}"
            );
        }
        let raised = self.raised();
        // A notification that has not arrived is what would raise it.
        let late = !line && self.peers.borrow().notified;
        assert!(line == raised || late, "line {line}, board {raised}");
    }

    /// Whether the guest has something to read: a word of its board is raised, or an
    /// end is unread.
    fn raised(&self) -> bool {
        let peers = self.peers.borrow();
        let words = GUEST_SLOTS.into_iter().filter_map(|slot| {
            let (handle, _) = peers.connection(slot)?;
            peers.word(handle)
        });
        let unread = |evicted: &Evicted| evicted.answers && evicted.unread;
        words.into_iter().any(BoardWord::line) || self.evicted.iter().any(unread)
    }
}

/// Where the control page of a slot is.
fn control_of(slot: u16) -> u64 {
    if slot == GUEST_SLOTS[0] {
        CONTROL
    } else {
        CONTROL + 0x40_0000
    }
}

fn slot_at(page: u64) -> Option<u16> {
    GUEST_SLOTS
        .into_iter()
        .find(|&slot| control_of(slot) == page)
}
