// SPDX-License-Identifier: BSD-2-Clause

mod aborts;
mod disk;
mod orders;
mod serial;
mod several;
mod share;

use super::model::{
    CLOCK, CONSOLE, CONTROL, FACTORY, MANAGEMENT, MANAGER, RAM, SERVER, Shared, World,
};
use super::{Answer, Machine, RESET_DONE};
use crate::exits::FAULT_WORDS;
use crate::platform::Platform;
use crate::vcpu::{SystemRegister, VcpuId};
use proptest::prelude::*;
use shmem_server_api::Departure;
use shmem_server_api::{
    Attached, Counters, Inspection, Listed, PeerRecord, RegionName, Request, Response, Status,
    Usage,
};
use tombolo_config::guest::Pace;
use tombolo_pages::guest_status::{Exit as Kind, GuestState, Order, VcpuState};
use tombolo_trace::Event;

/// The vCPU that a guest starts with.
const BOOT: VcpuId = VcpuId::BOOT;
const UART: u64 = 0x0900_0000;
const GICD: u64 = 0x0800_0000;
const WFI: u64 = 0x07e0_0000;
const SMC: u64 = 0x5e00_0000;

fn words(first: &[u64]) -> [u64; FAULT_WORDS] {
    let mut words = [0; FAULT_WORDS];
    words[..first.len()].copy_from_slice(first);
    words
}

fn trap(machine: &mut Machine<'_, Shared>, esr: u64) -> Answer {
    machine.fault(BOOT, 8, 1, &words(&[esr]))
}

/// An access of 2^log2 bytes with register x1.
fn access(machine: &mut Machine<'_, Shared>, address: u64, log2: u64, store: bool) -> Answer {
    let esr = 0x93c0_0000 & !(3 << 22) | log2 << 22 | 1 << 16 | 1 << 15 | u64::from(store) << 6 | 6;
    let pc = machine.platform.registers(BOOT).pc;
    machine.fault(BOOT, 6, 4, &words(&[pc, address, 0, esr]))
}

fn store(
    world: &World,
    machine: &mut Machine<'_, Shared>,
    address: u64,
    log2: u64,
    value: u64,
) -> Answer {
    world.model.0.borrow_mut().registers[BOOT].x[1] = value;
    access(machine, address, log2, true)
}

fn load(world: &World, machine: &mut Machine<'_, Shared>, address: u64, log2: u64) -> u64 {
    assert_eq!(access(machine, address, log2, false), Answer::Reply);
    world.model.0.borrow().registers[BOOT].x[1]
}

fn started(world: &World) -> Machine<'_, Shared> {
    let mut machine = world.machine();
    machine.ready();
    world.order.give(Order::Start);
    machine.notified(MANAGER);
    world.model.0.borrow_mut().notified.clear();
    machine
}

fn attached(handle: u8, slot: u16, pages: u32) -> Response {
    let name = RegionName::new("moo").expect("legal");
    Response::Attached(Attached {
        connection: handle,
        index: 1,
        slot,
        pages,
        generation: 1,
        name,
    })
}

fn name_and_attach(world: &World, machine: &mut Machine<'_, Shared>, pages: u64) -> Answer {
    store(
        world,
        machine,
        FACTORY + 0x1c,
        2,
        u64::from(u32::from_le_bytes(*b"moo\0")),
    );
    store(world, machine, FACTORY + 0x18, 2, pages)
}

#[test]
fn a_guest_is_held_until_the_order_to_start() {
    let world = World::new();
    let mut machine = world.machine();
    machine.ready();
    assert_eq!(world.status.state(), GuestState::Held);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 0);
    world.order.give(Order::Start);
    machine.notified(MANAGER);
    let model = world.model.0.borrow();
    assert_eq!(
        (world.status.state(), model.resumed[BOOT]),
        (GuestState::Running, 1)
    );
    assert_eq!(
        (model.registers[BOOT].pc, model.registers[BOOT].x[0]),
        (RAM, RAM + 0x1000)
    );
    assert_eq!(model.registers[BOOT].spsr, 0x1c5);
}

#[test]
fn a_parked_guest_is_woken_at_its_timer() {
    let world = World::new();
    let mut machine = started(&world);
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::CntvCtl, 1);
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::CntvCval, 1000);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert!(!world.deadline.due(999) && world.deadline.due(1000));
    machine.notified(CLOCK);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 1, "too early");
    assert!(world.deadline.due(1000), "asked for again");
    world.model.0.borrow_mut().now = 1000;
    machine.notified(CLOCK);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2);
    assert_eq!(
        trap(&mut machine, WFI),
        Answer::Reply,
        "the timer fires as soon as it runs"
    );
}

