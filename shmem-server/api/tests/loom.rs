// SPDX-License-Identifier: BSD-2-Clause

//! The board's words under every interleaving of server and client.
//!
//! Run: `RUSTFLAGS="--cfg loom" cargo test -p shmem-server-api --test loom --release`
//!
//! The model of a client is what `guest-vmm` does: a notification or a status
//! read makes it work out the line anew, and a guest reads `status` while its line
//! is high (or whenever it likes: polling). A kernel notification is a sticky bit
//! that the client consumes before it looks at its board.
//!
//! Proved for the bounded histories below: no signal is lost or invented, the last
//! active set is seen, data written before a signal is visible after the read that
//! shows it, and when all is quiet nothing raised is left without a high line or a
//! notification on its way; with a restart of either side as an event.

#![cfg(loom)]

use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use loom::thread;
use shmem_server_api::BoardWord;

/// The shared word, the channel's sticky bit, and data in the region.
#[derive(Default)]
struct System {
    word: BoardWord,
    notification: AtomicBool,
    data: AtomicU32,
}

impl System {
    fn notify(&self, wanted: bool) {
        if wanted {
            // A read-modify-write, as the kernel ORs the badge into the word.
            self.notification.fetch_or(true, Ordering::SeqCst);
        }
    }

    fn signal(&self, from: u8) {
        self.notify(self.word.signal(from));
    }

    fn set_active(&self, active: u16, forget: u16) -> bool {
        let change = self.word.set_active(active, forget);
        self.notify(change.notify);
        change.caught_up
    }
}

/// What a VMM knows: its line and what its guest has read.
#[derive(Default)]
struct Client {
    line: bool,
    pending: u16,
    reads: u32,
    active: u16,
}

impl Client {
    /// One turn of the event loop: a notification if there is one, then the
    /// guest, which reads if its line is high.
    fn turn(&mut self, system: &System) {
        if system.notification.swap(false, Ordering::SeqCst) {
            self.line = system.word.line();
        }
        if self.line {
            self.read(system);
        }
    }

    fn read(&mut self, system: &System) {
        let status = system.word.take().status;
        self.pending |= status as u16;
        self.active = (status >> 16) as u16;
        self.reads += (status as u16).count_ones();
        self.line = system.word.line();
    }

    /// The VMM is restarted: it knows nothing and first looks at its board.
    fn restart(&mut self, system: &System) {
        self.line = system.word.line();
    }

    /// Until nothing happens any more. Fails if something raised was left behind.
    fn drain(&mut self, system: &System) {
        for _ in 0..4 {
            self.turn(system);
        }
        assert!(
            !system.word.line(),
            "raised, but no line and no notification"
        );
    }
}

fn run(
    server: impl Fn(&System) + Send + Sync + 'static,
    client: impl Fn(&mut Client, &System) + Send + Sync + 'static,
    check: impl Fn(&Client, &System) + Send + Sync + 'static,
) {
    // The closure is no part of the model: an ordinary reference count.
    let server = std::sync::Arc::new(server);
    loom::model(move || {
        let system = Arc::new(System::default());
        system.word.start(0b011);
        let (other, act) = (system.clone(), server.clone());
        let serving = thread::spawn(move || act(&other));
        let mut state = Client {
            active: 0b011,
            ..Client::default()
        };
        client(&mut state, &system);
        serving.join().expect("the server's thread ends");
        state.drain(&system);
        check(&state, &system);
    });
}

#[test]
fn signals_are_neither_lost_nor_invented() {
    run(
        |s| {
            s.signal(0);
            s.signal(1);
            s.signal(0);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(c.pending, 0b11);
            assert!(
                (2..=3).contains(&c.reads),
                "each signal is read at most once"
            );
            assert_eq!(c.active, 0b011);
        },
    );
}

#[test]
fn polling_loses_nothing() {
    run(
        |s| {
            s.signal(1);
            s.signal(1);
        },
        |c, s| {
            c.read(s);
            c.turn(s);
            c.read(s);
        },
        |c, _| {
            assert_eq!(c.pending, 0b10);
            assert!((1..=2).contains(&c.reads));
        },
    );
}

#[test]
fn a_change_between_signals_is_seen_and_loses_none() {
    run(
        |s| {
            s.signal(0);
            let _ = s.set_active(0b111, 0);
            s.signal(2);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(c.pending, 0b101);
            assert_eq!(c.reads, 2);
            assert_eq!(c.active, 0b111);
        },
    );
}

#[test]
fn a_detach_and_a_reuse_of_its_index_are_seen() {
    run(
        |s| {
            s.signal(1);
            let _ = s.set_active(0b001, 0);
            let _ = s.set_active(0b011, 0b010);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(c.active, 0b011);
            assert!(
                c.reads <= 1,
                "the old user's signal is read once or forgotten"
            );
        },
    );
}

