// SPDX-License-Identifier: BSD-2-Clause

//! Every slot of every protection domain's capability space, by calling it.
//!
//! The call has a label that no object of the kernel knows and no message: an empty
//! slot answers so, an object of the kernel otherwise, a notification wakes whoever it
//! belongs to, and a call through an endpoint arrives at whom it reaches.

use crate::driver::{CALL, Driver};
use crate::machine::STACK;
use crate::uart::{Uart, say};
use sel4::sys::invocation_label::{ARMVCPUReadReg, IRQAckIRQ, TCBReadRegisters};

/// A label that nothing answers.
const UNKNOWN: u64 = 0xbad;
/// Errors: the slot is empty; the object does not know the label.
const INVALID_CAPABILITY: u64 = 2;
const ILLEGAL_OPERATION: u64 = 3;

/// Slots up to here are a domain's own: its input, its fault endpoint, its address
/// space, its reply object, the monitor's endpoint of the passive.
const OWN: u64 = 6;
/// Slots of Microkit's CNode.
const SLOTS: u64 = 512;
/// Slots of the CNode above it, that `<cspace>` fills.
const USER_SLOTS: u64 = 64;

/// What is in a slot.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Empty,
    Notification,
    Endpoint,
    Tcb(u64),
    Vcpu,
    Interrupt,
    Object,
}

/// Tries all slots of everybody.
pub fn sweep(driver: &mut Driver, uart: &mut Uart) {
    for who in 0..driver.plan.subjects() {
        if driver.subject(who).is_machine {
            continue;
        }
        let name = driver.subject(who).name();
        let user = (1..USER_SLOTS).map(|slot| slot << 58);
        let mut empty = 0;
        for slot in (OWN..SLOTS).chain(user) {
            match kind(driver, who, slot) {
                Kind::Empty => empty += 1,
                kind => found(driver, uart, who, slot, kind),
            }
        }
        let all = SLOTS - OWN + USER_SLOTS - 1;
        say!(uart, "slots {name} {OWN:#x} {all} tried {empty} empty");
        driver.listen(who);
    }
}

fn kind(driver: &mut Driver, who: usize, slot: u64) -> Kind {
    let answer = invoke(driver, who, slot, UNKNOWN, &[]);
    match answer {
        None => Kind::Endpoint,
        Some(INVALID_CAPABILITY) => Kind::Empty,
        Some(0) => Kind::Notification,
        Some(ILLEGAL_OPERATION) => object(driver, who, slot),
        Some(label) => panic!("slot {slot:#x} answers {label:#x}"),
    }
}

/// Asks an object of the kernel for something that only one kind knows.
fn object(driver: &mut Driver, who: usize, slot: u64) -> Kind {
    let registers = invoke(driver, who, slot, TCBReadRegisters.into(), &[0, 2]);
    if registers == Some(0) {
        return Kind::Tcb(*driver.registers(who).gpr(3));
    }
    if invoke(driver, who, slot, ARMVCPUReadReg.into(), &[0]) == Some(0) {
        return Kind::Vcpu;
    }
    if invoke(driver, who, slot, IRQAckIRQ.into(), &[]) == Some(0) {
        return Kind::Interrupt;
    }
    Kind::Object
}

/// The answer's label; `None` if none came.
fn invoke(driver: &mut Driver, who: usize, slot: u64, label: u64, words: &[u64]) -> Option<u64> {
    let info = label << 12 | words.len() as u64;
    let call = [
        (0, slot),
        (1, info),
        (2, words.first().copied().unwrap_or(0)),
        (3, words.get(1).copied().unwrap_or(0)),
        (7, CALL as u64),
    ];
    driver.start(who, driver.pieces.call, &call);
    let mut stop = driver.settle(Some(who), false);
    if stop.is_none() {
        // It may only have used up its budget.
        stop = driver.settle(Some(who), true);
    }
    stop.map(|_| *driver.registers(who).gpr(1) >> 12)
}

fn found(driver: &mut Driver, uart: &mut Uart, who: usize, slot: u64, kind: Kind) {
    let name = driver.subject(who).name();
    let what = match kind {
        Kind::Notification => "notification",
        Kind::Endpoint => "endpoint",
        Kind::Tcb(stack) => {
            let whom = whose(driver, stack);
            return say!(uart, "slot {name} {slot:#x} tcb {whom}");
        }
        Kind::Vcpu => return say!(uart, "slot {name} {slot:#x} vcpu"),
        Kind::Interrupt => return say!(uart, "slot {name} {slot:#x} interrupt"),
        Kind::Object => return say!(uart, "slot {name} {slot:#x} object"),
        Kind::Empty => return,
    };
    // Everybody whom it reached has woken by now, but for who has no budget left or
    // is a child of this one.
    driver.listen(who);
    driver.settle(None, true);
    let (woken, count) = driver.take_woken();
    assert!(count == 1, "slot {slot:#x} of {name} woke {count}");
    let (whom, badge) = (driver.subject(woken[0].who).name(), woken[0].badge);
    say!(uart, "slot {name} {slot:#x} {what} {whom} {badge:#x}");
}

/// Whose thread has this stack pointer.
fn whose(driver: &Driver, stack: u64) -> &'static str {
    let mut positions = 0..driver.plan.subjects();
    let position = positions.find(|position| {
        let subject = driver.subject(*position);
        match subject.is_machine {
            true => STACK + *position as u64 == stack,
            false => subject.tcb == stack,
        }
    });
    position.map_or("unknown", |position| driver.subject(position).name())
}