#[test]
fn the_timer_interrupt_is_acknowledged_at_its_end() {
    let world = World::new();
    let mut machine = started(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x100, 2, 1 << 27);
    assert_eq!(machine.fault(BOOT, 9, 1, &words(&[27])), Answer::Reply);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 27, 0)]);
    assert_eq!(
        trap(&mut machine, WFI),
        Answer::Reply,
        "injected after the guest last ran"
    );
    machine.fault(BOOT, 7, 1, &words(&[0]));
    assert_eq!(world.model.0.borrow().timer_acks[BOOT], 1);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
}

#[test]
fn attach_signal_status_and_detach_go_through() {
    let world = World::new();
    let mut machine = started(&world);
    assert_eq!(
        load(&world, &mut machine, FACTORY, 3),
        0x4d53_4732_474d_5651
    );
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(attached(2, 7, 512));
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Reply);
    let request = Request::Attach {
        name: RegionName::new("moo").expect("legal"),
        pages: 512,
    };
    assert_eq!(world.model.0.borrow().requests, [request]);
    assert_eq!(world.status.attaches(), 1);
    assert_eq!(load(&world, &mut machine, FACTORY + 8, 3), CONTROL);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x14, 2), 0);
    assert_eq!(load(&world, &mut machine, CONTROL + 4, 2), 1);
    store(&world, &mut machine, CONTROL + 8, 2, 0xffff_ffff);
    store(&world, &mut machine, CONTROL + 8, 1, 5);
    assert_eq!(world.model.0.borrow().signals, [(2, 0xffff_ffff), (2, 5)]);
    // A peer signals.
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 1 << 11);
    world.board.words[2].start(3);
    assert!(world.board.words[2].signal(0));
    machine.notified(SERVER);
    assert_eq!(world.model.0.borrow().injected[BOOT], [(0, 43, 0)]);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0x0003_0001);
    assert_eq!(
        load(&world, &mut machine, CONTROL, 2),
        0x0003_0000,
        "the read clears"
    );
    machine.fault(BOOT, 7, 1, &words(&[0]));
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 1);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Done);
    store(&world, &mut machine, CONTROL + 12, 2, 1);
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::Vbar, 0x5000_0000);
    assert_eq!(access(&mut machine, CONTROL, 2, false), Answer::Reply);
    assert_eq!(
        world.model.0.borrow().registers[BOOT].pc,
        0x5000_0200,
        "an external abort"
    );
    assert!(World::text(&world.log).contains("control page of slot 7"));
}

#[test]
fn an_attach_waits_for_a_clean_slot_and_repeats() {
    let world = World::new();
    let mut machine = started(&world);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Wait);
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Stay);
    let at = world.model.0.borrow().registers[BOOT].pc;
    // An interrupt woke the guest: it repeats the store, and nothing is new.
    assert_eq!(
        store(&world, &mut machine, FACTORY + 0x18, 2, 512),
        Answer::Stay
    );
    assert_eq!(world.model.0.borrow().requests.len(), 1);
    machine.notified(SERVER);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 2);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(attached(0, 7, 512));
    assert_eq!(
        store(&world, &mut machine, FACTORY + 0x18, 2, 512),
        Answer::Reply
    );
    assert_eq!(world.model.0.borrow().registers[BOOT].pc, at + 4);
}

#[test]
fn an_attach_that_waits_too_long_is_out_of_memory() {
    let world = World::new();
    let mut machine = started(&world);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .extend([Response::Wait, Response::Wait]);
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Stay);
    world.model.0.borrow_mut().now = 200_000;
    machine.notified(CLOCK);
    assert_eq!(
        store(&world, &mut machine, FACTORY + 0x18, 2, 512),
        Answer::Reply
    );
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x14, 2),
        u64::from(Status::NoMem.code())
    );
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x810, 2),
        18,
        "still being cleaned"
    );
}

