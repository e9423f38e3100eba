// SPDX-License-Identifier: BSD-2-Clause

//! More keys at once than there is room for: each arrives, or is counted.

use super::desk::{Desk, MS, Rings};
use manager_api::{Request, Response, VERSION};
use tombolo_pages::ring::INPUT_BYTES;

/// Types as fast as the console takes it, before a manager that answers in 3 ms.
fn paste(desk: &mut Desk<'_>, text: &str) -> Vec<Request> {
    let (mut keys, mut asked) = (text.bytes().peekable(), Vec::new());
    while keys.peek().is_some() {
        // As the protection domain does: keys, then everything else.
        while desk.console.takes_a_key(desk.now).is_ok()
            && let Some(key) = keys.next()
        {
            desk.console.typed(key, desk.now);
        }
        desk.service();
        asked.extend(answered(desk));
    }
    // What was typed ahead.
    asked.extend((0..50).filter_map(|_| answered(desk)));
    asked
}

fn answered(desk: &mut Desk<'_>) -> Option<Request> {
    let request = desk.request();
    desk.now += 3 * MS;
    if request.is_some() {
        desk.answer(Some(Response::Version(VERSION)));
    }
    desk.service();
    request
}

#[test]
fn a_paste_of_commands_is_run_whole_and_in_order() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    let text: String = (0..100)
        .map(|n| format!("version\rhelp nothing{n}\r"))
        .collect();
    assert_eq!(paste(&mut desk, &text), vec![Request::Version; 100]);
    let shown = desk.shown();
    let told: Vec<_> = shown.matches("there is no command `nothing").collect();
    assert_eq!(told.len(), 100);
    let places = (0..100).map(|n| shown.find(&format!("`nothing{n}`")).expect("each"));
    assert!(places.is_sorted());
    assert!(!shown.contains("dropped"));
}

#[test]
fn keys_for_which_a_busy_shell_has_no_room_are_counted_after_a_while() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line("version");
    let start = desk.now;
    desk.type_bytes(&[b'x'; 100]);
    assert!(desk.now - start >= 1000 * MS, "it waited before");
    assert!(desk.now - start < 1100 * MS, "once");
    desk.wait(1000 * MS);
    let shown = desk.shown();
    assert!(shown.contains("the shell was busy: 1 keys were dropped, 1 in all"));
    assert!(shown.contains("35 keys were dropped, 36 in all"), "{shown}");
}

#[test]
fn an_interrupt_forgets_what_was_typed_ahead() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_bytes(b"version\rhelp nothing\r\x03");
    assert!(desk.shown().contains("^C"));
    desk.wait(100 * MS);
    assert!(!desk.shown().contains("nothing"));
}

#[test]
fn a_line_that_is_too_long_is_not_done_in_part() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.type_line(&format!("help {}", "x".repeat(200)));
    let shown = desk.shown();
    assert!(
        shown.contains("not done: the line is longer than 120 characters, 85 were left out"),
        "{shown}"
    );
    assert!(!shown.contains("there is no command"));
    // Recalled and cut, it is what one sees.
    desk.type_line("\x1b[A\x17stop");
    assert!(desk.shown().contains("It is not asked"));
}

#[test]
fn a_guest_that_reads_nothing_for_long_loses_keys_and_the_number_is_right() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    desk.type_bytes(&vec![b'x'; INPUT_BYTES + 500]);
    desk.wait(1000 * MS);
    let told = "guest0 does not read its keys: 499 were dropped, 500 in all";
    assert!(desk.shown().contains(told));
    assert_eq!(desk.got(0).len(), INPUT_BYTES);
}
