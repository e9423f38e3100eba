// SPDX-License-Identifier: BSD-2-Clause

//! Tests of a guest with several vCPUs.

use super::super::model::{CLOCK, CONSOLE, CONTROL, FACTORY, MANAGER, RAM, SERVER, Shared, World};
use super::super::{Answer, Machine, RESET_DONE};
use crate::exits::FAULT_WORDS;
use crate::platform::Platform;
use crate::vcpu::{SystemRegister, VcpuId};
use proptest::prelude::*;
use shmem_server_api::{Request, Response, Status};
use tombolo_config::guest::Pace;
use tombolo_pages::guest_status::{GuestState, Order, VcpuState};
use tombolo_trace::Event;

const GICD: u64 = 0x0800_0000;
const UART: u64 = 0x0900_0000;
const WFI: u64 = 0x07e0_0000;
const WFE: u64 = 0x07e0_0001;
const SMC: u64 = 0x5e00_0000;
const CPU_OFF: u64 = 0x8400_0002;
const CPU_ON: u64 = 0xc400_0003;
const AFFINITY_INFO: u64 = 0xc400_0004;
const SYSTEM_RESET: u64 = 0x8400_0009;
const DENIED: u64 = -3i64 as u64;
const ALREADY_ON: u64 = -4i64 as u64;

fn cpu(number: usize) -> VcpuId {
    VcpuId::new(number).expect("there may be so many")
}

fn fault(
    machine: &mut Machine<'_, Shared>,
    vcpu: usize,
    label: u64,
    first: &[u64],
    length: usize,
) -> Answer {
    let mut words = [0; FAULT_WORDS];
    words[..first.len()].copy_from_slice(first);
    machine.fault(cpu(vcpu), label, length, &words)
}

fn trap(machine: &mut Machine<'_, Shared>, vcpu: usize, esr: u64) -> Answer {
    fault(machine, vcpu, 8, &[esr], 1)
}

fn call(world: &World, machine: &mut Machine<'_, Shared>, vcpu: usize, x: &[u64]) -> Answer {
    world.model.0.borrow_mut().registers[cpu(vcpu)].x[..x.len()].copy_from_slice(x);
    trap(machine, vcpu, SMC)
}

fn x0(world: &World, vcpu: usize) -> u64 {
    world.model.0.borrow().registers[cpu(vcpu)].x[0]
}

/// An access of 4 bytes with x1.
fn access(machine: &mut Machine<'_, Shared>, vcpu: usize, address: u64, store: bool) -> Answer {
    let esr = 0x9300_0000 | 2 << 22 | 1 << 16 | u64::from(store) << 6 | 6;
    fault(machine, vcpu, 6, &[RAM, address, 0, esr], 4)
}

fn store(
    world: &World,
    machine: &mut Machine<'_, Shared>,
    vcpu: usize,
    address: u64,
    value: u64,
) -> Answer {
    world.model.0.borrow_mut().registers[cpu(vcpu)].x[1] = value;
    access(machine, vcpu, address, true)
}

fn load(world: &World, machine: &mut Machine<'_, Shared>, vcpu: usize, address: u64) -> u64 {
    assert_eq!(access(machine, vcpu, address, false), Answer::Reply);
    world.model.0.borrow().registers[cpu(vcpu)].x[1]
}

fn world(vcpus: u8) -> Box<World> {
    let mut world = World::new();
    world.config.vcpus = vcpus;
    world
}

/// Started, the distributor on; all vCPUs are on if `all`.
fn started(world: &World, all: bool) -> Machine<'_, Shared> {
    let mut machine = world.machine();
    machine.ready();
    world.order.give(Order::Start);
    machine.notified(MANAGER);
    store(world, &mut machine, 0, GICD, 1);
    if all {
        for target in 1..world.config.vcpus {
            call(
                world,
                &mut machine,
                0,
                &[CPU_ON, target.into(), RAM + 0x100, 0],
            );
            assert_eq!(x0(world, 0), 0);
        }
    }
    machine
}

fn resumed(world: &World, vcpu: usize) -> u32 {
    world.model.0.borrow().resumed[cpu(vcpu)]
}