#[test]
fn bad_input_gives_a_status_and_the_guest_goes_on() {
    let world = World::new();
    let mut machine = started(&world);
    store(&world, &mut machine, FACTORY + 0x18, 2, 1);
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x14, 2),
        4,
        "an empty name"
    );
    for offset in (0x1c..0x3c).step_by(4) {
        store(&world, &mut machine, FACTORY + offset, 2, 0x7878_7878);
    }
    store(&world, &mut machine, FACTORY + 0x18, 2, 1);
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x14, 2),
        4,
        "no terminator"
    );
    assert!(world.model.0.borrow().requests.is_empty());
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x810, 2),
        1,
        "the reason that the server was never asked about"
    );
    store(&world, &mut machine, FACTORY, 3, 0);
    assert_eq!(
        load(&world, &mut machine, FACTORY, 3),
        0x4d53_4732_474d_5651
    );
    store(&world, &mut machine, FACTORY + 0x19, 2, 1);
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x14, 2),
        1,
        "unaligned"
    );
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Failed(Status::NoPermission));
    store(&world, &mut machine, FACTORY + 0x1c, 2, 0x61);
    store(&world, &mut machine, FACTORY + 0x18, 2, 1);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x14, 2), 5);
}

#[test]
fn looking_whether_a_region_is_there_is_no_failure_in_the_log() {
    let world = World::new();
    let mut machine = started(&world);
    let attach_none = |machine: &mut Machine<'_, Shared>, reason| {
        let usage = Usage {
            reason,
            ..Usage::default()
        };
        world.model.0.borrow_mut().responses.extend([
            Response::Failed(Status::UnknownFailure),
            Response::Usage(usage),
        ]);
        store(&world, machine, FACTORY + 0x1c, 2, 0x61);
        store(&world, machine, FACTORY + 0x18, 2, 0);
        assert_eq!(load(&world, machine, FACTORY + 0x14, 2), 1);
        World::text(&world.log)
    };
    let log = attach_none(&mut machine, 5);
    assert!(log.contains("guest_shm: no region 'a' to join"), "{log}");
    assert!(!log.contains("failed"), "{log}");
    // Its quota of connections.
    let log = attach_none(&mut machine, 10);
    assert!(
        log.contains("attach of 'a' (0 pages) failed: UnknownFailure"),
        "{log}"
    );
}

#[test]
fn a_store_of_eight_bytes_names_and_attaches() {
    let world = World::new();
    let mut machine = started(&world);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(attached(0, 8, 16));
    let value = 16 | u64::from(u32::from_le_bytes(*b"moo\0")) << 32;
    store(&world, &mut machine, FACTORY + 0x18, 3, value);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x14, 2), 0);
    assert_eq!(
        load(&world, &mut machine, FACTORY + 8, 3),
        CONTROL + 0x40_0000
    );
    store(&world, &mut machine, FACTORY + 0x18, 0, 1);
    assert_eq!(
        world.model.0.borrow().requests.len(),
        1,
        "one byte of size does not attach"
    );
}

#[test]
fn a_load_from_nowhere_is_reported_and_is_an_external_abort() {
    let world = World::new();
    let mut machine = started(&world);
    world.model.0.borrow_mut().registers[BOOT].pc = 0x4000_0100;
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::Vbar, 0x4000_0800);
    assert_eq!(
        access(&mut machine, 0x1_0020_0000 + (1 << 32), 3, false),
        Answer::Reply
    );
    let model = world.model.0.borrow();
    assert_eq!(model.registers[BOOT].pc, 0x4000_0a00);
    assert_eq!(
        World::text(&world.log),
        "guest load from 0x200200000 (pc 0x40000100): nothing there: external abort\n"
    );
}

#[test]
fn pairs_are_emulated_from_the_instruction() {
    let world = World::new();
    let mut machine = started(&world);
    {
        let mut model = world.model.0.borrow_mut();
        // stp w1, w2, [x3], #8 at the guest's entry: size and name, as memcpy may.
        model.poke(RAM, 0x2881_0861);
        model.registers[BOOT].x[1] = 16;
        model.registers[BOOT].x[2] = u64::from(u32::from_le_bytes(*b"moo\0"));
        model.registers[BOOT].x[3] = FACTORY + 0x18;
        model.responses.push_back(Response::Failed(Status::NoMem));
    }
    let answer = machine.fault(BOOT, 6, 4, &words(&[RAM, FACTORY + 0x18, 0, 0x9200_0046]));
    assert_eq!(answer, Answer::Reply);
    let pc = world.model.0.borrow().registers[BOOT].pc;
    assert_eq!(
        (pc, world.model.0.borrow().registers[BOOT].x[3]),
        (RAM + 4, FACTORY + 0x20)
    );
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x18, 3) >> 32,
        0x006f_6f6d
    );
    // A SIMD store is named.
    world.model.0.borrow_mut().poke(RAM, 0xad00_0400);
    world.model.0.borrow_mut().registers[BOOT].pc = RAM;
    machine.fault(BOOT, 6, 4, &words(&[RAM, FACTORY + 0x20, 0, 0x9200_0046]));
    assert!(
        World::text(&world.log).contains("SIMD or floating-point access (instruction 0xad000400)")
    );
}

