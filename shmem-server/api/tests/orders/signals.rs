// SPDX-License-Identifier: BSD-2-Clause

//! Signals and changes, without restarts.

use crate::checker::atomic::Ordering;
use crate::system::run;

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
fn two_words_share_a_line_and_lose_nothing() {
    run(
        |s| {
            s.signal(0);
            s.notify(s.other.signal(1));
            s.signal(1);
        },
        |c, s| {
            c.turn(s);
            c.turn(s);
        },
        |c, _| assert_eq!((c.pending, c.other), (0b11, 0b10)),
    );
}

#[test]
fn what_is_not_unread_has_been_read() {
    run(
        |s| {
            s.signal(0);
            if s.word.pending() & 1 == 0 {
                // The client has read it (data counts its reads).
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
        |c, _| assert_eq!(c.pending, 1),
    );
}
