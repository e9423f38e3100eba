// SPDX-License-Identifier: BSD-2-Clause

//! Accesses of a guest: its virtual CPU runs a few instructions in its own RAM.
//!
//! The VMM's probe writes them there, sets the virtual CPU going, and is woken by its
//! fault: by the access itself, or by the SMC behind it. The MMU of the guest is off, so
//! addresses are guest-physical. Caches are not maintained: the suite is for QEMU.

use crate::driver::{CALL, Driver, Stop, fault};
use sel4::sys::invocation_label::TCBWriteRegisters;

/// A VMM's slot of the TCB of its virtual CPU 0.
const VCPU_TCB: u64 = 266;
/// EL1 with its own stack, everything masked.
const STATUS: u64 = 0x3c5;

/// Where the pieces lie in RAM, and their literals.
const LOAD: u64 = 0;
const STORE: u64 = 0x20;
const ADDRESS: u64 = 0x40;
const VALUE: u64 = 0x48;
const RESULT: u64 = 0x50;

/// `ldr x0, ADDRESS; ldr w1, [x0]; adr x2, RESULT; str w1, [x2]; smc #0`, and from 0x20
/// `ldr x0, ADDRESS; ldr w1, VALUE; str w1, [x0]; smc #0`: two words in each.
const CODE: [u64; 6] = [
    0xb940_0001_5800_0200,
    0xb900_0041_1000_0242,
    0xd400_0003,
    0,
    0x1800_0121_5800_0100,
    0xd400_0003_b900_0001,
];
/// The accesses.
const LOAD_AT: u64 = LOAD + 4;
const STORE_AT: u64 = STORE + 8;
/// Exception class of an SMC (Arm ARM, ESR_EL2).
const SMC: u64 = 0x17;

/// The vector of a synchronous exception at EL1, of a guest that has set none.
const VECTOR: u64 = 0x200;

/// Tells virtual CPUs apart: their stack pointers.
pub const STACK: u64 = 0xbeef_0000;

/// Puts the pieces into the RAM of guest `who`.
pub fn prepare(driver: &mut Driver, who: usize) {
    let (vmm, here, _) = places(driver, who);
    for (index, words) in (0..).zip(CODE) {
        put(driver, vmm, here + 8 * index, words);
    }
    // The fifth message register, behind those in registers.
    let fifth = driver.pieces.words + 8 * 4;
    put(driver, vmm, fifth, STATUS);
}

/// VMM, RAM there and RAM in the guest.
fn places(driver: &Driver, who: usize) -> (usize, u64, u64) {
    let subject = driver.subject(who);
    let vmm = subject.parent.unwrap_or_default();
    (vmm, subject.ram_here, subject.ram_there)
}

fn put(driver: &mut Driver, vmm: usize, address: u64, value: u64) {
    let pieces = driver.pieces;
    driver.start(vmm, pieces.store_double, &[(0, address), (1, value)]);
    let stop = driver.wait(vmm);
    assert!(
        stop.pc == pieces.store_double + 4,
        "a VMM cannot write its guest's RAM: {stop:x?}"
    );
}

/// Runs the virtual CPU from `pc` until it stops.
fn run(driver: &mut Driver, who: usize, pc: u64) -> Stop {
    let (vmm, ..) = places(driver, who);
    let call = [
        (0, VCPU_TCB + driver.subject(who).id),
        (1, u64::from(TCBWriteRegisters) << 12 | 5),
        (2, 1),
        (3, 3),
        (4, pc),
        (5, STACK + who as u64),
        (7, CALL as u64),
    ];
    let answer = driver.system_call(vmm, &call);
    assert!(*answer.gpr(1) >> 12 == 0, "a virtual CPU does not start");
    driver.listen(vmm);
    driver.wait(who)
}

/// Whether guest `who` can load from `address`.
pub fn load(driver: &mut Driver, who: usize, address: u64) -> bool {
    let (vmm, here, there) = places(driver, who);
    put(driver, vmm, here + ADDRESS, address);
    let stop = run(driver, who, there + LOAD);
    worked(stop, there + LOAD_AT)
}

/// What it loaded last.
pub fn loaded(driver: &mut Driver, who: usize) -> u32 {
    let (vmm, here, _) = places(driver, who);
    let pieces = driver.pieces;
    driver.start(vmm, pieces.load, &[(0, here + RESULT)]);
    driver.wait(vmm);
    // Lossless: the load has 32 bits.
    let value = *driver.registers(vmm).gpr(9) as u32;
    driver.listen(vmm);
    value
}

/// Whether it can store there.
pub fn store(driver: &mut Driver, who: usize, address: u64, value: u32) -> bool {
    let (vmm, here, there) = places(driver, who);
    put(driver, vmm, here + ADDRESS, address);
    put(driver, vmm, here + VALUE, value.into());
    let stop = run(driver, who, there + STORE);
    worked(stop, there + STORE_AT)
}

/// Whether it can fetch from there. What is there is no instruction: the exception
/// of the guest's own leads to its vectors, which are nowhere.
pub fn fetch(driver: &mut Driver, who: usize, address: u64) -> bool {
    let stop = run(driver, who, address);
    stop.label != fault::VM || stop.pc != address
}

/// A device may refuse what it was reached by: the guest's own abort leads to its
/// vectors.
fn worked(stop: Stop, access: u64) -> bool {
    match (stop.label, stop.pc) {
        // Its word is the syndrome: of the SMC behind the access.
        (fault::VCPU, syndrome) if syndrome >> 26 & 0x3f == SMC => true,
        (fault::VM, VECTOR) => true,
        (fault::VM, pc) if pc == access => false,
        _ => panic!("a guest's access ends in {stop:x?}"),
    }
}
