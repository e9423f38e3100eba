// SPDX-License-Identifier: BSD-2-Clause

//! How a name can be copied into its field, and out of it.
//!
//! Integer loads and stores of every form work; those of SIMD registers, which a
//! monitor on seL4 cannot reach, are external aborts without effect, and the
//! monitor's log names the instruction.

mod field;

use super::checklist::Tally;
use crate::failure;
use crate::machine::copies::{
    self, Copy, clear_simd, clear_structure, copy_bytes, copy_fromio, copy_overlap,
    copy_post_index, copy_simd, copy_structure, copy_structure_simd, copy_toio, copy_words,
};
use crate::run::{Failure, Machine};
use field::Field;

type Check = (&'static str, fn(&Field) -> Result<(), Failure>);

const CHECKS: &[Check] = &[
    ("a loop over bytes works", |field| {
        works(field, copy_bytes, 1)
    }),
    ("a loop over words works", |field| {
        works(field, copy_words, 4)
    }),
    ("memcpy_toio and memcpy_fromio of Linux work", toio),
    (
        "memcpy of Linux since 5.14, of musl and of glibc's generic kind works",
        |field| works(field, copy_overlap, 1),
    ),
    (
        "a copy with write-back at every step (Linux before 5.14) works",
        |field| works(field, copy_post_index, 1),
    ),
    (
        "a compiler's copy of a structure by integer pairs works",
        |field| works(field, copy_structure, 32),
    ),
    (
        "a compiler's or Linux's memset by integer pairs works",
        clears,
    ),
    (
        "memcpy of glibc's SIMD kind works below 16 bytes, else is an abort at str q0",
        |field| {
            (1..16).try_for_each(|bytes| field.holds(copy_simd, bytes))?;
            (16..=32).try_for_each(|bytes| field.refuses(copy_simd, bytes, STR_Q0))
        },
    ),
    (
        "a compiler's copy of a structure by SIMD pairs is an abort at stp q0, q1",
        |field| field.refuses(copy_structure_simd, 32, STP_Q0_Q1),
    ),
    ("memset of musl and glibc is an abort at str q0", |field| {
        field.refuses(clear_simd, 32, STR_Q0)
    }),
    ("a SIMD load of the name is an abort, too", loads),
];

/// `str q0, [x0]`, `stp q0, q1, [x0]`, `ldr q0, [x1]`.
const STR_Q0: u32 = 0x3d80_0000;
const STP_Q0_Q1: u32 = 0xad00_0400;
const LDR_Q0: u32 = 0x3dc0_0020;

/// Runs the checks.
pub fn copies(machine: &mut Machine<'_>) -> Result<(), Failure> {
    let device = machine.devices.guest_shm;
    let device = device.ok_or_else(|| failure!("the device tree has no qvm,guest_shm"))?;
    let field = Field::new(device.address);
    let mut tally = Tally::default();
    for (sentence, check) in CHECKS {
        tally.note(sentence, check(&field));
    }
    tally.outcome()
}

/// In and out, every length that is a multiple of `step`; then an attach by it.
fn works(field: &Field, copy: Copy, step: usize) -> Result<(), Failure> {
    for bytes in (step..=32).step_by(step) {
        field.holds(copy, bytes)?;
        field.gives(copy, bytes)?;
    }
    field.attaches(copy)
}

fn toio(field: &Field) -> Result<(), Failure> {
    for bytes in 1..=32 {
        field.holds(copy_toio, bytes)?;
        field.gives(copy_fromio, bytes)?;
    }
    field.attaches(copy_toio)
}

fn clears(field: &Field) -> Result<(), Failure> {
    field.fill(b'-')?;
    let name = field.address();
    // SAFETY: the name field.
    unsafe { copies::run(clear_structure, name, 0, 32) }
        .map_err(|aborted| failure!("instruction {:#010x}: an abort", aborted.word))?;
    field.is(&[0; 32])
}

fn loads(field: &Field) -> Result<(), Failure> {
    let mut buffer = [0_u8; 32];
    let to = buffer.as_mut_ptr().expose_provenance() as u64;
    // SAFETY: 32 bytes of this function's, and the name field.
    let outcome = unsafe { copies::run(copy_simd, to, field.address(), 32) };
    field::aborted(outcome, LDR_Q0)
}
