// SPDX-License-Identifier: BSD-2-Clause

//! What tells that the registers are there, and which regions there are.

use super::super::checklist::equal;
use super::super::remote::{Check, RUNNER, Stage, control, factory, name_at};
use super::{A, B, C};
use crate::failure;
use crate::run::Failure;

/// `tombolo` and a NUL.
const MAGIC: u64 = u64::from_le_bytes(*b"tombolo\0");
const DOES_NOT_EXIST: u64 = 6;
const NOBODY: u64 = 0xffff_ffff;

pub const CHECKS: &[Check] = &[
    ("magic, version and features are on both pages", head),
    (
        "the list shows what a guest may attach, and who is there",
        list,
    ),
    (
        "the list shows nobody a name that he may not attach",
        hidden,
    ),
    (
        "a region that policy creates is there without anybody, and stays",
        created,
    ),
];

fn head(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let shmem = stage.attach(A, "pair-1", 2)?;
    for page in [0, shmem] {
        let magic = stage.double(A, page + factory::MAGIC)?;
        equal(format_args!("magic"), magic, MAGIC)?;
        stage.word_is(A, "version", page + factory::VERSION, 2)?;
        stage.word_is(A, "features", page + factory::FEATURES, 0x7f)?;
    }
    stage.word_is(A, "pages", shmem + control::PAGES, 2)?;
    name_at(stage, A, shmem + control::NAME, "pair-1")?;
    stage.detach(A, shmem)
}

/// Where `name` is in the list of a guest: the fields are loaded.
fn listed(stage: &mut Stage<'_, '_>, who: usize, name: &str) -> Result<bool, Failure> {
    for nth in 0..64 {
        stage.store(who, factory::NTH, nth)?;
        stage.word_is(who, "nth", factory::NTH, nth)?;
        match stage.word(who, factory::LIST_STATUS)? {
            0 if name_at(stage, who, factory::LIST_NAME, name).is_ok() => return Ok(true),
            0 => {}
            DOES_NOT_EXIST => {
                // Nothing of the entry before is left.
                stage.word_is(who, "pages past the end", factory::LIST_PAGES, 0)?;
                return Ok(false);
            }
            other => return Err(failure!("list status {other}")),
        }
    }
    Err(failure!("the list has no end"))
}

fn must_list(stage: &mut Stage<'_, '_>, who: usize, name: &str) -> Result<(), Failure> {
    if listed(stage, who, name)? {
        Ok(())
    } else {
        Err(failure!("guest {who}: {name} is not in the list"))
    }
}

fn list(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let at_a = stage.attach(A, "pair-1", 3)?;
    let generation = stage.word(A, at_a + control::GENERATION)?;
    stage.word_is(A, "last generation", factory::GENERATION, generation)?;
    stage.word_is(A, "last access", factory::ACCESS, 3)?;
    let at_b = stage.attach(B, "pair-1", 1)?;
    must_list(stage, RUNNER, "pair-1")?;
    stage.word_is(RUNNER, "pages", factory::LIST_PAGES, 3)?;
    stage.word_is(RUNNER, "active", factory::LIST_ACTIVE, 0b11)?;
    stage.word_is(RUNNER, "index", factory::LIST_INDEX, NOBODY)?;
    stage.word_is(RUNNER, "generation", factory::LIST_GENERATION, generation)?;
    must_list(stage, B, "pair-1")?;
    stage.word_is(B, "index", factory::LIST_INDEX, 1)?;
    stage.detach(A, at_a)?;
    must_list(stage, RUNNER, "pair-1")?;
    stage.word_is(RUNNER, "active", factory::LIST_ACTIVE, 0b10)?;
    stage.detach(B, at_b)?;
    if listed(stage, RUNNER, "pair-1")? {
        return Err(failure!("a region that has ended is in the list"));
    }
    Ok(())
}

fn hidden(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    let shmem = stage.attach(A, "a-only", 1)?;
    must_list(stage, A, "a-only")?;
    for who in [RUNNER, B, C] {
        if listed(stage, who, "a-only")? {
            return Err(failure!("guest {who} is told of it"));
        }
    }
    stage.detach(A, shmem)
}

fn created(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    must_list(stage, B, "made-1")?;
    stage.word_is(B, "active", factory::LIST_ACTIVE, 0)?;
    stage.word_is(B, "pages", factory::LIST_PAGES, 2)?;
    // Whatever size is asked for.
    let shmem = stage.attach(B, "made-1", 9)?;
    let generation = stage.word(B, shmem + control::GENERATION)?;
    stage.word_is(B, "size", factory::SIZE, 2)?;
    stage.word_is(B, "regions charged for", factory::REGIONS, 0)?;
    stage.store(B, shmem + 0x2000, 0x1234_5678)?;
    stage.detach(B, shmem)?;
    let again = stage.attach(A, "made-1", 1)?;
    stage.word_is(A, "the word written before", again + 0x2000, 0x1234_5678)?;
    stage.word_is(A, "generation", again + control::GENERATION, generation)?;
    stage.detach(A, again)
}