#[test]
fn a_name_takes_bytes_at_any_address() {
    let world = World::new();
    let mut machine = started(&world);
    store(
        &world,
        &mut machine,
        FACTORY + 0x1c,
        3,
        u64::from_le_bytes(*b"abcdefgh"),
    );
    // Start and end of nine bytes, which overlap: what `memcpy` of most libraries does.
    store(
        &world,
        &mut machine,
        FACTORY + 0x1d,
        3,
        u64::from_le_bytes(*b"BCDEFGHI"),
    );
    store(
        &world,
        &mut machine,
        FACTORY + 0x3a,
        1,
        u64::from(u16::from_le_bytes(*b"yz")),
    );
    let name = load(&world, &mut machine, FACTORY + 0x1c, 3);
    assert_eq!(name.to_le_bytes(), *b"aBCDEFGH");
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x21, 2),
        u64::from(u32::from_le_bytes(*b"FGHI"))
    );
    assert_eq!(load(&world, &mut machine, FACTORY + 0x14, 2), 0, "status");
    // What reaches beyond the field has no effect.
    for (offset, log2) in [(0x1a, 2), (0x3a, 2), (0x35, 3)] {
        store(&world, &mut machine, FACTORY + 0x14, 2, 0);
        store(&world, &mut machine, FACTORY + offset, log2, 0);
        assert_eq!(load(&world, &mut machine, FACTORY + 0x14, 2), 1);
    }
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x38, 3).to_le_bytes()[2..4],
        *b"yz"
    );
}

#[test]
fn hvc_is_undefined_and_the_thread_is_restarted() {
    let world = World::new();
    let mut machine = started(&world);
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::Vbar, 0x4000_0800);
    let mut message = words(&[]);
    message[8] = RAM + 0x20;
    assert_eq!(machine.fault(BOOT, 2, 13, &message), Answer::Stay);
    let mut model = world.model.0.borrow_mut();
    assert_eq!(
        (model.resumed[BOOT], model.registers[BOOT].pc),
        (2, 0x4000_0a00)
    );
    assert_eq!(
        model.system_register(BOOT, SystemRegister::ElrEl1),
        RAM + 0x20
    );
}

#[test]
fn a_guest_that_turns_itself_off_is_stopped_and_stays_so() {
    let world = World::new();
    let mut machine = started(&world);
    world.model.0.borrow_mut().registers[BOOT].x[0] = 0x8400_0008;
    assert_eq!(trap(&mut machine, SMC), Answer::Stay);
    assert_eq!(world.status.state(), GuestState::Off);
    assert_eq!(world.model.0.borrow().suspended[BOOT], 1, "stopped once");
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    machine.notified(MANAGER);
    machine.notified(CLOCK);
    assert_eq!(world.model.0.borrow().resumed[BOOT], 1);
}

#[test]
fn a_guest_without_fetchable_vectors_is_stopped() {
    let world = World::new();
    let mut machine = started(&world);
    let fetch = |machine: &mut Machine<'_, Shared>, pc| {
        machine.fault(BOOT, 6, 4, &words(&[pc, pc, 1, 0x8200_0006]))
    };
    assert_eq!(fetch(&mut machine, 0x9000), Answer::Reply);
    assert_eq!(fetch(&mut machine, 0x200), Answer::Stay);
    assert_eq!(world.status.state(), GuestState::Failed);
}

/// Attaches slot 7 with handle 2 and index 1.
fn with_region(world: &World) -> Machine<'_, Shared> {
    let mut machine = started(world);
    let response = attached(2, 7, 512);
    world.model.0.borrow_mut().responses.push_back(response);
    assert_eq!(name_and_attach(world, &mut machine, 512), Answer::Reply);
    world.board.words[2].start(3);
    machine
}

