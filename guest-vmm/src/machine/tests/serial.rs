// SPDX-License-Identifier: BSD-2-Clause

//! The serial port between guest and console.

use super::{
    Answer, BOOT, CLOCK, CONSOLE, GICD, Machine, RAM, Shared, UART, WFI, World, access, load,
    started, store, trap, words,
};
use tombolo_pages::ring::Consumer;

#[test]
fn bytes_of_the_serial_port_reach_the_console_by_lines() {
    let world = World::new();
    let mut machine = started(&world);
    for byte in b"hi\n" {
        assert_eq!(
            store(&world, &mut machine, UART, 0, u64::from(*byte)),
            Answer::Reply
        );
    }
    assert_eq!(World::text(&world.output), "hi\n");
    assert_eq!(world.model.0.borrow().notified, [CONSOLE]);
    assert_eq!(world.model.0.borrow().registers[BOOT].pc, RAM + 12);
    store(&world, &mut machine, UART, 0, u64::from(b'$'));
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert_eq!(
        world.model.0.borrow().notified.len(),
        2,
        "a prompt is shown when the guest waits"
    );
}

#[test]
fn typed_bytes_wake_a_parked_guest() {
    let world = World::new();
    let mut machine = started(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 2);
    store(&world, &mut machine, UART + 0x38, 2, 0x50);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    world.type_in(b"x");
    machine.notified(CONSOLE);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 33, 0)]);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2);
    assert_eq!(load(&world, &mut machine, UART, 2), u64::from(b'x'));
    assert_eq!(machine.fault(BOOT, 7, 1, &words(&[0])), Answer::Reply);
    assert_eq!(
        world.model.0.borrow().injected[BOOT].len(),
        1,
        "the line is low again"
    );
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
}

/// Whether the transmit FIFO is full, as the guest sees it; what that costs it.
fn looks_at_the_flags(world: &World, machine: &mut Machine<'_, Shared>) -> (bool, Answer) {
    let answer = access(machine, UART + 0x18, 2, false);
    let flags = world.model.0.borrow().registers[BOOT].x[1];
    (flags & 0x20 != 0, answer)
}

#[test]
fn a_guest_that_heeds_the_fifo_loses_nothing_of_a_flood() {
    let world = World::new();
    let mut machine = started(&world);
    let (mut shown, mut waits) = (String::new(), 0);
    let text: String = (0..2000)
        .map(|n| format!("line {n} of a flood of lines\n"))
        .collect();
    for byte in text.bytes() {
        while let (true, answer) = looks_at_the_flags(&world, &mut machine) {
            assert_eq!(answer, Answer::Stay, "others may run meanwhile");
            let later = world.model.0.borrow().now + 1001;
            assert!(world.deadline.due(later), "it is woken");
            waits += 1;
            shown += &World::text(&world.output);
            world.model.0.borrow_mut().now += 1001;
            machine.notified(CLOCK);
        }
        store(&world, &mut machine, UART, 0, u64::from(byte));
    }
    shown += &World::text(&world.output);
    assert!(shown == text, "{} of {} bytes", shown.len(), text.len());
    assert!(waits > 0);
}

#[test]
fn a_guest_that_waits_for_the_transmit_interrupt_gets_it_when_there_is_room() {
    let world = World::new();
    let mut machine = started(&world);
    while let (false, _) = looks_at_the_flags(&world, &mut machine) {
        store(&world, &mut machine, UART, 0, u64::from(b'\n'));
    }
    store(&world, &mut machine, UART + 0x38, 2, 0x20);
    let raised = |machine: &mut Machine<'_, Shared>| load(&world, machine, UART + 0x40, 2) != 0;
    assert!(!raised(&mut machine));
    world.model.0.borrow_mut().now += 1001;
    machine.notified(CLOCK);
    assert!(!raised(&mut machine), "there is no room yet");
    // There is before the guest goes to sleep.
    World::text(&world.output);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    let later = world.model.0.borrow().now + 1001;
    assert!(world.deadline.due(later), "it is looked at");
    world.model.0.borrow_mut().now += 1001;
    machine.notified(CLOCK);
    assert!(raised(&mut machine));
}

#[test]
fn what_a_guest_that_ignores_the_fifo_loses_is_counted() {
    let world = World::new();
    let mut machine = started(&world);
    let line = "a line of a flood\n";
    for _ in 0..3000 {
        for byte in line.bytes() {
            store(&world, &mut machine, UART, 0, u64::from(byte));
        }
    }
    let dropped = Consumer::new(&world.output).dropped() as usize;
    let shown = World::text(&world.output).len();
    assert_eq!(shown + dropped, 3000 * line.len());
    assert!(dropped > 0);
}
