// SPDX-License-Identifier: BSD-2-Clause

//! Sections 2.1 and 6.1: what a CPtr names, and what happens if it does not.

use tombolo_kernel_spec::{CapKind, Rights};

use super::system::{
    Builder, CALL, CHILD, INPUT, NB_RECV, NB_SEND, NB_SEND_RECV, NB_SEND_WAIT, NB_WAIT, RECV,
    REPLY, REPLY_RECV, SEND, System, USER, WAIT, tcb,
};

/// A parent that receives, and a child with some capabilities.
fn family() -> System {
    let mut builder = Builder::new();
    let parent = builder.pd("parent", 9);
    let child = builder.pd("child", 5);
    builder.child(parent, 1, 6);
    builder.cap_with(child, USER, CapKind::Notification, parent, 1, Rights::READ);
    builder.cap_with(child, 2 * USER, CapKind::Endpoint, parent, 1, Rights::READ);
    builder.cap(child, 3 * USER, CapKind::Notification, child, 4);
    builder.cap(child, CHILD, CapKind::Tcb, 1, 0);
    let mut system = builder.start();
    system.recv();
    assert_eq!(system.name(), "child");
    system
}

/// What a system call of the child comes to.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Words of the CapFault from MR1.
    Fault(Vec<u64>),
    /// x1 of the answer.
    Answer(u64),
}

fn outcome(number: i64, x0: u64, x6: u64, x8: u64) -> Outcome {
    let mut system = family();
    let before = 0x1234;
    system.call(number, &[(0, x0), (1, before), (6, x6), (8, x8)]);
    if system.name() == "parent" {
        let (label, words) = system.answer(tcb(0));
        assert_eq!((label, words[0]), (1, super::system::ENTRY));
        Outcome::Fault(words[1..].to_vec())
    } else {
        Outcome::Answer(system.context(1).x[1])
    }
}

#[test]
fn what_cannot_be_looked_up_is_a_fault_with_details() {
    let guard = |cptr, in_receive| Outcome::Fault(vec![cptr, in_receive, 4, 58, 0, 49]);
    let missing = |cptr| Outcome::Fault(vec![cptr, 1, 2, 0]);
    let ignored = || Outcome::Answer(0x1234);
    let invalid = || Outcome::Answer(0x2001);
    for (number, x0, x6, x8, expected) in [
        (CALL, 0x1000, 0, 0, guard(0x1000, 0)),
        (SEND, 0x1000, 0, 0, guard(0x1000, 0)),
        (NB_SEND, 0x1000, 0, 0, ignored()),
        (RECV, 0x1000, REPLY, 0, guard(0x1000, 1)),
        (NB_WAIT, 512, REPLY, 0, guard(512, 1)),
        // Empty slots.
        (CALL, 0, 0, 0, invalid()),
        (CALL, 300, 0, 0, invalid()),
        (CALL, 50 * USER + 7, 0, 0, invalid()),
        (SEND, 300, 0, 0, ignored()),
        (NB_SEND, 300, 0, 0, ignored()),
        (RECV, 300, REPLY, 0, missing(300)),
        (NB_RECV, 50 * USER, REPLY, 0, missing(50 * USER)),
        (WAIT, 300, 0, 0, missing(300)),
        // A missing right, a type that is no use.
        (CALL, USER, 0, 0, invalid()),
        (CALL, 2 * USER, 0, 0, invalid()),
        (SEND, 2 * USER, 0, 0, ignored()),
        (RECV, CHILD, REPLY, 0, missing(CHILD)),
        // Somebody else's bound notification.
        (WAIT, USER, 0, 0, missing(USER)),
        // An endpoint needs a reply object, a notification does not.
        (RECV, INPUT, CHILD, 0, missing(CHILD)),
        (RECV, INPUT, 0x1000, 0, guard(0x1000, 1)),
        (NB_WAIT, 3 * USER, 300, 0, ignored()),
        (NB_WAIT, INPUT, 300, 0, ignored()),
        // The first half of a combined call.
        (REPLY_RECV, 300, 0x1000, 0, missing(300)),
        (NB_SEND_RECV, 300, REPLY, 0x1000, missing(300)),
        (NB_SEND_WAIT, 300, 0x1000, 0, missing(300)),
    ] {
        let found = outcome(number, x0, x6, x8);
        assert_eq!(
            found, expected,
            "call {number} on {x0:#x}, {x6:#x}, {x8:#x}"
        );
    }
}

#[test]
fn the_low_bits_of_a_root_slot_do_not_matter() {
    let mut system = family();
    system.call(NB_WAIT, &[(0, 3 * USER + 0xabcdef)]);
    assert_eq!((system.name(), system.regs().x[0]), ("child", 0));
}

#[test]
fn a_capability_argument_that_cannot_be_looked_up_is_a_fault() {
    let mut system = family();
    system.invoke(CHILD, 6, &[1], &[0x2000]);
    assert_eq!(system.name(), "parent");
    let (label, words) = system.answer(tcb(0));
    assert_eq!((label, words[1], words[2]), (1, 0x2000, 0));
}

#[test]
fn a_vcpu_has_empty_slots_only() {
    let mut builder = Builder::new();
    let vmm = builder.pd("vmm", 9);
    builder.vcpu("guest", 5, vmm, 0);
    let mut system = builder.start();
    system.invoke(super::system::VCPU_TCB, 13, &[], &[]);
    system.recv();
    system.message(CALL, 1, 0, &[]);
    assert_eq!((system.name(), system.regs().x[1]), ("guest", 0x2001));
    system.recv();
    assert_eq!(system.name(), "vmm");
    assert_eq!(system.answer(tcb(0)).0, 1);
}
