// SPDX-License-Identifier: BSD-2-Clause

use super::{Management, Register};
use tombolo_pages::mailbox::Mailbox;

#[test]
fn the_line_is_high_until_the_answer_is_acknowledged() {
    let mailbox = Mailbox::default();
    let mut device = Management::new(&mailbox, 1000, 0);
    let serial = mailbox.ask(b"who?").expect("short");
    assert!(!device.line());
    assert!(mailbox.answer(serial, b"me"));
    assert!(device.line());
    assert_eq!(device.load(Register::Status), 1);
    assert!(device.line(), "reading changes nothing");
    device.acknowledge();
    assert_eq!((device.line(), device.load(Register::Status)), (false, 0));
    let serial = mailbox.ask(b"again?").expect("short");
    assert!(mailbox.answer(serial, b"me"));
    device.reset();
    assert!(!device.line(), "a new life begins without answers");
}

#[test]
fn the_doorbell_is_limited_and_paid_for_by_who_rings() {
    let mailbox = Mailbox::default();
    let mut device = Management::new(&mailbox, 1000, 0);
    let rung = (0..1000).filter(|_| device.ring(0)).count();
    assert_eq!(rung, 32);
    let at = device.waits_until().expect("it waits");
    assert!(at > 0 && !device.ring(at - 1) && device.ring(at));
    assert_eq!(device.waits_until(), None);
}

#[test]
fn registers_are_words_and_nothing_else_is_there() {
    let mailbox = Mailbox::default();
    let device = Management::new(&mailbox, 1000, 0);
    assert_eq!(
        device.load(Register::at(0, 4)),
        u32::from_le_bytes(*b"TMGR")
    );
    assert_eq!(device.load(Register::at(4, 4)), 1);
    for (offset, bytes) in [(0, 8), (0, 1), (2, 2), (0x14, 4), (0xffc, 4)] {
        assert_eq!(Register::at(offset, bytes), Register::Reserved);
    }
    assert_eq!(device.load(Register::Reserved), 0);
}
