// SPDX-License-Identifier: BSD-2-Clause

//! No signal is lost and none invented.

use crate::check::Check;
use crate::seen::{Answer, Live, Seen};
use crate::step::Step;
use crate::system::may_signal;
use crate::world::World;
use shmem_server_api::{BoardWord, Response};
use std::collections::{BTreeMap, BTreeSet};

/// Who has signalled each connection since it was last read, by index. A read gives
/// exactly these; an index that is given to another takes its signals along. Whatever
/// raises a word raises its guest's line or is on its way to do so.
#[derive(Default)]
pub struct Signals(BTreeMap<(u8, u8), BTreeSet<u8>>);

impl Check for Signals {
    fn after(&mut self, world: &World<'_>, step: &Step, seen: &Seen) {
        match (step, &seen.answer) {
            (
                &Step::Signal {
                    client,
                    handle,
                    targets,
                },
                &Answer::Signalled(taken),
            ) => self.signal(seen, client, handle, targets, taken),
            (&Step::Read { client, handle }, &Answer::Read(status)) => {
                let expected = self.0.remove(&(client, handle)).unwrap_or_default();
                assert_eq!(bits(&expected), status & 0xffff, "what a guest reads");
            }
            (&Step::Unread { client, handle }, Answer::Response(Response::Unread(set))) => {
                assert_eq!(*set, self.unread(seen, client, handle), "who has not read");
            }
            _ => {}
        }
        self.peers_changed(seen);
        for (client, (monitor, board)) in world.monitors.iter().zip(world.boards()).enumerate() {
            let raised = board.words.iter().any(BoardWord::line);
            assert!(
                !raised || monitor.line || monitor.notified,
                "client {client} is never told"
            );
        }
    }
}

impl Signals {
    fn signal(&mut self, seen: &Seen, client: u8, handle: u8, targets: u32, taken: bool) {
        let me = find(&seen.before, client, handle);
        assert_eq!(taken, me.is_some());
        let Some(me) = me else { return };
        let mut reached = BTreeSet::new();
        for peer in seen.before.iter().filter(|peer| peer.slot == me.slot) {
            let chosen = match targets {
                u32::MAX => peer.index != me.index,
                set => set & 1 << peer.index != 0,
            };
            if chosen && may_signal(client, peer.client) {
                let unread = self.0.entry((peer.client, peer.handle)).or_default();
                unread.insert(me.index);
                reached.insert(peer.client);
            }
        }
        assert!(seen.notified.is_subset(&reached), "and nobody else");
    }

    fn unread(&self, seen: &Seen, client: u8, handle: u8) -> u16 {
        let me = find(&seen.before, client, handle).expect("it was answered");
        let peers = seen.before.iter().filter(|peer| peer.slot == me.slot);
        peers
            .filter(|peer| {
                let unread = self.0.get(&(peer.client, peer.handle));
                unread.is_some_and(|unread| unread.contains(&me.index))
            })
            .fold(0, |set, peer| set | 1 << peer.index)
    }

    fn peers_changed(&mut self, seen: &Seen) {
        for gone in seen.ended() {
            self.0.remove(&(gone.client, gone.handle));
        }
        for new in seen.made() {
            for peer in seen.after.iter().filter(|peer| peer.slot == new.slot) {
                if let Some(unread) = self.0.get_mut(&(peer.client, peer.handle)) {
                    unread.remove(&new.index);
                }
            }
        }
    }
}

fn find(live: &[Live], client: u8, handle: u8) -> Option<&Live> {
    live.iter()
        .find(|live| (live.client, live.handle) == (client, handle))
}

fn bits(set: &BTreeSet<u8>) -> u32 {
    set.iter().fold(0, |bits, index| bits | 1 << index)
}
