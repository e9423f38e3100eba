// SPDX-License-Identifier: BSD-2-Clause

//! A guest that floods its output, on a line of 115200 baud and on QEMU's.

use super::desk::{Desk, MS, Rings, SECOND};
use crate::Pace;
use tombolo_pages::ring::{OUTPUT_BYTES, Producer};

/// Bytes that 115200 baud carry in a millisecond.
const BYTES_PER_MS: usize = 11;

fn flood(rings: &Rings) {
    let mut flooder = Producer::new(&rings.output[2]);
    let line = [b'x'; 63].iter().chain(b"\n").copied();
    let bytes: Vec<u8> = line.cycle().take(OUTPUT_BYTES).collect();
    flooder.write(&bytes);
}

#[test]
fn on_a_real_line_the_others_lines_come_in_between_at_once() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    desk.uart.room = 0;
    for ms in 0..3000 {
        flood(&rings);
        if ms == 1000 {
            rings.say(0, "a line of the server\n");
            desk.uart.sent.clear();
        }
        desk.uart.room += BYTES_PER_MS;
        desk.now += MS;
        desk.service();
        assert!(
            desk.uart.interrupts,
            "it waits for the UART, and for nothing else"
        );
    }
    let text = desk.shown();
    let before = text.find("server       | a line").expect("it is shown");
    // One queue below its mark, and the flooder's turn.
    assert!(before < 1024 + 512 + 100, "{before} bytes later");
    assert!(text.contains("guest0 dropped "));
}

#[test]
fn on_qemus_line_the_flooder_gets_the_pace_and_the_rest_of_the_time_is_the_others() {
    let rings = Rings::new();
    let mut desk = Desk::new(&rings);
    let (start, mut calls) = (desk.now, 0);
    while desk.now < start + SECOND {
        flood(&rings);
        let due = desk.console.service(&mut desk.uart, desk.now);
        desk.now = due.expect("there is always more").max(desk.now + 1);
        calls += 1;
        assert!(!desk.uart.interrupts);
    }
    let most = 2 * Pace::BURST + 1001 * Pace::BYTES_PER_MS;
    assert!(desk.uart.sent.len() as u64 <= most);
    assert!(calls < 1100, "one wake-up a millisecond: {calls}");
}

#[test]
fn a_flood_leaves_the_shell_its_prompt_and_its_keys() {
    let rings = Rings::new();
    let mut desk = Desk::in_shell(&rings);
    desk.uart.room = 0;
    let (mut keys, mut ms) = (b"colour red\r".iter(), 0);
    while !String::from_utf8_lossy(&desk.uart.sent).contains("`red` cannot be") {
        flood(&rings);
        desk.uart.room += BYTES_PER_MS;
        desk.now += MS;
        // As the protection domain does: keys, then everything else.
        if desk.console.takes_a_key(desk.now).is_ok()
            && let Some(&key) = keys.next()
        {
            desk.console.typed(key, desk.now);
        }
        desk.service();
        ms += 1;
        assert!(ms < 500, "no answer within half a second");
    }
}