#[test]
fn a_pause_suspends_who_runs_and_a_resume_lets_only_those_go_on() {
    let world = world(3);
    let mut machine = started(&world, true);
    assert_eq!(trap(&mut machine, 1, WFI), Answer::Stay);
    let suspended = || [0, 1, 2].map(|vcpu| world.model.0.borrow().suspended[cpu(vcpu)]);
    let states = || [0, 1, 2].map(|vcpu| world.status.vcpus(0)[vcpu].0);
    let before = suspended();
    world.order.give(Order::Pause);
    machine.notified(MANAGER);
    assert_eq!(world.status.state(), GuestState::Paused);
    assert_eq!(suspended(), [before[0] + 1, before[1], before[2] + 1]);
    use VcpuState::{Parked, Running, Suspended};
    assert_eq!(states(), [Suspended, Parked, Suspended]);
    for vcpu in 0..3 {
        assert_eq!(trap(&mut machine, vcpu, WFI), Answer::Stay, "no answer");
    }
    machine.notified(CLOCK);
    let before = [0, 1, 2].map(|vcpu| resumed(&world, vcpu));
    world.order.give(Order::Resume);
    machine.notified(MANAGER);
    let after = [0, 1, 2].map(|vcpu| resumed(&world, vcpu));
    assert_eq!(after, [before[0] + 1, before[1], before[2] + 1]);
    assert_eq!(states(), [Running, Parked, Running]);
}

#[test]
fn a_cpu_that_is_off_is_shown_so() {
    let world = world(2);
    let mut machine = started(&world, true);
    world.model.0.borrow_mut().traced.clear();
    assert_eq!(call(&world, &mut machine, 1, &[CPU_OFF]), Answer::Stay);
    assert_eq!(world.status.vcpus(0)[1].0, VcpuState::Off);
    let off = Event::Suspend { vcpu: 1, state: 0 };
    assert_eq!(world.model.0.borrow().traced.last(), Some(&off));
}

#[test]
fn a_cpu_is_turned_on_where_it_is_told_and_knows_its_number() {
    let world = world(2);
    let mut machine = started(&world, false);
    assert_eq!(resumed(&world, 1), 0);
    let target = RAM + 0x200;
    assert_eq!(
        call(&world, &mut machine, 0, &[CPU_ON, 1, target, 0x77]),
        Answer::Reply
    );
    assert_eq!(x0(&world, 0), 0);
    let mut shared = world.model.clone();
    let registers = shared.registers(cpu(1));
    assert_eq!(
        (registers.pc, registers.x[0], registers.spsr),
        (target, 0x77, 0x1c5)
    );
    assert_eq!(
        shared.system_register(cpu(1), SystemRegister::Vmpidr),
        0x8000_0001
    );
    assert_eq!(
        shared.system_register(cpu(1), SystemRegister::Sctlr) & 1,
        0,
        "MMU off"
    );
    assert_eq!(resumed(&world, 1), 1);
}

#[test]
fn turning_on_is_refused_with_the_reason() {
    let world = world(2);
    let mut machine = started(&world, true);
    for (target, entry, code) in [
        (0, RAM, ALREADY_ON),
        (1, RAM, ALREADY_ON),
        (2, RAM, -2i64 as u64),
        (9, RAM, -2i64 as u64),
    ] {
        call(&world, &mut machine, 0, &[CPU_ON, target, entry, 0]);
        assert_eq!(x0(&world, 0), code, "target {target}");
    }
    call(&world, &mut machine, 1, &[CPU_OFF]);
    call(&world, &mut machine, 0, &[CPU_ON, 1, 0x1000, 0]);
    assert_eq!(x0(&world, 0), -9i64 as u64, "not in RAM");
    assert_eq!(resumed(&world, 1), 1);
}

