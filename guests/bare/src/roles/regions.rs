// SPDX-License-Identifier: BSD-2-Clause

//! Many regions in one guest, on one line, from a device at another place.
//!
//! The pool has 31 slots; with the desks' that makes the 32 regions that a guest can
//! be attached to. The manifest puts the runner's device at [`LOC`] with [`INTR`].

use super::checklist::equal;
use super::remote::{Check, RUNNER, Stage, control, factory, name_at, run_checks};
use crate::failure;
use crate::run::{Failure, Machine};
use bare_guests::remote::Order;
use core::fmt::Write;
use heapless::String;

const LOC: u64 = 0x0b00_0000;
const INTR: u64 = 77;
/// Where the device is if the manifest does not say.
const DEFAULT_LOC: u64 = 0x0a00_0000;
const A: usize = 1;
const REGIONS: u64 = 31;
const DATA: u64 = 0x1000;
const UNKNOWN_FAILURE: u32 = 1;
const DOES_NOT_EXIST: u64 = 6;

const CHECKS: &[Check] = &[
    ("the device is where loc and intr put it", place),
    (
        "31 regions beside the desks', each with its own memory",
        attach,
    ),
    ("a 33rd connection is UNKNOWN_FAILURE, reason 9", too_many),
    ("find n and the list show all 32", found),
    (
        "one line serves them all: who signalled is in each status",
        one_line,
    ),
    ("half of them detached, the others go on", half),
];

/// Runs the checks.
pub fn regions(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let device = machine.devices.guest_shm;
    let found = device.map_or((0, None), |d| (d.address, d.intid()));
    equal(format_args!("loc in the device tree"), found.0, LOC)?;
    let intid = found.1.map_or(0, u64::from);
    equal(format_args!("intr in the device tree"), intid, INTR)?;
    run_checks(&mut Stage::new(machine)?, &[CHECKS])
}

fn name(n: u64) -> String<31> {
    let mut name = String::new();
    // It fits.
    let _ = write!(name, "region-{n}");
    name
}

/// An attach again gives the same connection.
fn page(stage: &mut Stage<'_, '_>, n: u64) -> Result<u64, Failure> {
    stage.attach(RUNNER, &name(n), 0)
}

fn place(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.word_is(RUNNER, "vector", factory::VECTOR, INTR)?;
    stage.word_is(RUNNER, "signature", LOC, 0x474d_5651)?;
    let (address, log2) = (DEFAULT_LOC, 2);
    stage.aborts(RUNNER, &Order::Load { address, log2 })
}

fn attach(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for n in 0..REGIONS {
        let shmem = stage.attach(RUNNER, &name(n), 1)?;
        stage.word_is(RUNNER, "the first word", shmem + DATA, 0)?;
        stage.store(RUNNER, shmem + DATA, 0x1000 + n)?;
    }
    for n in 0..REGIONS {
        let shmem = page(stage, n)?;
        stage.word_is(RUNNER, "the first word", shmem + DATA, 0x1000 + n)?;
        stage.status_is(RUNNER, shmem, 1, 0)?;
    }
    Ok(())
}

fn too_many(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.word_is(RUNNER, "connections", factory::CONNECTIONS, 1 + REGIONS)?;
    stage.refused(RUNNER, b"other-0", 1, (UNKNOWN_FAILURE, 9))
}

fn found(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for n in 0..REGIONS {
        let shmem = page(stage, n)?;
        // Connection 0 is to the desks.
        stage.store(RUNNER, factory::FIND, 1 + n)?;
        stage.word_is(RUNNER, "status", factory::STATUS, 0)?;
        let is = stage.double(RUNNER, factory::SHMEM)?;
        equal(format_args!("shmem of {n}"), is, shmem)?;
        name_at(stage, RUNNER, shmem + control::NAME, &name(n))?;
        stage.store(RUNNER, factory::NTH, 1 + n)?;
        stage.word_is(RUNNER, "list status", factory::LIST_STATUS, 0)?;
        name_at(stage, RUNNER, factory::LIST_NAME, &name(n))?;
    }
    stage.store(RUNNER, factory::FIND, 1 + REGIONS)?;
    stage.word_is(RUNNER, "status", factory::STATUS, DOES_NOT_EXIST)?;
    stage.store(RUNNER, factory::NTH, 1 + REGIONS)?;
    stage.word_is(RUNNER, "list status", factory::LIST_STATUS, DOES_NOT_EXIST)
}

/// A joins some of them and signals in some of these.
fn one_line(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    const JOINED: [u64; 4] = [0, 7, 19, 30];
    let mut theirs = [0; 4];
    for (shmem, n) in theirs.iter_mut().zip(JOINED) {
        *shmem = stage.attach(A, &name(n), 1)?;
    }
    for n in JOINED {
        let shmem = page(stage, n)?;
        stage.status_is(RUNNER, shmem, 0b11, 0)?;
    }
    stage.quiet(RUNNER)?;
    for shmem in [theirs[1], theirs[3]] {
        stage.notify(A, shmem, 1)?;
    }
    for (n, signalled) in [(0, 0), (7, 0b10), (19, 0), (30, 0b10)] {
        // High until the last of them was read.
        stage.interrupted(RUNNER)?;
        let shmem = page(stage, n)?;
        stage.status_is(RUNNER, shmem, 0b11, signalled)?;
    }
    stage.quiet(RUNNER)?;
    theirs
        .into_iter()
        .try_for_each(|shmem| stage.detach(A, shmem))?;
    for n in JOINED {
        stage.interrupted(RUNNER)?;
        let shmem = page(stage, n)?;
        stage.status_is(RUNNER, shmem, 1, 0)?;
    }
    stage.quiet(RUNNER)
}

fn half(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    for n in (0..REGIONS).step_by(2) {
        let shmem = page(stage, n)?;
        stage.detach(RUNNER, shmem)?;
        let address = shmem + control::STATUS;
        stage.aborts(RUNNER, &Order::Load { address, log2: 2 })?;
    }
    stage.word_is(RUNNER, "connections", factory::CONNECTIONS, 1 + REGIONS / 2)?;
    for n in (1..REGIONS).step_by(2) {
        let shmem = page(stage, n)?;
        stage.word_is(RUNNER, "the first word", shmem + DATA, 0x1000 + n)?;
        stage.notify(RUNNER, shmem, 1)?;
        stage.interrupted(RUNNER)?;
        stage.status_is(RUNNER, shmem, 1, 1)?;
    }
    let shmem = stage.attach(RUNNER, "other-0", 1)?;
    if stage.word(RUNNER, shmem + DATA)? != 0 {
        return Err(failure!("a region that is born again is not zeros"));
    }
    Ok(())
}
