// SPDX-License-Identifier: BSD-2-Clause

//! Attaching, once, twice and too often; finding.

use super::super::checklist::equal;
use super::Check;
use super::bench::{
    Bench, CONTROL_IDX, CONTROL_STATUS, Connection, DOES_NOT_EXIST, NOMEM, OK, Outcome, SHMEM,
    SIZE, STATUS,
};
use crate::failure;
use crate::machine::Width;
use core::sync::atomic::Ordering;

/// Pages of this guest's own regions: fewer than a slot has.
const PAGES: [u64; 2] = [3, 5];
const NAMES: [&[u8]; 2] = [b"moo-1", b"moo-2"];

pub const CHECKS: &[Check] = &[
    ("an attach creates, with the size asked for", creates),
    ("the creator is connection 0, alone", alone),
    ("a new region's data is zeros, and can be written", zeros),
    (
        "a second attach of the same name gives the same connection",
        again,
    ),
    (
        "a region of size 0 can be joined: its true size is read back",
        join_at_size_0,
    ),
    (
        "an older control page goes on working after a newer attach",
        second,
    ),
    (
        "without a free slot an attach is NOMEM, and shmem stays",
        no_slot,
    ),
    ("find n loads the n-th connection", finds),
    (
        "a store of 8 bytes to size stores the name's start, then attaches",
        wide_store,
    ),
];

fn creates(bench: &mut Bench<'_, '_>) -> Outcome {
    attach(bench, 0)
}

fn attach(bench: &mut Bench<'_, '_>, number: usize) -> Outcome {
    let status = bench.attach(NAMES[number], PAGES[number])?;
    equal(format_args!("status"), status, OK)?;
    equal(format_args!("size"), bench.word(SIZE)?, PAGES[number])?;
    let connection = bench.connect()?;
    bench.own[number] = Some(connection);
    Ok(())
}

fn alone(bench: &mut Bench<'_, '_>) -> Outcome {
    lonely(bench.own(0)?)
}

/// Index 0, and nobody else.
fn lonely(connection: Connection) -> Outcome {
    let idx = connection.control.load(CONTROL_IDX, Width::Word)?;
    equal(format_args!("idx"), idx, 0)?;
    let status = connection.control.load(CONTROL_STATUS, Width::Word)?;
    equal(format_args!("status"), status, 1 << 16)
}

fn zeros(bench: &mut Bench<'_, '_>) -> Outcome {
    let data = bench.own(0)?.data;
    if let Some(at) = data
        .iter()
        .position(|word| word.load(Ordering::Relaxed) != 0)
    {
        return Err(failure!("word {at} is not 0"));
    }
    for (value, word) in (1..).zip(data) {
        word.store(value, Ordering::Relaxed);
    }
    let wrong = (1..)
        .zip(data)
        .find(|(value, word)| word.load(Ordering::Relaxed) != *value);
    wrong.map_or(Ok(()), |(at, _)| {
        Err(failure!("word {} did not keep its value", at - 1))
    })
}

fn again(bench: &mut Bench<'_, '_>) -> Outcome {
    same_again(bench, 1)
}

fn join_at_size_0(bench: &mut Bench<'_, '_>) -> Outcome {
    same_again(bench, 0)
}

fn same_again(bench: &mut Bench<'_, '_>, asked: u64) -> Outcome {
    let first = bench.own(0)?;
    equal(format_args!("status"), bench.attach(NAMES[0], asked)?, OK)?;
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, first.shmem)?;
    equal(format_args!("size"), bench.word(SIZE)?, first.pages)?;
    lonely(first)
}

fn second(bench: &mut Bench<'_, '_>) -> Outcome {
    attach(bench, 1)?;
    if bench.own(0)?.shmem == bench.own(1)?.shmem {
        return Err(failure!("two regions have one control page"));
    }
    lonely(bench.own(0)?)?;
    lonely(bench.own(1)?)
}

fn no_slot(bench: &mut Bench<'_, '_>) -> Outcome {
    // The peer has the third slot.
    equal(format_args!("status"), bench.attach(b"moo-3", 1)?, NOMEM)?;
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, bench.own(1)?.shmem)?;
    lonely(bench.own(0)?)
}

fn finds(bench: &mut Bench<'_, '_>) -> Outcome {
    for (nth, name) in [(0, NAMES[0]), (1, NAMES[1])] {
        equal(format_args!("status"), bench.find(nth)?, OK)?;
        let connection = bench.own(nth as usize)?;
        let shmem = bench.factory.load(SHMEM, Width::Double)?;
        equal(format_args!("shmem"), shmem, connection.shmem)?;
        equal(format_args!("size"), bench.word(SIZE)?, connection.pages)?;
        if !bench.name()?.starts_with(name) {
            return Err(failure!("find {nth} gives the name {:?}", bench.name()?));
        }
    }
    equal(format_args!("find 2"), bench.find(2)?, DOES_NOT_EXIST)?;
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, bench.own(1)?.shmem)
}

fn wide_store(bench: &mut Bench<'_, '_>) -> Outcome {
    bench.store_name(b"----2")?;
    let start = u64::from(u32::from_le_bytes(*b"moo-"));
    bench.factory.store(SIZE, Width::Double, start << 32 | 1)?;
    equal(format_args!("status"), bench.word(STATUS)?, OK)?;
    equal(format_args!("size"), bench.word(SIZE)?, PAGES[1])?;
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, bench.own(1)?.shmem)
}