#[test]
fn affinity_info_follows_a_cpu_that_goes_and_comes() {
    let world = world(2);
    let mut machine = started(&world, true);
    let info = |machine: &mut Machine<'_, Shared>, target| {
        call(&world, machine, 0, &[AFFINITY_INFO, target, 0]);
        x0(&world, 0)
    };
    assert_eq!((info(&mut machine, 0), info(&mut machine, 1)), (0, 0));
    trap(&mut machine, 1, WFI);
    assert_eq!(info(&mut machine, 1), 0, "one that waits is on");
    assert_eq!(call(&world, &mut machine, 1, &[CPU_OFF]), Answer::Stay);
    assert_eq!(info(&mut machine, 1), 1);
    assert_eq!(info(&mut machine, 5), -2i64 as u64);
    assert_eq!(
        trap(&mut machine, 1, WFI),
        Answer::Stay,
        "one that is off has no faults"
    );
    assert_eq!(info(&mut machine, 1), 1);
    call(&world, &mut machine, 0, &[CPU_ON, 1, RAM, 0]);
    assert_eq!((x0(&world, 0), info(&mut machine, 1)), (0, 0));
}

#[test]
fn the_last_cpu_may_not_turn_itself_off() {
    let world = world(2);
    let mut machine = started(&world, true);
    assert_eq!(call(&world, &mut machine, 0, &[CPU_OFF]), Answer::Stay);
    assert_eq!(call(&world, &mut machine, 1, &[CPU_OFF]), Answer::Reply);
    assert_eq!(x0(&world, 1), DENIED);
}

#[test]
fn each_cpu_is_parked_alone_and_the_clock_hears_the_earliest_deadline() {
    let world = world(3);
    let mut machine = started(&world, true);
    for (vcpu, at) in [(0, 3000), (1, 1000), (2, 2000)] {
        machine
            .platform
            .set_system_register(cpu(vcpu), SystemRegister::CntvCtl, 1);
        machine
            .platform
            .set_system_register(cpu(vcpu), SystemRegister::CntvCval, at);
    }
    assert_eq!(trap(&mut machine, 0, WFI), Answer::Stay);
    assert!(!world.deadline.due(2999) && world.deadline.due(3000));
    assert_eq!(trap(&mut machine, 1, WFI), Answer::Stay);
    assert_eq!(trap(&mut machine, 2, WFI), Answer::Stay);
    assert!(!world.deadline.due(999) && world.deadline.due(1000));
    world.model.0.borrow_mut().now = 1500;
    machine.notified(CLOCK);
    assert_eq!([0, 1, 2].map(|n| resumed(&world, n)), [1, 2, 1]);
    assert!(!world.deadline.due(1999) && world.deadline.due(2000));
    world.model.0.borrow_mut().now = 3000;
    machine.notified(CLOCK);
    assert_eq!([0, 1, 2].map(|n| resumed(&world, n)), [2, 2, 2]);
    assert!(!world.deadline.due(u64::MAX - 1));
}

#[test]
fn a_software_interrupt_wakes_the_cpu_it_is_for() {
    let world = world(3);
    let mut machine = started(&world, true);
    trap(&mut machine, 1, WFI);
    trap(&mut machine, 2, WFI);
    store(&world, &mut machine, 0, GICD + 0xf00, 0b100 << 16 | 3);
    assert_eq!(
        [0, 1, 2].map(|n| resumed(&world, n)),
        [2, 1, 2],
        "the sender was resumed first: it may spin for an answer"
    );
    let model = world.model.0.borrow();
    assert_eq!(model.injected[cpu(2)], [(0, 3, 0)]);
    assert!(model.injected[cpu(0)].is_empty() && model.injected[cpu(1)].is_empty());
}

#[test]
fn a_software_interrupt_waits_for_a_cpu_that_is_off() {
    let world = world(2);
    let mut machine = started(&world, false);
    store(&world, &mut machine, 0, GICD + 0xf00, 0b10 << 16 | 3);
    assert!(world.model.0.borrow().injected[cpu(1)].is_empty());
    call(&world, &mut machine, 0, &[CPU_ON, 1, RAM, 0]);
    assert_eq!(world.model.0.borrow().injected[cpu(1)], [(0, 3, 0)]);
}

