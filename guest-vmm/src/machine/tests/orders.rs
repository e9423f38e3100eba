// SPDX-License-Identifier: BSD-2-Clause

//! Orders of the manager, and connections that it ended.

use super::{
    BOOT, CLOCK, CONTROL, GICD, MANAGEMENT, MANAGER, Machine, Order, RESET_DONE, Response, SERVER,
    SMC, Shared, UART, WFI, World, attached, load, name_and_attach, started, store, trap,
    with_region, words,
};
use crate::machine::Answer;
use tombolo_pages::guest_status::{GuestState, Outcome, VcpuState};
use tombolo_trace::Event;

fn order(world: &World, machine: &mut Machine<'_, Shared>, order: Order) -> Option<Outcome> {
    let serial = world.order.give(order);
    machine.notified(MANAGER);
    world.status.outcome_of(serial)
}

fn finish_reset(world: &World, machine: &mut Machine<'_, Shared>) {
    world.model.0.borrow_mut().registers[BOOT].x[0] = u64::from(RESET_DONE);
    assert_eq!(trap(machine, SMC), Answer::Stay);
}

/// A machine in that state.
fn machine_in(world: &World, state: GuestState) -> Machine<'_, Shared> {
    let mut machine = match state {
        GuestState::Held => {
            let mut machine = world.machine();
            machine.ready();
            machine
        }
        _ => started(world),
    };
    match state {
        GuestState::Paused => drop(order(world, &mut machine, Order::Pause)),
        GuestState::Resetting => drop(order(world, &mut machine, Order::Reset)),
        GuestState::Off => drop(order(world, &mut machine, Order::Stop)),
        _ => {}
    }
    assert_eq!(world.status.state(), state);
    machine
}

#[test]
fn each_order_ends_as_the_table_says() {
    use GuestState::{Held, Off, Paused, Resetting, Running};
    use Outcome::{Done, Refused};
    let states = [Held, Running, Paused, Resetting, Off];
    let table = [
        (
            Order::Hold,
            [
                Some(Done),
                Some(Refused),
                Some(Refused),
                Some(Refused),
                Some(Refused),
            ],
        ),
        (
            Order::Start,
            [
                Some(Done),
                Some(Refused),
                Some(Refused),
                Some(Refused),
                None,
            ],
        ),
        (Order::Stop, [Some(Done); 5]),
        (
            Order::Pause,
            [
                Some(Refused),
                Some(Done),
                Some(Done),
                Some(Refused),
                Some(Refused),
            ],
        ),
        (
            Order::Resume,
            [
                Some(Refused),
                Some(Done),
                Some(Done),
                Some(Refused),
                Some(Refused),
            ],
        ),
        (
            Order::Reset,
            [Some(Refused), None, None, None, Some(Refused)],
        ),
    ];
    for (wanted, outcomes) in table {
        for (state, outcome) in states.into_iter().zip(outcomes) {
            let world = World::new();
            let mut machine = machine_in(&world, state);
            let ended = order(&world, &mut machine, wanted);
            assert_eq!(ended, outcome, "{wanted:?} in {state:?}");
            if outcome == Some(Refused) {
                assert_eq!(world.status.state(), state, "{wanted:?} changed nothing");
            }
        }
    }
}

#[test]
fn a_paused_guest_stands_still_and_goes_on_where_it_was() {
    let world = World::new();
    let mut machine = started(&world);
    assert_eq!(
        order(&world, &mut machine, Order::Pause),
        Some(Outcome::Done)
    );
    assert_eq!(world.model.0.borrow().suspended[BOOT], 1);
    world.type_in(b"x");
    machine.notified(super::CONSOLE);
    machine.notified(CLOCK);
    assert_eq!(
        world.model.0.borrow().resumed[BOOT],
        1,
        "started, not resumed"
    );
    order(&world, &mut machine, Order::Resume);
    assert_eq!(world.status.state(), GuestState::Running);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2);
    order(&world, &mut machine, Order::Resume);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2, "once");
}

/// What the page says at that time of the first vCPU.
fn shown(world: &World, now: u64) -> (VcpuState, u64) {
    world.status.vcpus(now)[0]
}