#[test]
fn caught_up_is_never_said_of_an_unread_change() {
    run(
        |s| {
            let _ = s.set_active(0b001, 0);
            if s.set_active(0b101, 0) {
                // The client has read the drop of index 1 (data counts its reads).
                assert!(s.data.load(Ordering::Acquire) > 0);
            }
        },
        |c, s| {
            if s.notification.swap(false, Ordering::SeqCst) {
                // Counted before the read: the server may look right after it.
                s.data.fetch_add(1, Ordering::Release);
                c.read(s);
            }
        },
        |c, _| assert_eq!(c.active, 0b101),
    );
}

#[test]
fn data_before_a_signal_is_visible_after_its_read() {
    run(
        |s| {
            s.data.store(42, Ordering::Relaxed);
            s.signal(1);
            let _ = s.set_active(0b111, 0);
        },
        |c, s| {
            c.read(s);
            if c.pending & 0b10 != 0 {
                assert_eq!(s.data.load(Ordering::Relaxed), 42);
            }
        },
        |c, s| {
            assert_eq!(c.pending, 0b10);
            assert_eq!(s.data.load(Ordering::Relaxed), 42);
        },
    );
}

#[test]
fn a_restarted_client_finds_what_is_raised() {
    run(
        |s| {
            s.signal(0);
            let _ = s.set_active(0b111, 0);
            s.signal(2);
        },
        |c, s| {
            c.turn(s);
            // What the guest has read, it has read; the VMM forgets its line.
            c.line = false;
            c.restart(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(
                c.pending, 0b101,
                "what was read before the restart is not read again"
            );
            assert_eq!(c.reads, 2);
            assert_eq!(c.active, 0b111);
        },
    );
}

#[test]
fn a_consumed_notification_does_not_lose_the_line_over_a_restart() {
    run(
        |s| s.signal(0),
        |c, s| {
            // Dies between taking the notification and looking at the board.
            s.notification.swap(false, Ordering::SeqCst);
            c.line = false;
            c.restart(s);
        },
        |c, _| assert_eq!(c.pending, 0b1),
    );
}

#[test]
fn a_restarted_server_starts_words_afresh() {
    run(
        |s| {
            s.signal(0);
            // Restart: it knows of no connection and says so on every word ...
            s.word.end();
            s.notify(true);
            // ... then the client's VMM attaches again, and a peer signals.
            s.word.start(0b101);
            s.signal(2);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| {
            assert_eq!(
                c.pending & 0b100,
                0b100,
                "the signal after the restart arrives"
            );
            assert_eq!(c.pending & !0b101, 0, "nothing is invented");
            assert_eq!(c.active, 0b101);
        },
    );
}

#[test]
fn a_signal_around_a_mute_and_its_end_is_heard() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
        },
        |c, s| {
            s.word.mute(0b001);
            c.line = s.word.line();
            c.turn(s);
            s.word.unmute(0b001);
            // The rule: look at the line after a change of the muted set.
            c.line = s.word.line();
            c.turn(s);
        },
        |c, _| assert_eq!(c.pending, 0b001),
    );
}

#[test]
fn a_change_of_the_muted_set_loses_no_signal_of_those_it_lets_through() {
    run(
        |s| {
            s.signal(0);
            s.signal(1);
        },
        |c, s| {
            s.word.mute_only(0b001);
            c.line = s.word.line();
            s.word.mute_only(0b010);
            c.line = s.word.line();
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.pending & 0b001, 0b001, "0 is let through");
            let kept = s.word.peek().status as u16 & 0b010;
            assert_eq!((c.pending & 0b010) | kept, 0b010, "1 is read or kept");
            assert!(!s.word.line(), "and does not raise the line");
        },
    );
}

#[test]
fn a_one_shot_peer_is_heard_once_until_it_is_let_through_again() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
        },
        |c, s| {
            // What a monitor does for a one-shot peer: read, then mute who was read.
            c.turn(s);
            s.word.mute(c.pending);
            c.line = s.word.line();
            c.turn(s);
            s.word.unmute(0b001);
            c.line = s.word.line();
        },
        |c, _| {
            assert_eq!(c.pending, 0b001);
            assert!((1..=2).contains(&c.reads));
        },
    );
}

#[test]
fn a_change_is_heard_through_any_mute() {
    run(
        |s| {
            s.signal(0);
            let _ = s.set_active(0b111, 0);
        },
        |c, s| {
            s.word.mute_only(0xffff);
            c.line = s.word.line();
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.active, 0b111);
            assert_eq!(s.word.muted(), 0xffff, "the server changes nothing there");
        },
    );
}

#[test]
fn an_end_while_the_client_mutes_leaves_nothing_raised() {
    run(
        |s| {
            s.signal(0);
            s.word.end();
            s.notify(true);
            s.word.start(0b101);
            s.signal(2);
        },
        |c, s| {
            s.word.mute_only(0b001);
            c.line = s.word.line();
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.pending & 0b100, 0b100);
            assert_eq!(s.word.muted() & !0b001, 0, "only what the client asked for");
        },
    );
}