#[test]
fn each_cpu_has_its_own_timer() {
    let world = world(2);
    let mut machine = started(&world, true);
    for vcpu in 0..2 {
        store(&world, &mut machine, vcpu, GICD + 0x100, 1 << 27);
    }
    fault(&mut machine, 1, 9, &[27], 1);
    {
        let model = world.model.0.borrow();
        assert_eq!(model.injected[cpu(1)], [(0, 27, 0)]);
        assert!(model.injected[cpu(0)].is_empty());
    }
    fault(&mut machine, 0, 7, &[0], 1);
    assert_eq!(world.model.0.borrow().timer_acks[cpu(1)], 0);
    fault(&mut machine, 1, 7, &[0], 1);
    let model = world.model.0.borrow();
    assert_eq!((model.timer_acks[cpu(0)], model.timer_acks[cpu(1)]), (0, 1));
}

#[test]
fn a_cpu_that_waits_for_an_event_goes_on_after_a_moment() {
    let world = world(2);
    let mut machine = started(&world, true);
    let before = world.model.0.borrow().registers[cpu(1)].pc;
    assert_eq!(trap(&mut machine, 1, WFE), Answer::Stay);
    let moment = machine.platform.counter_frequency() / 1000;
    assert!(!world.deadline.due(moment - 1) && world.deadline.due(moment));
    world.model.0.borrow_mut().now = moment;
    machine.notified(CLOCK);
    assert_eq!(resumed(&world, 1), 2);
    assert_eq!(world.model.0.borrow().registers[cpu(1)].pc, before + 4);
}

#[test]
fn half_a_line_is_shown_when_its_writer_waits() {
    let world = world(3);
    let mut machine = started(&world, true);
    let shown = || {
        let notified = &world.model.0.borrow().notified;
        notified
            .iter()
            .filter(|&&channel| channel == CONSOLE)
            .count()
    };
    store(&world, &mut machine, 0, UART, b'$'.into());
    trap(&mut machine, 1, WFI);
    assert_eq!(shown(), 0, "another one's waiting says nothing");
    trap(&mut machine, 0, WFI);
    assert_eq!(shown(), 1);
}

#[test]
fn half_a_line_is_shown_in_time_though_nobody_waits() {
    let world = world(2);
    let mut machine = started(&world, true);
    world.model.0.borrow_mut().now = 1_000;
    store(&world, &mut machine, 0, UART, b'$'.into());
    assert!(world.deadline.due(11_000), "10 ms");
    assert!(!world.deadline.due(u64::MAX - 1), "asked for once");
    world.model.0.borrow_mut().now = 10_999;
    machine.notified(CLOCK);
    assert_eq!(World::text(&world.output), "");
    world.model.0.borrow_mut().now = 11_000;
    machine.notified(CLOCK);
    assert_eq!(World::text(&world.output), "$");
    machine.notified(CLOCK);
    assert_eq!(World::text(&world.output), "", "once");
    store(&world, &mut machine, 0, UART, b'\n'.into());
    assert_eq!(World::text(&world.output), "\n");
}

#[test]
fn a_panic_whose_line_is_shown_in_parts_is_counted() {
    let world = world(2);
    let mut machine = started(&world, true);
    for byte in b"Kernel panic - not syncing: x\n" {
        store(&world, &mut machine, 1, UART, (*byte).into());
        world.model.0.borrow_mut().now += 4_000;
        machine.notified(CLOCK);
    }
    assert_eq!(world.status.panics(), 1);
    assert_eq!(
        World::text(&world.output),
        "Kernel panic - not syncing: x\n"
    );
}