#[test]
fn what_a_guest_ran_is_counted_though_it_never_exits() {
    let world = World::new();
    let mut machine = started(&world);
    let at = |now| world.model.0.borrow_mut().now = now;
    world.model.0.borrow_mut().traced.clear();
    assert_eq!(shown(&world, 1000), (VcpuState::Running, 1000));
    at(1000);
    order(&world, &mut machine, Order::Pause);
    assert_eq!(shown(&world, 5000), (VcpuState::Suspended, 1000));
    at(5000);
    order(&world, &mut machine, Order::Resume);
    assert_eq!(shown(&world, 5500), (VcpuState::Running, 1500));
    at(6000);
    order(&world, &mut machine, Order::Stop);
    assert_eq!(shown(&world, 9000), (VcpuState::Off, 2000));
    let suspend = |state: VcpuState| Event::Suspend {
        vcpu: 0,
        state: state as u32,
    };
    let answered = |order: Order, serial| Event::Answered {
        order: order as u16,
        outcome: Outcome::Done as u32,
        serial,
    };
    let traced = world.model.0.borrow().traced.clone();
    let traced: Vec<_> = traced
        .into_iter()
        .filter(|event| !matches!(event, Event::Life { .. }))
        .collect();
    assert_eq!(
        traced,
        [
            suspend(VcpuState::Suspended),
            answered(Order::Pause, 2),
            Event::Resume { vcpu: 0 },
            answered(Order::Resume, 3),
            suspend(VcpuState::Off),
            answered(Order::Stop, 4),
        ]
    );
}

#[test]
fn a_guest_paused_in_its_sleep_wakes_when_it_is_resumed() {
    let world = World::new();
    let mut machine = started(&world);
    {
        use crate::platform::Platform;
        use crate::vcpu::SystemRegister;
        let mut model = world.model.0.borrow_mut();
        model.set_system_register(BOOT, SystemRegister::CntvCtl, 1);
        model.set_system_register(BOOT, SystemRegister::CntvCval, 500);
    }
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert_eq!(world.model.0.borrow().suspended[BOOT], 1);
    order(&world, &mut machine, Order::Pause);
    assert_eq!(world.model.0.borrow().suspended[BOOT], 1, "it was already");
    world.model.0.borrow_mut().now = 900;
    machine.notified(CLOCK);
    assert!(!world.deadline.due(900), "nobody is to be woken");
    assert_eq!(world.model.0.borrow().resumed[BOOT], 1);
    order(&world, &mut machine, Order::Resume);
    assert_eq!(
        world.model.0.borrow().resumed[BOOT],
        2,
        "its timer has fired"
    );
}

#[test]
fn a_reset_by_order_is_answered_when_the_guest_runs_again() {
    let world = World::new();
    let mut machine = with_region(&world);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Done);
    let serial = world.order.give(Order::Reset);
    machine.notified(MANAGER);
    machine.notified(MANAGER);
    assert_eq!(world.status.outcome_of(serial), None);
    assert_eq!(world.model.0.borrow().reset_code_at.len(), 1, "once");
    finish_reset(&world, &mut machine);
    assert_eq!(world.status.outcome_of(serial), Some(Outcome::Done));
    assert_eq!(
        (world.status.state(), world.status.resets()),
        (GuestState::Running, 1)
    );
}

#[test]
fn a_guest_that_is_off_is_loaded_anew_and_started() {
    let world = World::new();
    let mut machine = machine_in(&world, GuestState::Off);
    let serial = world.order.give(Order::Start);
    machine.notified(MANAGER);
    assert_eq!(world.status.state(), GuestState::Resetting);
    finish_reset(&world, &mut machine);
    assert_eq!(world.status.outcome_of(serial), Some(Outcome::Done));
    assert_eq!(world.model.0.borrow().reloads, 1);
    assert_eq!(world.status.resets(), 0, "a start is no reset");
}

#[test]
fn a_start_that_cannot_be_is_answered_so() {
    let world = World::new();
    let mut machine = machine_in(&world, GuestState::Off);
    let serial = world.order.give(Order::Start);
    machine.notified(MANAGER);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert_eq!(world.status.outcome_of(serial), Some(Outcome::Failed));
    assert_eq!(world.status.state(), GuestState::Failed);
}

