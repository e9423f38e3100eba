// SPDX-License-Identifier: BSD-2-Clause

//! Connections that the manager ends while their client is at work.

use crate::system::{System, run};

fn evict(system: &System) {
    system.notify(system.word.evict());
}

#[test]
fn an_eviction_is_always_seen() {
    run(
        |s| {
            s.signal(0);
            evict(s);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(c.active, 0, "not even oneself");
            assert_eq!(c.pending & !0b001, 0, "nothing is invented");
        },
    );
}

#[test]
fn an_eviction_is_seen_through_any_mute_and_ends_it_or_is_muted_anew() {
    run(
        |s| {
            s.signal(0);
            evict(s);
        },
        |c, s| {
            s.word.mute_only(0xffff);
            c.look(s);
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.active, 0);
            assert_eq!(s.word.pending(), 0);
        },
    );
}

#[test]
fn an_evicted_client_that_is_restarted_learns_it() {
    run(
        |s| {
            let _ = s.set_active(0b001, 0);
            evict(s);
        },
        |c, s| {
            c.turn(s);
            c.restart(s);
        },
        |c, _| assert_eq!(c.active, 0),
    );
}

#[test]
fn who_attaches_after_an_eviction_hears_the_new_peers_only() {
    run(
        |s| {
            s.signal(0);
            evict(s);
            s.word.start(0b101);
            s.signal(2);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(c.pending & 0b100, 0b100);
            assert_eq!((c.pending & !0b101, c.active), (0, 0b101));
        },
    );
}
