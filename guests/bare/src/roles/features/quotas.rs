// SPDX-License-Identifier: BSD-2-Clause

//! Quotas, and why an attach was refused: status and reason.
//!
//! The manifest gives A 4 connections, 2 regions and 16 KiB; one connection is to
//! the desks.

use super::super::checklist::equal;
use super::super::remote::{Check, RUNNER, Stage, factory};
use super::{A, B};
use crate::run::Failure;

const UNKNOWN_FAILURE: u32 = 1;
const NOMEM: u32 = 2;
const ILLEGAL_NAME: u32 = 4;
const NO_PERMISSION: u32 = 5;

pub const CHECKS: &[Check] = &[
    ("usage and quotas are as the manifest has them", usage),
    ("a name that is not legal has reason 1", illegal),
    ("a rule, no pool, no member: reasons 2, 3 and 4", policy),
    ("size 0 and no slot that large: reasons 5 and 6", size),
    ("all slots in use: reason 7", slots),
    (
        "quotas of regions, memory and connections: reasons 11, 12 and 10",
        quotas,
    ),
    (
        "who leaves what he created is not charged for it any more",
        charge,
    ),
];

fn uses(
    stage: &mut Stage<'_, '_>,
    connections: u64,
    regions: u64,
    bytes: u64,
) -> Result<(), Failure> {
    stage.word_is(A, "connections", factory::CONNECTIONS, connections)?;
    stage.word_is(A, "regions", factory::REGIONS, regions)?;
    let is = stage.double(A, factory::BYTES)?;
    equal(format_args!("bytes"), is, bytes)
}

fn usage(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    // The connection to the desks, which the runner created.
    uses(stage, 1, 0, 0)?;
    stage.word_is(A, "max connections", factory::MAX_CONNECTIONS, 4)?;
    stage.word_is(A, "max regions", factory::MAX_REGIONS, 2)?;
    let most = stage.double(A, factory::MAX_BYTES)?;
    equal(format_args!("max bytes"), most, 16 << 10)?;
    stage.word_is(B, "max connections", factory::MAX_CONNECTIONS, 32)?;
    stage.word_is(RUNNER, "regions", factory::REGIONS, 1)
}

fn illegal(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    // The device finds that out by itself; a slash is the server's to refuse.
    stage.refused(A, b"pair/1", 1, (ILLEGAL_NAME, 1))
}

fn policy(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.refused(A, b"denied", 1, (NO_PERMISSION, 2))?;
    stage.refused(B, b"poolless", 1, (NO_PERMISSION, 3))?;
    stage.refused(B, b"a-only", 1, (NO_PERMISSION, 4))
}

fn size(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.refused(B, b"pair-1", 0, (UNKNOWN_FAILURE, 5))?;
    stage.refused(B, b"pair-1", 17, (NOMEM, 6))
}

/// The pool has three slots.
fn slots(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let mut held = [0; 3];
    for (shmem, name) in held.iter_mut().zip(["pair-1", "pair-2", "pair-3"]) {
        *shmem = stage.attach(B, name, 1)?;
        // A success has no reason.
        stage.word_is(B, "reason", factory::REASON, 0)?;
    }
    stage.refused(B, b"pair-4", 1, (NOMEM, 7))?;
    held.into_iter()
        .try_for_each(|shmem| stage.detach(B, shmem))
}

fn quotas(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let first = stage.attach(A, "pair-1", 3)?;
    uses(stage, 2, 1, 3 << 12)?;
    stage.refused(A, b"pair-2", 2, (NOMEM, 12))?;
    let second = stage.attach(A, "pair-2", 1)?;
    uses(stage, 3, 2, 4 << 12)?;
    stage.refused(A, b"pair-3", 1, (NOMEM, 11))?;
    // Joining is no creating.
    let others = stage.attach(B, "pair-3", 16)?;
    let third = stage.attach(A, "pair-3", 0)?;
    uses(stage, 4, 2, 4 << 12)?;
    stage.refused(A, b"made-1", 1, (UNKNOWN_FAILURE, 10))?;
    for shmem in [first, second, third] {
        stage.detach(A, shmem)?;
    }
    stage.detach(B, others)?;
    uses(stage, 1, 0, 0)
}

fn charge(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let created = stage.attach(A, "pair-1", 4)?;
    let joined = stage.attach(B, "pair-1", 1)?;
    uses(stage, 2, 1, 4 << 12)?;
    stage.detach(A, created)?;
    uses(stage, 1, 0, 0)?;
    stage.word_is(B, "regions", factory::REGIONS, 0)?;
    stage.detach(B, joined)
}