#[test]
fn a_restarted_vmm_starts_its_guest_by_way_of_the_reset_code() {
    let world = World::new();
    world.status.count_boot(0);
    world.order.give(Order::Start);
    world.status.answer(1, Outcome::Done);
    world.status.count_boot(0);
    let mut machine = world.machine();
    machine.ready();
    assert_eq!(world.status.state(), GuestState::Held, "that order is old");
    assert_eq!(order(&world, &mut machine, Order::Start), None);
    assert_eq!(world.model.0.borrow().timer_acks[BOOT], 1);
    finish_reset(&world, &mut machine);
    assert_eq!(world.status.state(), GuestState::Running);
}

#[test]
fn an_appointed_guest_rings_the_manager_and_hears_of_its_answer() {
    let world = World::new();
    let mut machine = started(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 1 << 12);
    let serial = world.mailbox.ask(b"who?").expect("short");
    store(&world, &mut machine, MANAGEMENT + 8, 2, 1);
    assert_eq!(world.model.0.borrow().notified, [MANAGER]);
    assert!(world.mailbox.answer(serial, b"me"));
    machine.notified(MANAGER);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 44, 0)]);
    assert_eq!(load(&world, &mut machine, MANAGEMENT + 12, 2), 1);
    store(&world, &mut machine, MANAGEMENT + 16, 2, 1);
    assert_eq!(load(&world, &mut machine, MANAGEMENT + 12, 2), 0);
    machine.fault(BOOT, 7, 1, &words(&[0]));
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 1);
}

#[test]
fn a_guest_that_floods_its_doorbell_waits() {
    let world = World::new();
    let mut machine = started(&world);
    let rung = |machine: &mut Machine<'_, Shared>| {
        (0..100)
            .take_while(|_| store(&world, machine, MANAGEMENT + 8, 2, 1) == Answer::Reply)
            .count()
    };
    assert_eq!(rung(&mut machine), 32);
    world.model.0.borrow_mut().now += 1_000_000;
    machine.notified(CLOCK);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2, "it repeats it");
    assert_eq!(rung(&mut machine), 32);
}

#[test]
fn a_panic_on_the_console_is_counted_once() {
    let world = World::new();
    let mut machine = started(&world);
    let lines = [
        "[    2.1] Kernel panic - not syncing: Attempted to kill init!",
        "[    2.2] ---[ end Kernel panic - not syncing: Attempted to kill init! ]---",
        "no panic here",
    ];
    for byte in lines.join("\n").bytes().chain([b'\n']) {
        store(&world, &mut machine, UART, 0, u64::from(byte));
    }
    assert_eq!(world.status.panics(), 1);
    assert!(world.model.0.borrow().notified.contains(&MANAGER));
}

#[test]
fn a_connection_that_the_manager_ended_answers_until_it_is_detached() {
    let world = World::new();
    let mut machine = with_region(&world);
    assert!(world.board.words[2].evict());
    machine.notified(SERVER);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0, "nobody is there");
    // Its handle is another's now.
    world.board.words[2].start(0b11);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0);
    assert_eq!(load(&world, &mut machine, CONTROL + 4, 2), 1, "its index");
    let failed = Response::Failed(shmem_server_api::Status::DoesNotExist);
    world.model.0.borrow_mut().responses.push_back(failed);
    assert_eq!(
        store(&world, &mut machine, CONTROL + 12, 2, 1),
        Answer::Reply
    );
    let last = world.model.0.borrow().requests.last().cloned();
    assert_eq!(
        last,
        Some(shmem_server_api::Request::Detach { connection: 255 })
    );
}

#[test]
fn an_end_that_the_guest_has_not_read_keeps_the_line_high() {
    let world = World::new();
    let mut machine = with_region(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 1 << 11);
    assert!(world.board.words[2].evict());
    // Before it looks it attaches another region, which gets the handle.
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(attached(2, 8, 512));
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Reply);
    world.board.words[2].start(0b11);
    machine.notified(SERVER);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 43, 0)]);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0);
    let other = CONTROL + 0x40_0000;
    assert_eq!(load(&world, &mut machine, other, 2), 0b11 << 16);
    machine.fault(BOOT, 7, 1, &words(&[0]));
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 1, "it is low");
}