#[test]
fn an_old_driver_finds_nothing_new_where_it_looks() {
    let world = World::new();
    let mut machine = with_region(&world);
    for offset in (0x40..0x800).step_by(8) {
        assert_eq!(load(&world, &mut machine, FACTORY + offset, 3), 0);
    }
    for offset in (0x10..0x800).step_by(8) {
        assert_eq!(load(&world, &mut machine, CONTROL + offset, 3), 0);
    }
}

#[test]
fn feature_registers_tell_what_the_server_knows() {
    let world = World::new();
    let mut machine = with_region(&world);
    let magic = u64::from_le_bytes(*b"tombolo\0");
    for page in [FACTORY, CONTROL] {
        assert_eq!(load(&world, &mut machine, page + 0x800, 3), magic);
        assert_eq!(load(&world, &mut machine, page + 0x808, 2), 2);
        assert_eq!(load(&world, &mut machine, page + 0x80c, 2), 0x7f);
    }
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x838, 2),
        1,
        "generation"
    );
    assert_eq!(load(&world, &mut machine, FACTORY + 0x83c, 2), 3, "access");
    assert_eq!(
        world.model.0.borrow().requests.len(),
        1,
        "no call for any of it"
    );
    let mut peers = [PeerRecord::default(); 16];
    peers[1] = PeerRecord {
        event: 1,
        serial: 9,
        departure: 4,
        departure_serial: 8,
    };
    let inspection = Inspection {
        name: RegionName::new("moo").expect("legal"),
        pages: 512,
        generation: 5,
        serial: 9,
        unread: 2,
        may_signal: 3,
        counters: Counters {
            sent: 11,
            received: 12,
            coalesced: 13,
            refused: 14,
        },
        peers,
    };
    for _ in 0..3 {
        let response = Response::Inspected(inspection.clone());
        world.model.0.borrow_mut().responses.push_back(response);
    }
    assert_eq!(load(&world, &mut machine, CONTROL + 0x810, 3), 9 << 32 | 5);
    assert_eq!(load(&world, &mut machine, CONTROL + 0x820, 3), 3 << 32 | 2);
    assert_eq!(
        load(&world, &mut machine, CONTROL + 0x848, 3),
        14 << 32 | 13
    );
    let calls = world.model.0.borrow().requests.len();
    assert_eq!(load(&world, &mut machine, CONTROL + 0x910, 3), 9 << 32 | 1);
    assert_eq!(load(&world, &mut machine, CONTROL + 0x918, 3), 8 << 32 | 4);
    for (at, value) in [
        (0xa10, 9 << 32 | 5),
        (0xa18, 3 << 32 | 512),
        (0xa20, 3 << 32 | 2),
        (0xa40, 12 << 32 | 11),
        (0xa48, 14 << 32 | 13),
        (0xa60, 0x006f_6f6d),
    ] {
        assert_eq!(load(&world, &mut machine, CONTROL + at, 3), value);
    }
    assert_eq!(
        world.model.0.borrow().requests.len(),
        calls,
        "records and what is held: the last look"
    );
    let usage = Usage {
        reason: 12,
        pages: 2,
        max_pages: u32::MAX,
        ..Usage::default()
    };
    for _ in 0..2 {
        world
            .model
            .0
            .borrow_mut()
            .responses
            .push_back(Response::Usage(usage));
    }
    assert_eq!(load(&world, &mut machine, FACTORY + 0x810, 2), 12);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x828, 3), 0x2000);
}

fn inspection(serial: u32) -> Response {
    Response::Inspected(Inspection {
        name: RegionName::new("moo").expect("legal"),
        pages: 512,
        generation: 1,
        serial,
        unread: 0,
        may_signal: 0,
        counters: Counters::default(),
        peers: [PeerRecord {
            event: 1,
            serial,
            ..PeerRecord::default()
        }; 16],
    })
}

/// The manager has ended the connection, and its handle is given to another one.
#[test]
fn a_look_at_a_connection_is_not_shown_of_the_next_with_its_handle() {
    let world = World::new();
    let mut machine = with_region(&world);
    let answer = |response| world.model.0.borrow_mut().responses.push_back(response);
    answer(inspection(40));
    assert_eq!(load(&world, &mut machine, CONTROL + 0x814, 2), 40);
    assert!(world.board.words[2].evict());
    answer(attached(2, 8, 512));
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Reply);
    let second = CONTROL + 0x40_0000;
    let calls = world.model.0.borrow().requests.len();
    answer(inspection(1));
    for at in [0x900, 0xa10] {
        assert_eq!(load(&world, &mut machine, second + at, 3) >> 32, 1);
    }
    let asked = world.model.0.borrow().requests.len() - calls;
    assert_eq!(asked, 1, "asked anew, once");
    // Nor after the guest has seen its end.
    world.board.words[2].start(2);
    assert!(world.board.words[2].evict());
    assert_eq!(load(&world, &mut machine, second, 2), 0);
    answer(Response::Failed(Status::DoesNotExist));
    assert_eq!(load(&world, &mut machine, second + 0x900, 3), 0);
}

