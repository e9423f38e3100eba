// SPDX-License-Identifier: BSD-2-Clause

//! A guest that keeps its VMM busy, and what it gets.

use super::super::model::{CLOCK, CONTROL, FACTORY, LOADING, MANAGER, SERVER, Shared, World};
use super::super::{Answer, Machine, RESET_DONE};
use super::{BOOT, GICD, SMC, WFI, access, load, started, store, trap, with_region, words};
use tombolo_pages::guest_status::{GuestState, Order};

/// Microseconds that the model's VMM takes for a fault.
const WORK: u64 = 10;
/// Two contend for the processor; while the guest is held it is one of them.
const TWO: u64 = 2;

/// `what`, which takes the VMM some time.
fn at_work<T>(world: &World, what: impl FnOnce() -> T) -> T {
    world.model.0.borrow_mut().step = WORK;
    let result = what();
    world.model.0.borrow_mut().step = 0;
    result
}

/// Polls a register until the guest is held. How often it was served.
fn poll_until_held(world: &World, machine: &mut Machine<'_, Shared>) -> usize {
    (1..10_000)
        .find(|_| at_work(world, || access(machine, FACTORY, 2, false)) == Answer::Stay)
        .expect("it is held at some time")
}

fn resumed(world: &World) -> u32 {
    world.model.0.borrow().resumed[BOOT]
}

/// The counter stands at the deadline, and `clock` says so.
fn tick(world: &World, machine: &mut Machine<'_, Shared>) {
    let due = (0..1 << 20).find(|us| {
        let now = world.model.0.borrow().now + us;
        world.deadline.due(now)
    });
    world.model.0.borrow_mut().now += due.expect("a deadline");
    machine.notified(CLOCK);
}

#[test]
fn a_guest_that_polls_is_let_on_later_while_others_would_run() {
    let world = World::new();
    let mut machine = started(&world);
    world.deadline.set_contenders(TWO);
    assert!(
        poll_until_held(&world, &mut machine) > 10,
        "a burst is free"
    );
    let (before, pc) = (resumed(&world), world.model.0.borrow().registers[BOOT].pc);
    machine.notified(CLOCK);
    machine.notified(SERVER);
    assert_eq!(resumed(&world), before, "too early");
    tick(&world, &mut machine);
    assert_eq!(resumed(&world), before + 1);
    assert_eq!(
        world.model.0.borrow().registers[BOOT].pc,
        pc,
        "its access was done: it is not repeated"
    );
}

#[test]
fn a_guest_that_polls_alone_is_served_at_once() {
    let world = World::new();
    let mut machine = started(&world);
    world.deadline.set_contenders(0);
    for _ in 0..5000 {
        let answer = at_work(&world, || access(&mut machine, FACTORY, 2, false));
        assert_eq!(answer, Answer::Reply);
    }
}

#[test]
fn no_kind_of_trap_is_free() {
    let undefined = 0x0200_0000;
    let hvc = |machine: &mut Machine<'_, Shared>| machine.fault(BOOT, 3, 4, &words(&[0; 4]));
    type Trap<'a> = &'a dyn Fn(&mut Machine<'_, Shared>) -> Answer;
    let traps: [Trap<'_>; 4] = [
        &|machine| trap(machine, SMC),
        &|machine| trap(machine, undefined),
        &|machine| access(machine, 0x1234_0000, 2, false),
        &hvc,
    ];
    for (n, trap) in traps.iter().enumerate() {
        let world = World::new();
        let mut machine = started(&world);
        world.deadline.set_contenders(TWO);
        let held = (0..10_000).any(|_| {
            let suspended = world.model.0.borrow().suspended[BOOT];
            at_work(&world, || trap(&mut machine)) == Answer::Stay
                && world.model.0.borrow().suspended[BOOT] > suspended
        });
        assert!(held, "trap {n}");
    }
}

#[test]
fn a_reset_is_charged_for_its_loading() {
    let world = World::new();
    let mut machine = started(&world);
    world.deadline.set_contenders(TWO);
    for call in [0x8400_0009, RESET_DONE.into()] {
        world.model.0.borrow_mut().registers[BOOT].x[0] = call;
        assert_eq!(
            at_work(&world, || trap(&mut machine, SMC)),
            Answer::Stay,
            "{call:#x}"
        );
    }
    assert_eq!(world.status.state(), GuestState::Running);
    let (start, before) = (world.model.0.borrow().now, resumed(&world));
    tick(&world, &mut machine);
    assert_eq!(resumed(&world), before + 1);
    let waited = world.model.0.borrow().now - start;
    assert!(waited > LOADING * WORK, "{waited} us");
}

#[test]
fn an_interrupt_does_not_release_a_held_guest_and_is_not_lost() {
    let world = World::new();
    let mut machine = with_region(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 1 << 11);
    world.deadline.set_contenders(TWO);
    poll_until_held(&world, &mut machine);
    let before = resumed(&world);
    assert!(world.board.words[2].signal(0));
    machine.notified(SERVER);
    assert_eq!(resumed(&world), before);
    tick(&world, &mut machine);
    assert_eq!(resumed(&world), before + 1);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 43, 0)]);
}

#[test]
fn a_held_guest_can_be_paused_resumed_and_stopped() {
    let world = World::new();
    let mut machine = started(&world);
    world.deadline.set_contenders(TWO);
    poll_until_held(&world, &mut machine);
    let before = resumed(&world);
    world.order.give(Order::Pause);
    machine.notified(MANAGER);
    world.model.0.borrow_mut().now += 1_000_000;
    machine.notified(CLOCK);
    assert_eq!(resumed(&world), before, "paused");
    world.order.give(Order::Resume);
    machine.notified(MANAGER);
    assert_eq!(resumed(&world), before + 1);
    poll_until_held(&world, &mut machine);
    world.order.give(Order::Stop);
    machine.notified(MANAGER);
    assert_eq!(world.status.state(), GuestState::Off);
    world.model.0.borrow_mut().now += 1_000_000;
    machine.notified(CLOCK);
    assert_eq!(resumed(&world), before + 1, "stopped");
}

#[test]
fn the_clock_learns_who_would_run() {
    let world = World::new();
    let mut machine = world.machine();
    let would_run = || world.deadline.would_run();
    machine.ready();
    assert!(!would_run(), "held by the manager");
    world.order.give(Order::Start);
    machine.notified(MANAGER);
    assert!(would_run());
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert!(!would_run(), "idle");
    drop(machine);

    let world = World::new();
    let mut machine = started(&world);
    world.deadline.set_contenders(TWO);
    poll_until_held(&world, &mut machine);
    assert!(world.deadline.would_run(), "held, it would");
    tick(&world, &mut machine);
    world.order.give(Order::Pause);
    machine.notified(MANAGER);
    assert!(!world.deadline.would_run(), "paused");
}

#[test]
fn a_guest_that_waits_for_its_pace_would_not_run() {
    let world = World::new();
    let mut machine = with_region(&world);
    let rung =
        (0..10_000).position(|_| store(&world, &mut machine, CONTROL + 8, 2, 1) == Answer::Stay);
    assert!(rung.is_some());
    assert!(!world.deadline.would_run());
    load(&world, &mut machine, CONTROL, 2);
}