#[test]
fn a_pause_finds_each_vcpu_as_it_is_and_leaves_it_so() {
    let world = world(5);
    let mut machine = started(&world, true);
    // Two run, one sleeps until its timer, one without end, one is off.
    {
        let mut model = world.model.0.borrow_mut();
        model.set_system_register(cpu(2), SystemRegister::CntvCtl, 1);
        model.set_system_register(cpu(2), SystemRegister::CntvCval, 500);
    }
    trap(&mut machine, 2, WFI);
    trap(&mut machine, 3, WFI);
    call(&world, &mut machine, 4, &[CPU_OFF]);
    let counts = || {
        let model = world.model.0.borrow();
        let count = |number| (model.suspended[cpu(number)], model.resumed[cpu(number)]);
        [0, 1, 2, 3, 4].map(count)
    };
    let before = counts();
    let changes = || {
        let mut changes = counts();
        for (now, before) in changes.iter_mut().zip(before) {
            *now = (now.0 - before.0, now.1 - before.1);
        }
        changes
    };
    world.order.give(Order::Pause);
    machine.notified(MANAGER);
    assert_eq!(world.status.state(), GuestState::Paused);
    assert_eq!(changes(), [(1, 0), (1, 0), (0, 0), (0, 0), (0, 0)]);
    world.model.0.borrow_mut().now = 900;
    machine.notified(CLOCK);
    assert_eq!(changes(), [(1, 0), (1, 0), (0, 0), (0, 0), (0, 0)]);
    world.order.give(Order::Resume);
    machine.notified(MANAGER);
    assert_eq!(world.status.state(), GuestState::Running);
    assert_eq!(changes(), [(1, 1), (1, 1), (0, 1), (0, 0), (0, 0)]);
}

#[test]
fn every_cpu_is_cleaned_before_the_guest_starts_anew() {
    let world = world(3);
    let mut machine = started(&world, true);
    store(&world, &mut machine, 0, GICD + 0xf00, 0b10 << 16 | 5);
    call(&world, &mut machine, 2, &[CPU_OFF]);
    trap(&mut machine, 0, WFI);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Done);
    assert_eq!(call(&world, &mut machine, 1, &[SYSTEM_RESET]), Answer::Stay);
    {
        let model = world.model.0.borrow();
        assert_eq!(model.reset_code_at, [RAM], "once, for all");
        for vcpu in 0..3 {
            let registers = &model.registers[cpu(vcpu)];
            assert_eq!((registers.pc, registers.x[0]), (RAM, 0x0801_0000));
        }
    }
    for vcpu in [2, 0, 1] {
        assert_eq!(world.model.0.borrow().reloads, 0);
        assert_eq!(
            call(&world, &mut machine, vcpu, &[RESET_DONE.into()]),
            Answer::Stay
        );
    }
    assert_eq!(world.model.0.borrow().reloads, 1);
    assert_eq!(world.status.state(), GuestState::Running);
    call(&world, &mut machine, 0, &[AFFINITY_INFO, 1, 0]);
    assert_eq!(x0(&world, 0), 1, "the others are off again");
    assert_eq!(trap(&mut machine, 1, WFI), Answer::Stay);
}

#[test]
fn turning_the_guest_off_stops_all_of_it() {
    let world = world(4);
    let mut machine = started(&world, true);
    call(&world, &mut machine, 2, &[0x8400_0008]);
    assert_eq!(world.status.state(), GuestState::Off);
    for vcpu in 0..4 {
        assert!(world.model.0.borrow().suspended[cpu(vcpu)] > 0);
        assert_eq!(trap(&mut machine, vcpu, WFI), Answer::Stay);
    }
}

// ---- The shared-memory device -------------------------------------------------

const NOTIFY: u64 = CONTROL + 8;
const DETACH: u64 = CONTROL + 12;

/// Two vCPUs; the guest is attached to slot 7 with handle 2 and index 1.
fn with_region(world: &World) -> Machine<'_, Shared> {
    let mut machine = started(world, true);
    assert_eq!(
        attach(world, &mut machine, 1, super::attached(2, 7, 512)),
        Answer::Reply
    );
    world.board.words[2].start(3);
    machine
}

/// A vCPU attaches, and the server answers that.
fn attach(
    world: &World,
    machine: &mut Machine<'_, Shared>,
    vcpu: usize,
    response: Response,
) -> Answer {
    let name = u32::from_le_bytes(*b"moo\0");
    store(world, machine, vcpu, FACTORY + 0x1c, name.into());
    world.model.0.borrow_mut().responses.push_back(response);
    store(world, machine, vcpu, FACTORY + 0x18, 512)
}