#[test]
fn a_list_shows_the_nth_region_or_says_that_there_is_none() {
    let world = World::new();
    let mut machine = started(&world);
    let listed = Listed {
        name: RegionName::new("moo").expect("legal"),
        pages: 4,
        generation: 7,
        active: 5,
        index: None,
    };
    world.model.0.borrow_mut().responses.extend([
        Response::Listed(listed),
        Response::Failed(Status::DoesNotExist),
    ]);
    store(&world, &mut machine, FACTORY + 0x840, 2, 0);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x844, 2), 0);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x848, 3), 7 << 32 | 4);
    assert_eq!(
        load(&world, &mut machine, FACTORY + 0x850, 3),
        0xffff_ffff << 32 | 5
    );
    assert_eq!(load(&world, &mut machine, FACTORY + 0x860, 2), 0x006f_6f6d);
    store(&world, &mut machine, FACTORY + 0x840, 2, 1);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x844, 2), 6);
    assert_eq!(load(&world, &mut machine, FACTORY + 0x860, 2), 0);
    assert_eq!(world.model.0.borrow().requests[1], Request::List { nth: 1 });
}

#[test]
fn a_muted_peer_waits_silently_and_a_one_shot_one_is_heard_once() {
    let world = World::new();
    let mut machine = with_region(&world);
    store(&world, &mut machine, GICD, 2, 1);
    store(&world, &mut machine, GICD + 0x104, 2, 1 << 11);
    let word = &world.board.words[2];
    store(&world, &mut machine, CONTROL + 0x828, 2, 1);
    assert!(!word.signal(0), "the server has nothing to tell");
    assert_eq!(
        load(&world, &mut machine, CONTROL + 0x834, 2),
        0x0003_0001,
        "a peek"
    );
    assert!(world.model.0.borrow().injected[BOOT].is_empty());
    store(&world, &mut machine, CONTROL + 0x830, 2, 1);
    assert_eq!(
        world.model.0.borrow().injected[BOOT],
        [(0, 43, 0)],
        "let through again"
    );
    store(&world, &mut machine, CONTROL + 0x82c, 2, 1);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0x0003_0001);
    assert_eq!(
        load(&world, &mut machine, CONTROL + 0x828, 2),
        1,
        "heard once"
    );
    machine.fault(BOOT, 7, 1, &words(&[0]));
    assert!(!word.signal(0));
    machine.notified(SERVER);
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 1);
    store(&world, &mut machine, CONTROL + 0x830, 2, 1);
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 2);
}

#[test]
fn a_doorbell_storm_is_paid_for_by_the_guest_that_makes_it() {
    let mut world = World::new();
    world.config.shmem.as_mut().expect("it has one").pace = Pace {
        burst: 10,
        per_second: 100,
    };
    let world = world;
    let mut machine = with_region(&world);
    for _ in 0..9 {
        assert_eq!(
            store(&world, &mut machine, CONTROL + 8, 2, 1),
            Answer::Reply
        );
    }
    let at = world.model.0.borrow().registers[BOOT].pc;
    assert_eq!(store(&world, &mut machine, CONTROL + 8, 2, 1), Answer::Stay);
    assert_eq!(world.model.0.borrow().signals.len(), 9);
    assert_eq!(
        world.model.0.borrow().registers[BOOT].pc,
        at,
        "it repeats the store"
    );
    assert!(!world.deadline.due(9_999) && world.deadline.due(10_000));
    // Being woken earlier gains nothing.
    assert_eq!(store(&world, &mut machine, CONTROL + 8, 2, 1), Answer::Stay);
    world.model.0.borrow_mut().now = 10_000;
    machine.notified(CLOCK);
    assert_eq!(
        store(&world, &mut machine, CONTROL + 8, 2, 1),
        Answer::Reply
    );
    assert_eq!(world.model.0.borrow().signals.len(), 10);
    // What costs the server nothing is not limited.
    load(&world, &mut machine, CONTROL, 2);
    load(&world, &mut machine, CONTROL + 0x828, 2);
}

