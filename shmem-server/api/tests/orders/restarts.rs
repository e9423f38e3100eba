// SPDX-License-Identifier: BSD-2-Clause

//! With a restart of either side as an event.

use crate::checker::atomic::Ordering;
use crate::system::run;

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
fn a_client_that_dies_between_read_and_mute_hears_on() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
        },
        |c, s| {
            // It has read for its one-shot guest, and dies before it mutes.
            let status = s.word.take().status;
            c.pending |= status as u16;
            c.restart(s);
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.pending, 0b1);
            assert_eq!(s.word.muted(), 0);
        },
    );
}

#[test]
fn a_restarted_client_keeps_its_muted_set_and_can_end_it() {
    run(
        |s| {
            s.signal(0);
            s.signal(1);
        },
        |c, s| {
            s.word.mute_only(0b001);
            c.restart(s);
            c.turn(s);
            s.word.mute_only(0);
            c.look(s);
        },
        |c, s| {
            assert_eq!(c.pending, 0b11, "nothing muted is lost");
            assert_eq!(s.word.muted(), 0);
        },
    );
}

#[test]
fn a_server_that_restarts_while_the_client_does_leaves_nothing_behind() {
    run(
        |s| {
            s.signal(0);
            s.word.end();
            s.notify(true);
            s.word.start(0b101);
            s.signal(2);
        },
        |c, s| {
            c.turn(s);
            s.notification.swap(false, Ordering::SeqCst);
            c.restart(s);
        },
        |c, s| {
            assert_eq!(c.pending & 0b100, 0b100, "the signal after both");
            assert_eq!((c.pending & !0b101, c.active), (0, 0b101));
            assert_eq!(s.word.muted(), 0);
        },
    );
}

#[test]
fn a_connection_that_has_ended_is_silent() {
    run(
        |s| {
            s.signal(0);
            s.word.end();
            s.data.store(1, Ordering::Release);
        },
        |c, s| {
            if s.data.load(Ordering::Acquire) == 1 {
                assert_eq!(c.take(s), 0, "nothing of it is read afterwards");
            }
            c.turn(s);
        },
        |c, s| {
            assert_eq!(s.word.peek().status, 0, "nobody is there");
            assert_eq!(c.pending & !0b001, 0);
        },
    );
}