fn signals(world: &World) -> usize {
    world.model.0.borrow().signals.len()
}

#[test]
fn one_cpu_waits_for_memory_and_another_uses_the_device_meanwhile() {
    let world = world(2);
    let mut machine = with_region(&world);
    assert_eq!(
        attach(&world, &mut machine, 0, Response::Wait),
        Answer::Stay
    );
    let before = resumed(&world, 0);
    let _ = world.board.words[2].signal(0);
    assert_eq!(load(&world, &mut machine, 1, CONTROL), 0x0003_0001);
    assert_eq!(store(&world, &mut machine, 1, NOTIFY, 1), Answer::Reply);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Done);
    assert_eq!(store(&world, &mut machine, 1, DETACH, 1), Answer::Reply);
    let asked = world.model.0.borrow().requests.last().cloned();
    assert_eq!(asked, Some(Request::Detach { connection: 2 }));
    assert_eq!((signals(&world), resumed(&world, 0)), (1, before));
    machine.notified(SERVER);
    assert_eq!(resumed(&world, 0), before + 1, "now it asks again");
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(super::attached(0, 8, 512));
    let size = FACTORY + 0x18;
    assert_eq!(store(&world, &mut machine, 0, size, 512), Answer::Reply);
    assert_eq!(load(&world, &mut machine, 0, FACTORY + 0x14), 0);
}

#[test]
fn cpus_that_wait_for_the_pace_get_a_token_each() {
    let mut world = world(2);
    world.config.shmem.as_mut().expect("it has one").pace = Pace {
        burst: 2,
        per_second: 100,
    };
    let world = world;
    let mut machine = with_region(&world);
    assert_eq!(store(&world, &mut machine, 0, NOTIFY, 1), Answer::Reply);
    for vcpu in [0, 1] {
        assert_eq!(store(&world, &mut machine, vcpu, NOTIFY, 1), Answer::Stay);
    }
    let before = [0, 1].map(|vcpu| resumed(&world, vcpu));
    assert!(!world.deadline.due(9_999) && world.deadline.due(10_000));
    world.model.0.borrow_mut().now = 10_000;
    machine.notified(CLOCK);
    let after = [0, 1].map(|vcpu| resumed(&world, vcpu));
    assert_eq!(after, before.map(|count| count + 1), "both try again");
    assert_eq!(store(&world, &mut machine, 1, NOTIFY, 1), Answer::Reply);
    assert_eq!(store(&world, &mut machine, 0, NOTIFY, 1), Answer::Stay);
    assert!(!world.deadline.due(19_999) && world.deadline.due(20_000));
    world.model.0.borrow_mut().now = 20_000;
    machine.notified(CLOCK);
    assert_eq!(resumed(&world, 0), after[0] + 1);
    assert_eq!(resumed(&world, 1), after[1], "it waits for nothing");
    assert_eq!(store(&world, &mut machine, 0, NOTIFY, 1), Answer::Reply);
    assert_eq!(signals(&world), 3);
}

#[test]
fn an_attach_gives_up_in_time_whatever_another_cpu_waits_for() {
    let mut world = world(2);
    world.config.shmem.as_mut().expect("it has one").pace = Pace {
        burst: 2,
        per_second: 100,
    };
    let world = world;
    let mut machine = with_region(&world);
    assert_eq!(
        attach(&world, &mut machine, 0, Response::Wait),
        Answer::Stay
    );
    let waiting = resumed(&world, 0);
    assert_eq!(store(&world, &mut machine, 1, NOTIFY, 1), Answer::Stay);
    for now in [10_000, 20_000, 30_000] {
        assert!(!world.deadline.due(now - 1) && world.deadline.due(now));
        world.model.0.borrow_mut().now = now;
        machine.notified(CLOCK);
        assert_eq!(store(&world, &mut machine, 1, NOTIFY, 1), Answer::Reply);
        assert_eq!(store(&world, &mut machine, 1, NOTIFY, 1), Answer::Stay);
    }
    assert_eq!(resumed(&world, 0), waiting, "no token wakes it");
    world.model.0.borrow_mut().now = 200_000;
    machine.notified(CLOCK);
    assert_eq!(resumed(&world, 0), waiting + 1);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Wait);
    let size = FACTORY + 0x18;
    assert_eq!(store(&world, &mut machine, 0, size, 512), Answer::Reply);
    let status = load(&world, &mut machine, 0, FACTORY + 0x14);
    assert_eq!(status, u64::from(Status::NoMem.code()));
}