#[test]
fn a_signal_heard_from_a_peer_earns_a_call_one_of_its_own_does_not() {
    let mut world = World::new();
    world.config.shmem.as_mut().expect("it has one").pace = Pace {
        burst: 1,
        per_second: 1,
    };
    let world = world;
    let mut machine = with_region(&world);
    let ring = |machine: &mut _| store(&world, machine, CONTROL + 8, 2, 1);
    assert_eq!(
        ring(&mut machine),
        Answer::Stay,
        "the attach took the token"
    );
    let word = &world.board.words[2];
    for _ in 0..3 {
        assert!(word.signal(0));
        load(&world, &mut machine, CONTROL, 2);
        assert_eq!(ring(&mut machine), Answer::Reply);
        assert_eq!(ring(&mut machine), Answer::Stay);
    }
    // Its index is 1.
    assert!(word.signal(1));
    load(&world, &mut machine, CONTROL, 2);
    assert_eq!(ring(&mut machine), Answer::Stay);
}

/// A machine whose guest asked for a reset while interrupt 43 was in flight.
fn resetting(world: &World) -> Machine<'_, Shared> {
    let mut machine = with_region(world);
    store(world, &mut machine, GICD, 2, 1);
    store(world, &mut machine, GICD + 0x104, 2, 1 << 11);
    assert!(world.board.words[2].signal(0));
    machine.notified(SERVER);
    {
        let mut model = world.model.0.borrow_mut();
        model.responses.push_back(Response::Done);
        model.registers[BOOT].x[0] = 0x8400_0009;
        model.system_register(BOOT, SystemRegister::Sctlr);
        model.set_system_register(BOOT, SystemRegister::Sctlr, 0x30d0_1805);
    }
    assert_eq!(trap(&mut machine, SMC), Answer::Stay);
    machine
}

#[test]
fn a_guest_that_resets_starts_anew_and_attaches_at_once() {
    let world = World::new();
    let mut machine = resetting(&world);
    {
        let mut model = world.model.0.borrow_mut();
        let gone = Request::Gone {
            departure: Departure::Reset,
        };
        assert_eq!(model.requests.last(), Some(&gone));
        assert_eq!(model.reset_code_at, [RAM]);
        assert_eq!(model.registers[BOOT].x[..3], [0x0801_0000, 256, 0]);
        assert_eq!(
            model.system_register(BOOT, SystemRegister::Sctlr) & 1,
            0,
            "MMU off"
        );
        assert_eq!(model.reloads, 0);
    }
    assert_eq!(machine.fault(BOOT, 7, 1, &words(&[0])), Answer::Reply);
    world.board.words[2].end();
    machine.notified(SERVER);
    assert_eq!(
        world.model.0.borrow().injected[BOOT].len(),
        1,
        "nothing into the reset code"
    );
    world.model.0.borrow_mut().registers[BOOT].x[0] = u64::from(RESET_DONE);
    assert_eq!(trap(&mut machine, SMC), Answer::Stay);
    {
        let model = world.model.0.borrow();
        assert_eq!(model.reloads, 1);
        assert_eq!(
            (model.registers[BOOT].pc, model.registers[BOOT].x[0]),
            (RAM, RAM + 0x1000)
        );
    }
    assert_eq!(world.status.state(), GuestState::Running);
    assert_eq!(
        load(&world, &mut machine, GICD, 2),
        0,
        "the distributor is off"
    );
    assert_eq!(
        load(&world, &mut machine, FACTORY + 8, 3),
        0,
        "nothing attached"
    );
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(attached(0, 7, 512));
    assert_eq!(name_and_attach(&world, &mut machine, 512), Answer::Reply);
    assert_eq!(load(&world, &mut machine, FACTORY + 8, 3), CONTROL);
}

#[test]
fn a_guest_that_leaves_the_reset_code_is_stopped() {
    let world = World::new();
    let mut machine = resetting(&world);
    world
        .model
        .0
        .borrow_mut()
        .responses
        .push_back(Response::Done);
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    assert_eq!(world.status.state(), GuestState::Failed);
    assert_eq!(world.model.0.borrow().reloads, 0);
}

