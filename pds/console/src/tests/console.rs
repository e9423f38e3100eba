// SPDX-License-Identifier: BSD-2-Clause

//! Who gets the keys, and who is shown.

use super::desk::{Desk, Rings};
use proptest::prelude::proptest;
use tombolo_pages::ring::{InputRing, Producer};

#[test]
fn the_own_key_selects_who_gets_the_keys() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    desk.console.start(0);
    assert!(desk.uart.sent.is_empty());
    desk.type_bytes(b"a\x1d1b\x1dnc\x1d\x1d");
    assert_eq!(
        (desk.got(0), desk.got(1)),
        (b"ac\x1d".to_vec(), b"b".to_vec())
    );
    let text = desk.shown();
    assert!(text.contains("0: guest0 (selected)") && text.contains("1: guest1\r"));
    assert!(text.contains("keys go to guest1"));
    desk.type_bytes(b"\x1d7d\x1d?");
    assert_eq!(desk.got(0), b"d");
    assert!(desk.shown().contains("no guest 7: 2 guests take input"));
}

#[test]
fn names_have_colours_once_somebody_types() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    rings.say(0, "ready\n");
    desk.service();
    assert_eq!(desk.shown(), "server       | ready\r\n");
    desk.type_bytes(b"x");
    rings.say(0, "ready\n");
    desk.service();
    assert_eq!(desk.shown(), "\x1b[2mserver       | \x1b[0mready\r\n");
}

#[test]
fn without_keyboards_the_keys_go_to_the_shell() {
    let rings = Rings::new();
    let mut desk = Desk::without_keyboards(&rings);
    desk.console.start(0);
    desk.service();
    assert!(desk.shown().ends_with("tombolo> \x1b[K"));
    desk.type_bytes(b"\x04\x1d1");
    let text = desk.shown();
    assert!(text.contains("no guest has a console to go to"), "{text}");
    assert!(text.contains("no guest 1: 0 guests take input"));
}

#[test]
fn one_guest_is_shown_alone_and_everybody_again() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("console guest1 alone");
    desk.shown();
    rings.say(2, "hidden\n");
    rings.say(3, "seen\n");
    desk.service();
    assert_eq!(desk.rows(), ["guest1       > seen"]);
    desk.type_bytes(b"x\x1da");
    assert_eq!(desk.got(1), b"x");
    rings.say(2, "again\n");
    desk.service();
    let rows = desk.rows();
    assert_eq!(
        rows,
        [
            "console      | from here on: everybody",
            "guest0       > again"
        ]
    );
}

#[test]
fn a_guest_that_reads_nothing_leaves_the_own_key_alone() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    desk.type_bytes(&[b'x'; 5000]);
    desk.type_bytes(b"\x1ds");
    let text = desk.shown();
    assert!(text.contains("guest0 does not read its keys: "), "{text}");
    assert!(text.contains("tombolo> "));
    desk.wait(2_000_000);
    let told: u32 = (text + &desk.shown())
        .split("does not read its keys: ")
        .skip(1)
        .map(|rest| rest.split(' ').next().unwrap().parse::<u32>().unwrap())
        .sum();
    assert_eq!(told, 5000 - 4096, "every lost key is counted");
}

#[test]
fn keys_that_the_uart_lost_are_counted() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    desk.console.note_lost_keys(0);
    desk.console.note_lost_keys(3);
    desk.service();
    assert!(desk.shown().contains("the UART lost 3 keys"));
}

#[test]
fn a_keyboard_of_nobody_is_refused() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    let ring = InputRing::new();
    // The ring outlives the call: it is refused.
    let ring: &'static InputRing = Box::leak(Box::new(ring));
    assert!(!desk.console.add_keyboard("server", Producer::new(ring)));
    assert!(!desk.console.add_keyboard("nobody", Producer::new(ring)));
}

proptest! {
    #[test]
    fn any_keys_leave_a_console_that_answers(keys: Vec<u8>) {
        let rings = Rings::new();
        let mut desk = Desk::new(&rings);
        desk.console.start(0);
        desk.type_bytes(&keys);
        // Out of whatever it is in, into the shell, with an empty line.
        desk.type_bytes(b"\x1d0\x1d0\x1ds\x03\x03\x03\x03");
        desk.shown();
        desk.type_line("exit now");
        assert!(desk.shown().contains("`now` is one word too many: exit"));
    }
}