#[test]
fn the_line_goes_to_the_cpu_that_is_told_and_falls_when_any_has_read() {
    let world = world(2);
    let mut machine = with_region(&world);
    store(&world, &mut machine, 0, GICD + 0x104, 1 << 11);
    // Interrupt 43 to vCPU 1.
    store(&world, &mut machine, 0, GICD + 0x828, 0b10 << 24);
    assert_eq!(trap(&mut machine, 1, WFI), Answer::Stay);
    let before = [0, 1].map(|vcpu| resumed(&world, vcpu));
    assert!(world.board.words[2].signal(0));
    machine.notified(SERVER);
    assert_eq!(world.model.0.borrow().injected[cpu(1)], [(0, 43, 0)]);
    assert!(world.model.0.borrow().injected[cpu(0)].is_empty());
    let after = [0, 1].map(|vcpu| resumed(&world, vcpu));
    assert_eq!(after, [before[0], before[1] + 1]);
    assert_eq!(load(&world, &mut machine, 0, CONTROL), 0x0003_0001);
    fault(&mut machine, 1, 7, &[0], 1);
    assert_eq!(
        world.model.0.borrow().injected[cpu(1)].len(),
        1,
        "the line is low: nothing is injected again"
    );
}

proptest! {
    #[test]
    fn no_faults_of_several_cpus_panic(
        faults in proptest::collection::vec(
            (0usize..8, 0u64..12, 0u32..0x30, 0u64..4, 0u64..0x1000, any::<u64>()), 1..80),
    ) {
        let world = world(4);
        let mut machine = started(&world, true);
        for (vcpu, label, function, target, offset, value) in faults {
            {
                let mut model = world.model.0.borrow_mut();
                let base = [0x8400_0000, 0xc400_0000, 0x8600_fef0][(value % 3) as usize];
                let x = &mut model.registers[cpu(vcpu)].x;
                x[..4].copy_from_slice(&[base | u64::from(function), target, RAM, value]);
                model.now = model.now.wrapping_add(value >> 50);
            }
            let abort = 0x9000_0000 | value & 0x03ff_ffff;
            fault(&mut machine, vcpu, 6, &[RAM, GICD + offset, 0, abort], 4);
            fault(&mut machine, vcpu, label, &[value & 0xf, 0, 0, value], (value & 15) as usize);
            trap(&mut machine, vcpu, [SMC, WFI, WFE, value][(value >> 8 & 3) as usize]);
            machine.notified((value & 7) as u8);
        }
    }
}

#[test]
fn the_manager_sees_which_vcpu_has_run_longest_and_that_who_waits_does_not_run() {
    let world = world(2);
    world.model.0.borrow_mut().now = 1000;
    let mut machine = started(&world, false);
    assert_eq!(world.status.runs_longest(), Some((0, 1000)));
    world.model.0.borrow_mut().now = 2000;
    call(&world, &mut machine, 0, &[CPU_ON, 1, RAM + 0x100, 0]);
    assert_eq!(world.status.runs_longest(), Some((0, 2000)));
    world.model.0.borrow_mut().now = 3000;
    // Neither has a timer: they sleep as long as they like.
    trap(&mut machine, 0, WFI);
    assert_eq!(world.status.runs_longest(), Some((1, 2000)));
    world.model.0.borrow_mut().now = 4000;
    store(&world, &mut machine, 1, UART, b'x'.into());
    assert_eq!(world.status.runs_longest(), Some((1, 4000)));
    trap(&mut machine, 1, WFI);
    assert_eq!(world.status.runs_longest(), None);
    world.order.give(Order::Stop);
    machine.notified(MANAGER);
    assert_eq!(world.status.runs_longest(), None);
}
