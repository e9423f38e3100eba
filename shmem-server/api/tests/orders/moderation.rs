// SPDX-License-Identifier: BSD-2-Clause

//! Moderation by the receiver: mute, unmute, one-shot.

use crate::checker::atomic::Ordering;
use crate::system::run;

#[test]
fn a_signal_around_a_mute_and_its_end_is_heard() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
        },
        |c, s| {
            s.word.mute(0b001);
            c.look(s);
            c.turn(s);
            s.word.unmute(0b001);
            // The rule: look at the line after a change of the muted set.
            c.look(s);
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
            c.look(s);
            s.word.mute_only(0b010);
            c.look(s);
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
            c.one_shot = 0b001;
            c.turn(s);
            c.turn(s);
            c.one_shot = 0;
            s.word.unmute(0b001);
            c.look(s);
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
            c.look(s);
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
            c.look(s);
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.pending & 0b100, 0b100);
            assert_eq!(s.word.muted() & !0b001, 0, "only what the client asked for");
        },
    );
}

#[test]
fn a_one_shot_peer_that_is_not_rearmed_is_kept_and_disturbs_nobody() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
            s.signal(1);
        },
        |c, s| {
            c.one_shot = 0b001;
            c.turn(s);
            c.turn(s);
        },
        |c, s| {
            assert_eq!(c.pending, 0b11);
            assert!(!s.word.line());
            assert_eq!(s.word.muted(), 0b001, "heard once, then silent");
        },
    );
}

#[test]
fn rearming_while_it_signals_loses_nothing() {
    run(
        |s| {
            s.signal(0);
            s.signal(0);
            let _ = s.set_active(0b001, 0);
        },
        |c, s| {
            c.one_shot = 0b001;
            c.turn(s);
            s.word.unmute(0b001);
            c.look(s);
            c.turn(s);
            s.word.unmute(0b001);
            c.look(s);
        },
        |c, s| {
            // Heard: either read, or kept for the next rearm.
            let kept = s.word.peek().status as u16 & 0b001;
            assert_eq!((c.pending | kept) & 0b001, 0b001);
            assert_eq!(c.active, 0b001);
        },
    );
}

#[test]
fn a_peer_that_stays_muted_is_let_through_at_no_moment() {
    run(
        |s| {
            if s.data.load(Ordering::Acquire) == 1 {
                assert!(!s.word.signal(0), "muted before and after");
            }
        },
        |c, s| {
            s.word.mute_only(0b001);
            s.data.store(1, Ordering::Release);
            s.word.mute_only(0b011);
            s.word.mute_only(0b101);
            c.look(s);
        },
        |c, s| {
            assert_eq!((c.pending, c.line), (0, false));
            assert_eq!(s.word.muted(), 0b101);
        },
    );
}
