// SPDX-License-Identifier: BSD-2-Clause

//! Data aborts that are no load or store to emulate: table walks, cache maintenance,
//! DC ZVA.

use super::super::model::{CONTROL, FACTORY, RAM, World};
use super::super::{Answer, Machine};
use super::{BOOT, Shared, load, started, with_region, words};
use crate::platform::Platform;
use crate::vcpu::SystemRegister;

/// FnV: the address register is not valid.
const FNV: u64 = 1 << 10;
/// CM: cache maintenance by address.
const CM: u64 = 1 << 8;
/// S1PTW: the fault hit the walk of the guest's own tables.
const S1PTW: u64 = 1 << 7;
/// WnR: a store, a cache operation, or DC ZVA.
const WNR: u64 = 1 << 6;
/// A data abort of a lower level with a syndrome: four bytes, x1.
const WITH_SYNDROME: u64 = 0x9381_0006;
/// The same without.
const WITHOUT: u64 = 0x9200_0006;
const VECTORS: u64 = 0x4000_0800;
/// Where a synchronous exception from EL1 is taken.
const VECTOR: u64 = VECTORS + 0x200;

/// A data abort at [`RAM`]; where the guest goes on.
fn abort(world: &World, machine: &mut Machine<'_, Shared>, address: u64, esr: u64) -> u64 {
    machine
        .platform
        .set_system_register(BOOT, SystemRegister::Vbar, VECTORS);
    world.model.0.borrow_mut().registers[BOOT].pc = RAM;
    let message = words(&[RAM, address, 0, esr]);
    assert_eq!(machine.fault(BOOT, 6, 4, &message), Answer::Reply);
    world.model.0.borrow().registers[BOOT].pc
}

#[test]
fn a_table_walk_through_a_register_page_attaches_nothing() {
    for opaque in [S1PTW, FNV, S1PTW | FNV] {
        for esr in [WITH_SYNDROME, WITHOUT] {
            let world = World::new();
            let mut machine = started(&world);
            {
                let mut model = world.model.0.borrow_mut();
                model.registers[BOOT].x[1] = 512;
                // str w1, [x2], #4: what the fault is not about.
                model.poke(RAM, 0xb800_4441);
                model.registers[BOOT].x[2] = FACTORY + 0x18;
            }
            // A name, so that a store to `size` would attach.
            super::store(
                &world,
                &mut machine,
                FACTORY + 0x1c,
                2,
                u64::from(u32::from_le_bytes(*b"moo\0")),
            );
            world.model.0.borrow_mut().registers[BOOT].x[1] = 512;
            let at = abort(&world, &mut machine, FACTORY + 0x18, esr | opaque | WNR);
            assert_eq!(at, VECTOR, "an external abort");
            assert!(world.model.0.borrow().requests.is_empty());
            assert_eq!(load(&world, &mut machine, FACTORY + 0x18, 2), 0, "size");
            let log = World::text(&world.log);
            let line = "translation tables outside memory";
            assert!(log.contains(line), "{log}");
        }
    }
}

#[test]
fn a_table_walk_reads_no_status() {
    let world = World::new();
    let mut machine = with_region(&world);
    assert!(world.board.words[2].signal(0));
    let at = abort(&world, &mut machine, CONTROL, WITH_SYNDROME | S1PTW);
    assert_eq!(at, VECTOR);
    assert_eq!(load(&world, &mut machine, CONTROL, 2), 0x0003_0001);
}

#[test]
fn cache_maintenance_of_a_register_page_does_nothing() {
    let world = World::new();
    let mut machine = with_region(&world);
    assert!(world.board.words[2].signal(0));
    let calls = world.model.0.borrow().requests.len();
    for address in [FACTORY + 0x18, CONTROL, CONTROL + 8, CONTROL + 12] {
        for esr in [WITH_SYNDROME, WITHOUT] {
            let at = abort(&world, &mut machine, address, esr | CM | WNR);
            assert_eq!(at, RAM + 4, "the guest goes on behind it");
        }
    }
    let model = world.model.0.borrow();
    assert_eq!((model.requests.len(), model.signals.len()), (calls, 0));
    drop(model);
    let status = load(&world, &mut machine, CONTROL, 2);
    assert_eq!(status, 0x0003_0001, "nothing was read, and it is attached");
}

#[test]
fn cache_maintenance_where_nothing_is_is_an_external_abort() {
    let world = World::new();
    let mut machine = started(&world);
    let at = abort(&world, &mut machine, 0x0c00_0000, WITHOUT | CM | WNR);
    assert_eq!(at, VECTOR);
    assert!(World::text(&world.log).contains("nothing there"));
}

#[test]
fn dc_zva_of_a_register_page_is_named_and_zeroes_nothing() {
    let world = World::new();
    let mut machine = with_region(&world);
    // dc zva, x0
    world.model.0.borrow_mut().poke(RAM, 0xd50b_7420);
    for address in [FACTORY, CONTROL] {
        let at = abort(&world, &mut machine, address, WITHOUT | WNR);
        assert_eq!(at, VECTOR, "an external abort");
        let log = World::text(&world.log);
        assert!(log.contains("DC ZVA (instruction 0xd50b7420)"), "{log}");
    }
    assert!(world.model.0.borrow().signals.is_empty());
    assert_eq!(load(&world, &mut machine, FACTORY + 0x18, 2), 512);
    assert_eq!(load(&world, &mut machine, CONTROL + 4, 2), 1);
}
