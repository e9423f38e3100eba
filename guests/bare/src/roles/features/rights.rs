// SPDX-License-Identifier: BSD-2-Clause

//! Rights: who may signal whom, and who may only read.

use super::super::remote::{Check, RUNNER, Stage, control, factory};
use super::{A, B, C};
use crate::run::Failure;
use bare_guests::remote::Order;

const EVERYONE_ELSE: u64 = 0xffff_ffff;
/// First word of the data.
const DATA: u64 = 0x1000;

pub const CHECKS: &[Check] = &[
    (
        "a signal that policy withholds reaches nobody and is counted",
        withheld,
    ),
    ("the other direction of that pair is granted", granted),
    (
        "a reader's store is an external abort and changes nothing",
        read_only,
    ),
    ("a reader joins, signals and is signalled", reader_signals),
    (
        "nobody reaches the memory of a pool he is no member of",
        not_a_member,
    ),
];

/// A, B and the runner attach `pair-1`: indices 0, 1 and 2.
fn three(stage: &mut Stage<'_, '_>) -> Result<[u64; 3], Failure> {
    let mut shmem = [0; 3];
    for (who, at) in [A, B, RUNNER].into_iter().zip(&mut shmem) {
        *at = stage.attach(who, "pair-1", 1)?;
    }
    for (who, at) in [A, B, RUNNER].into_iter().zip(shmem) {
        stage.status_is(who, at, 0b111, 0)?;
    }
    Ok(shmem)
}

fn leave(stage: &mut Stage<'_, '_>, [a, b, mine]: [u64; 3]) -> Result<(), Failure> {
    stage.detach(A, a)?;
    stage.detach(B, b)?;
    stage.detach(RUNNER, mine)
}

fn withheld(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [a, b, mine] = three(stage)?;
    // Oneself and the runner, not B.
    stage.word_is(A, "may_signal", a + control::MAY_SIGNAL, 0b101)?;
    for (targets, count) in [(0b010, 1), (EVERYONE_ELSE, 2), (0b111, 3)] {
        stage.notify(A, a, targets)?;
        stage.word_is(A, "refused", a + control::REFUSED, count)?;
    }
    stage.quiet(B)?;
    stage.status_is(B, b, 0b111, 0)?;
    stage.word_is(B, "received", b + control::RECEIVED, 0)?;
    stage.status_is(RUNNER, mine, 0b111, 0b001)?;
    stage.status_is(A, a, 0b111, 0b001)?;
    leave(stage, all)
}

fn granted(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let all @ [a, b, mine] = three(stage)?;
    stage.word_is(B, "may_signal", b + control::MAY_SIGNAL, 0b111)?;
    stage.notify(B, b, EVERYONE_ELSE)?;
    stage.interrupted(A)?;
    stage.status_is(A, a, 0b111, 0b010)?;
    stage.status_is(RUNNER, mine, 0b111, 0b010)?;
    stage.word_is(B, "refused", b + control::REFUSED, 0)?;
    leave(stage, all)
}

fn read_only(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let writer = stage.attach(B, "pair-1", 1)?;
    let reader = stage.attach(C, "pair-1", 1)?;
    stage.word_is(B, "access", writer + control::ACCESS, 3)?;
    stage.word_is(C, "access", reader + control::ACCESS, 1)?;
    stage.word_is(C, "last access", factory::ACCESS, 1)?;
    stage.store(B, writer + DATA, 0x600d_da7a)?;
    stage.word_is(C, "the word", reader + DATA, 0x600d_da7a)?;
    for log2 in 0..4 {
        let order = Order::Store {
            address: reader + DATA,
            log2,
            value: 0xbad,
        };
        stage.aborts(C, &order)?;
    }
    // The last byte of the slot, far behind the region's end.
    stage.map(C, reader + DATA, 0x10000)?;
    let order = Order::Store {
        address: reader + DATA + 0xffff,
        log2: 0,
        value: 0xbad,
    };
    stage.aborts(C, &order)?;
    stage.word_is(C, "the word", reader + DATA, 0x600d_da7a)?;
    stage.word_is(B, "the word", writer + DATA, 0x600d_da7a)?;
    stage.detach(C, reader)?;
    stage.detach(B, writer)
}

fn reader_signals(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    // A reader may create, too: whoever writes comes later.
    let reader = stage.attach(C, "pair-1", 1)?;
    let writer = stage.attach(B, "pair-1", 1)?;
    stage.status_is(C, reader, 0b11, 0)?;
    stage.status_is(B, writer, 0b11, 0)?;
    stage.notify(C, reader, EVERYONE_ELSE)?;
    stage.interrupted(B)?;
    stage.status_is(B, writer, 0b11, 0b01)?;
    stage.notify(B, writer, 0b01)?;
    stage.interrupted(C)?;
    stage.status_is(C, reader, 0b11, 0b10)?;
    stage.detach(C, reader)?;
    stage.detach(B, writer)
}

fn not_a_member(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let shmem = stage.attach(A, "a-only", 1)?;
    let (address, log2) = (shmem + DATA, 2);
    stage.map(B, address, 0x1000)?;
    stage.aborts(B, &Order::Load { address, log2 })?;
    let value = 0xbad;
    stage.aborts(
        B,
        &Order::Store {
            address,
            log2,
            value,
        },
    )?;
    stage.word_is(A, "the word", address, 0)?;
    stage.detach(A, shmem)
}