#[test]
fn the_peers_of_a_guest_that_ends_learn_why() {
    for (function, departure) in [(0x8400_0008, Departure::Left), (0, Departure::Crashed)] {
        let world = World::new();
        let mut machine = with_region(&world);
        world.model.0.borrow_mut().registers[BOOT].x[0] = function;
        if departure == Departure::Left {
            trap(&mut machine, SMC);
        } else {
            machine.fault(BOOT, 6, 4, &words(&[0x200, 0x200, 1, 0x8200_0006]));
        }
        let last = world.model.0.borrow().requests.last().cloned();
        assert_eq!(last, Some(Request::Gone { departure }));
    }
}

proptest! {
    #[test]
    fn no_message_and_no_access_panics(
        faults in proptest::collection::vec(
            (0u64..12, 0usize..16, any::<u32>(), 0usize..8, 0u64..0x1010, any::<u64>()), 1..60),
    ) {
        let world = World::new();
        let mut machine = started(&world);
        let bases = [UART, GICD, FACTORY, CONTROL, CONTROL + 0x40_0000, RAM, 0, u64::MAX - 0x1000];
        world.model.0.borrow_mut().responses.extend([
            attached(0, 7, 512), attached(31, 8, 1), attached(200, 7, 1), Response::Wait,
            Response::Done, Response::Unread(3), Response::Failed(Status::ClientMax),
        ]);
        for (label, length, esr, base, offset, value) in faults {
            {
                let mut model = world.model.0.borrow_mut();
                model.registers[BOOT].x = [value; 31];
                model.registers[BOOT].pc = RAM;
                model.poke(RAM, value);
                model.now = model.now.wrapping_add(value >> 32);
            }
            let address = bases[base].wrapping_add(offset);
            let abort = u64::from(esr) & 0x03ff_ffff | 0x9000_0000;
            machine.fault(BOOT, 6, 4, &words(&[RAM, address, 0, abort]));
            machine.fault(BOOT, label, length, &words(&[value, address, value, u64::from(esr)]));
            machine.notified((value & 7) as u8);
        }
    }
}

#[test]
fn exits_are_counted_by_kind_with_their_time_and_traced() {
    let world = World::new();
    let mut machine = started(&world);
    world.model.0.borrow_mut().traced.clear();
    world.model.0.borrow_mut().now = 70;
    load(&world, &mut machine, FACTORY, 2);
    world.model.0.borrow_mut().now = 100;
    store(&world, &mut machine, UART, 0, u64::from(b'x'));
    assert_eq!(trap(&mut machine, WFI), Answer::Stay);
    let counted = Kind::ALL.map(|kind| world.status.exits(kind));
    assert_eq!(counted, [1, 1, 1, 0, 0, 0, 0]);
    assert_eq!(
        world.status.vcpus(500)[0],
        (VcpuState::Parked, 100),
        "what passed between the exits"
    );
    assert_eq!(world.status.last_exit(), 100);
    let vcpu = 0;
    let exit = |kind: Kind, detail| Event::Exit {
        vcpu,
        kind: kind as u32,
        detail,
    };
    assert_eq!(
        world.model.0.borrow().traced[..],
        [
            exit(Kind::Shmem, FACTORY),
            Event::Resume { vcpu },
            exit(Kind::Device, UART),
            Event::Resume { vcpu },
            exit(Kind::Wait, WFI),
            Event::Park {
                vcpu,
                until: u64::MAX
            },
        ]
    );
}

#[test]
fn a_pair_that_calls_twice_goes_on_at_the_slowest_pace() {
    let mut world = World::new();
    world.config.shmem.as_mut().expect("it has one").pace = Pace {
        burst: 1,
        per_second: 100,
    };
    let world = world;
    let mut machine = with_region(&world);
    {
        let mut model = world.model.0.borrow_mut();
        // stp w1, w2, [x3]: notify, then detach.
        model.poke(RAM, 0x2900_0861);
        model.responses.push_back(Response::Done);
    }
    for _ in 0..10 {
        let mut registers = world.model.0.borrow().registers[BOOT];
        registers.pc = RAM;
        registers.x[..4].copy_from_slice(&[0, 1, 1, CONTROL + 8]);
        world.model.0.borrow_mut().registers[BOOT] = registers;
        let fault = words(&[RAM, CONTROL + 8, 0, 0x9200_0046]);
        if machine.fault(BOOT, 6, 4, &fault) == Answer::Reply {
            return;
        }
        // Woken as soon as the bucket says.
        world.model.0.borrow_mut().now += 10_000;
        machine.notified(CLOCK);
    }
    panic!("{} signals", world.model.0.borrow().signals.len());
}
