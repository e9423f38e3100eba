// SPDX-License-Identifier: BSD-2-Clause

//! Each step done on the model: answer, notifications, slots and every word of
//! every board must be the same.

use super::state::{Connection, Model, SlotIs};
use crate::check::Check;
use crate::seen::{Answer, Seen};
use crate::step::{Scribble, Step};
use crate::system::{CLIENTS, NAMES, name_of};
use crate::world::World;
use shmem_server_api::{Departure, Response, Status};
use shmem_server_core::slots::State;
use tombolo_pages::scrub::Turn;

/// The model, as it is run.
pub struct Reference(Model);

impl Default for Reference {
    fn default() -> Self {
        Self(Model::new())
    }
}

impl Check for Reference {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        self.0.notified.clear();
        let expected = self.0.act(step, &seen.answer);
        assert_eq!(seen.answer, expected, "the answer");
        assert_eq!(seen.notified, self.0.notified, "who is notified");
        self.0.compare_slots(world);
        self.0.compare_boards(world);
    }
}

impl Model {
    /// What the step is to give. `seen`: what the scrubber chose to do, and numbers
    /// that are none of ours.
    fn act(&mut self, step: &Step, seen: &Answer) -> Answer {
        match *step {
            Step::Signal {
                client,
                handle,
                targets,
            } => Answer::Signalled(self.signal(client, handle, targets)),
            Step::Read { client, handle } if handle < 32 => Answer::Read(self.read(client, handle)),
            Step::Mute {
                client,
                handle,
                muted,
            } => {
                if let Some(word) = self.word_mut((client, handle)) {
                    word.muted = (0..16).filter(|index| muted & 1 << index != 0).collect();
                }
                Answer::Nothing
            }
            Step::Scrub { .. } => {
                if let Answer::Turn(Turn::Clean(slot)) = seen {
                    assert!(self.scrubbed.insert(*slot), "cleaned once");
                }
                seen.clone()
            }
            Step::Scrubbed => Answer::Clean(self.cleaned()),
            Step::Scribble(scribble) => {
                self.scribble(scribble);
                Answer::Nothing
            }
            Step::Read { .. }
            | Step::Look { .. }
            | Step::Write { .. }
            | Step::Fetch { .. }
            | Step::ScrubberRestart => Answer::Nothing,
            _ => Answer::Response(self.respond(step, seen)),
        }
    }

    fn respond(&mut self, step: &Step, seen: &Answer) -> Response {
        match *step {
            Step::Attach {
                client,
                name,
                pages,
            } => self.attach(client, NAMES[name], pages),
            Step::Detach { client, handle } => self.detach(client, handle),
            Step::Unread { client, handle } => match self.connections.get(&(client, handle)) {
                None => Response::Failed(Status::DoesNotExist),
                Some(me) => Response::Unread(self.unread(me)),
            },
            Step::Find { client, nth } => self.find(client, nth),
            Step::Inspect { client, handle } => self.inspect(client, handle),
            Step::List { client, nth } => self.list(client, nth),
            Step::Usage { client } => {
                let reason = match seen {
                    Answer::Response(Response::Usage(usage)) => usage.reason,
                    _ => 0,
                };
                self.usage(client, reason)
            }
            Step::Gone { client, departure } => {
                self.drop_client(client, departure, false);
                Response::Done
            }
            Step::Reset { client } => {
                self.drop_client(client, Departure::Reset, false);
                Response::Done
            }
            Step::Drop { client } => self.by_manager(client, false),
            Step::Quarantine { client } => self.by_manager(client, true),
            Step::Evict { client, name } => self.evict(client, name_of(name)),
            Step::Revoke { name } => self.revoke(name_of(name)),
            Step::Stopped { client } => self.stopped(client),
            Step::Slot { from } => self.report(from),
            Step::ClientReport { client } => self.client_report(client),
            _ => unreachable!("no message: {step:?}"),
        }
    }

    fn scribble(&mut self, scribble: Scribble) {
        let Scribble { client, handle, .. } = scribble;
        if handle >= 32 {
            return;
        }
        let key = (client, handle);
        if !self.connections.contains_key(&key) {
            self.stray.insert(key, Connection::default());
        }
        let set = |bits: u16| {
            (0..16)
                .filter(move |index| bits & 1 << index != 0)
                .collect()
        };
        if let Some(word) = self.word_mut(key) {
            word.active = set(scribble.active);
            word.pending = set(scribble.pending);
            word.muted = set(scribble.muted);
            word.changed = scribble.changed;
        }
    }

    fn compare_slots(&self, world: &World<'_>) {
        for (number, (_, _, state)) in world.server.slots().iter().enumerate() {
            let is = match state {
                State::Clean => SlotIs::Clean,
                State::Revoked(revoked) => match &self.slots[number] {
                    // The manager's look compares the rest.
                    SlotIs::Revoked(region, _) => {
                        let waits = revoked.waits_for.iter().map(|client| client.0);
                        SlotIs::Revoked(region.clone(), waits.collect())
                    }
                    other => panic!("slot {number} is {other:?}"),
                },
                State::InUse(region) => {
                    let expected = &self.regions[region.name.as_str()];
                    assert_eq!(expected.slot, number);
                    let peers = region.peers().map(|(index, peer)| (index, peer.client.0));
                    assert!(peers.eq(expected.peers.iter().map(|(&i, &client)| (i, client))));
                    SlotIs::InUse
                }
                State::Dirty => SlotIs::Dirty,
                State::Quarantined => SlotIs::Lost,
            };
            assert_eq!(is, self.slots[number], "slot {number}");
        }
    }

    fn compare_boards(&self, world: &World<'_>) {
        let mut expected = vec![[(0, false); 32]; usize::from(CLIENTS)];
        let connected = self.connections.keys().chain(self.stray.keys());
        for &(client, handle) in connected {
            expected[usize::from(client)][usize::from(handle)] = self.word(client, handle);
        }
        for (client, (board, expected)) in world.boards().iter().zip(&expected).enumerate() {
            for (handle, (word, expected)) in board.words.iter().zip(expected).enumerate() {
                let now = (word.peek().status, word.line());
                assert_eq!(now, *expected, "client {client} handle {handle}");
            }
        }
    }
}
