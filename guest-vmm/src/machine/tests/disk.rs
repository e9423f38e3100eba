// SPDX-License-Identifier: BSD-2-Clause

//! Tests of a guest with a disk: the registers on the bus, its line, its reset. What
//! the device does is tested in `virtio_blk` and `tests/virtio_blk.rs`.

use super::super::model::{MANAGER, RAM, Shared, World};
use super::super::{Answer, Machine, RESET_DONE};
use crate::exits::FAULT_WORDS;
use crate::vcpu::VcpuId;
use crate::virtio_blk::Dma;
use shmem_server_api::Response;
use tombolo_config::Mapping;
use tombolo_config::guest::Disk;
use tombolo_config::server::Access;
use tombolo_pages::guest_status::Order;

const BOOT: VcpuId = VcpuId::BOOT;
const DISK: u64 = 0x0902_0000;
const INTID: u16 = 34;
const GICD: u64 = 0x0800_0000;
const SECTORS: u64 = 4;

fn world() -> Box<World> {
    let mut world = World::new();
    world.config.disk = Some(Disk {
        gpa: DISK,
        intid: INTID.into(),
        mapping: Mapping {
            address: 0,
            size: SECTORS * 512,
        },
        access: Access::ReadWrite,
    });
    world.model.0.borrow_mut().disk = vec![0x5a; 2048];
    world
}

fn fault(machine: &mut Machine<'_, Shared>, label: u64, first: &[u64]) -> Answer {
    let mut words = [0; FAULT_WORDS];
    words[..first.len()].copy_from_slice(first);
    machine.fault(BOOT, label, first.len(), &words)
}

/// A word-sized access with register x1.
fn access(machine: &mut Machine<'_, Shared>, address: u64, store: bool) -> Answer {
    let esr = 0x9300_0000 | 2 << 22 | 1 << 16 | u64::from(store) << 6 | 6;
    fault(machine, 6, &[RAM, address, 0, esr])
}

fn store(world: &World, machine: &mut Machine<'_, Shared>, address: u64, value: u64) -> Answer {
    world.model.0.borrow_mut().registers[BOOT].x[1] = value;
    access(machine, address, true)
}

fn load(world: &World, machine: &mut Machine<'_, Shared>, address: u64) -> u64 {
    assert_eq!(access(machine, address, false), Answer::Reply);
    world.model.0.borrow().registers[BOOT].x[1]
}

fn put(world: &World, address: u64, bytes: &[u8]) {
    assert!(world.model.0.borrow_mut().write_guest(address, bytes));
}

/// A driver's descriptors, rings and header for reading sector 1, which it has
/// made available; all but the notification.
fn driven(world: &World) -> Machine<'_, Shared> {
    let mut machine = world.machine();
    machine.ready();
    world.order.give(Order::Start);
    machine.notified(MANAGER);
    store(world, &mut machine, GICD, 1);
    store(world, &mut machine, GICD + 0x104, 1 << (INTID - 32));
    let registers = [
        (0x70, 3),
        (0x24, 1),
        (0x20, 1),
        (0x70, 11),
        (0x38, 8),
        (0x80, RAM),
        (0x90, RAM + 0x1000),
        (0xa0, RAM + 0x2000),
        (0x44, 1),
        (0x70, 15),
    ];
    for (offset, value) in registers {
        store(world, &mut machine, DISK + offset, value);
    }
    let descriptor = |address: u64, bytes: u32, flags: u16, next: u16| {
        let mut raw = address.to_le_bytes().to_vec();
        raw.extend(bytes.to_le_bytes());
        raw.extend([flags, next].into_iter().flat_map(u16::to_le_bytes));
        raw
    };
    put(world, RAM, &descriptor(RAM + 0x3000, 16, 1, 1));
    put(world, RAM + 16, &descriptor(RAM + 0x4000, 512, 3, 2));
    put(world, RAM + 32, &descriptor(RAM + 0x5000, 1, 2, 0));
    put(world, RAM + 0x3008, &1u64.to_le_bytes());
    put(world, RAM + 0x5000, &[0xff]);
    put(world, RAM + 0x1000, &[0, 0, 1, 0, 0, 0]);
    machine
}

#[test]
fn a_notified_disk_answers_and_interrupts() {
    let world = world();
    let mut machine = driven(&world);
    assert_eq!(load(&world, &mut machine, DISK + 0x100), SECTORS);
    assert_eq!(store(&world, &mut machine, DISK + 0x50, 0), Answer::Reply);
    {
        let model = world.model.0.borrow();
        assert_eq!(model.injected[BOOT], [(0, INTID, 0)]);
        let mut data = [0; 512];
        assert!(model.read_guest(RAM + 0x4000, &mut data));
        assert_eq!(data, [0x5a; 512]);
    }
    assert_eq!(load(&world, &mut machine, DISK + 0x60), 1);
    store(&world, &mut machine, DISK + 0x64, 1);
    fault(&mut machine, 7, &[0]);
    assert_eq!(world.model.0.borrow().injected[BOOT].len(), 1, "low again");
}

#[test]
fn a_reset_resets_the_disk_but_for_its_content() {
    let world = world();
    let mut machine = driven(&world);
    store(&world, &mut machine, DISK + 0x50, 0);
    {
        let mut model = world.model.0.borrow_mut();
        model.disk[700] = 0xab;
        model.registers[BOOT].x[0] = 0x8400_0009;
        model.responses.push_back(Response::Done);
    }
    fault(&mut machine, 8, &[0x5e00_0000]);
    world.model.0.borrow_mut().registers[BOOT].x[0] = u64::from(RESET_DONE);
    fault(&mut machine, 8, &[0x5e00_0000]);
    assert_eq!(load(&world, &mut machine, DISK + 0x70), 0, "status");
    assert_eq!(load(&world, &mut machine, DISK + 0x60), 0, "interrupts");
    assert_eq!(world.model.0.borrow().disk[700], 0xab);
}
