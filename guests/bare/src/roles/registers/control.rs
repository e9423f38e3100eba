// SPDX-License-Identifier: BSD-2-Clause

//! A control page without peers: its registers, signals to oneself, detach.

use super::super::checklist::equal;
use super::Check;
use super::bench::{
    Bench, CONTROL_DETACH, CONTROL_END, CONTROL_IDX, CONTROL_NOTIFY, CONTROL_STATUS,
    DOES_NOT_EXIST, EVERYONE_ELSE, OK, Outcome, SHMEM, STATUS, UNKNOWN_FAILURE, aborts,
};
use super::factory::{same_in_every_width, undefined_from};
use crate::failure;
use crate::machine::{Odd, Width};
use core::sync::atomic::Ordering;

pub const CHECKS: &[Check] = &[
    ("the control page reads the same in every width", widths),
    ("stores to status and idx are ignored", read_only),
    (
        "notify and detach read 0, and so does all behind them",
        undefined,
    ),
    ("an unaligned access has no effect", unaligned),
    ("a pair reads status and idx", pair),
    ("SIMD and exclusive accesses are external aborts", odd),
    (
        "a signal to oneself interrupts and is read once",
        self_signal,
    ),
    ("stores of 1 and 2 bytes to notify signal", narrow_signals),
    (
        "signals to absent connections and to everyone else do nothing",
        nobody,
    ),
    (
        "after detach the control page is an external abort",
        detached,
    ),
    ("after detach the data stays mapped", data_stays),
    (
        "after detach find knows only the other region",
        found_without,
    ),
    (
        "a detached name can be attached again: created afresh, zeros",
        afresh,
    ),
    ("a slot that became free is NOMEM's end", slot_again),
];

fn widths(bench: &mut Bench<'_, '_>) -> Outcome {
    same_in_every_width(bench.own(0)?.control, CONTROL_END)
}

fn read_only(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    for width in Width::ALL {
        for offset in (0..CONTROL_NOTIFY).step_by(width as usize) {
            control.store(offset, width, 0x5a5a_5a5a_5a5a_5a5a)?;
        }
    }
    let both = control.load(CONTROL_STATUS, Width::Double)?;
    equal(format_args!("status and idx"), both, 1 << 16)
}

fn undefined(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    let both = control.load(CONTROL_NOTIFY, Width::Double)?;
    equal(format_args!("notify and detach"), both, 0)?;
    undefined_from(control, CONTROL_END)
}

/// The page is mapped as normal memory, so these reach the hypervisor.
fn unaligned(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    for (offset, width) in [(1, Width::Word), (5, Width::Half), (4, Width::Double)] {
        equal(format_args!("find"), bench.find(0)?, OK)?;
        let value = control.load(offset, width)?;
        equal(format_args!("{width:?} at {offset:#x}"), value, 0)?;
        equal(format_args!("status"), bench.word(STATUS)?, UNKNOWN_FAILURE)?;
    }
    // Each would touch notify or detach.
    for (offset, width) in [(6, Width::Word), (0x0d, Width::Half), (0x0c, Width::Double)] {
        control.store(offset, width, !0)?;
    }
    let both = control.load(CONTROL_STATUS, Width::Double)?;
    equal(format_args!("status and idx"), both, 1 << 16)
}

fn pair(bench: &mut Bench<'_, '_>) -> Outcome {
    let (status, idx) = bench.own(0)?.control.load_pair(CONTROL_STATUS, false)?;
    equal(format_args!("status"), status, 1 << 16)?;
    equal(format_args!("idx"), idx, 0)
}

fn odd(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    aborts("a SIMD load", control.odd(0, Odd::LoadSimd))?;
    aborts("a SIMD store", control.odd(0, Odd::StoreSimd))?;
    aborts(
        "a load-exclusive",
        control.odd(CONTROL_IDX, Odd::LoadExclusive),
    )?;
    let status = control.load(CONTROL_STATUS, Width::Word)?;
    equal(format_args!("status"), status, 1 << 16)
}

fn self_signal(bench: &mut Bench<'_, '_>) -> Outcome {
    signal_myself(bench, Width::Word)
}

fn narrow_signals(bench: &mut Bench<'_, '_>) -> Outcome {
    signal_myself(bench, Width::Byte)?;
    signal_myself(bench, Width::Half)
}

fn signal_myself(bench: &mut Bench<'_, '_>, width: Width) -> Outcome {
    let control = bench.own(0)?.control;
    bench.settle(bench.own(0)?)?;
    control.store(CONTROL_NOTIFY, width, 1)?;
    bench.interrupted()?;
    let first = control.load(CONTROL_STATUS, Width::Word);
    let second = control.load(CONTROL_STATUS, Width::Word);
    bench.end();
    equal(format_args!("status"), first?, 1 << 16 | 1)?;
    equal(format_args!("status, read again"), second?, 1 << 16)?;
    bench.quiet()
}

fn nobody(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    bench.settle(bench.own(0)?)?;
    for targets in [0, 0xfffe, 0xffff_0000, EVERYONE_ELSE] {
        control.store(CONTROL_NOTIFY, Width::Word, targets)?;
    }
    bench.quiet()?;
    let status = control.load(CONTROL_STATUS, Width::Word)?;
    equal(format_args!("status"), status, 1 << 16)
}

fn detached(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(0)?.control;
    // Any value detaches.
    control.store(CONTROL_DETACH, Width::Word, 0)?;
    for offset in [CONTROL_STATUS, CONTROL_IDX, CONTROL_END, 0xff8] {
        aborts("a load", control.load(offset, Width::Word))?;
    }
    aborts("a signal", control.store(CONTROL_NOTIFY, Width::Word, 1))?;
    aborts(
        "a second detach",
        control.store(CONTROL_DETACH, Width::Word, 1),
    )?;
    aborts("a pair", control.load_pair(CONTROL_STATUS, false))?;
    bench.quiet()
}

fn data_stays(bench: &mut Bench<'_, '_>) -> Outcome {
    // A load only: the memory is another's now, or nobody's.
    let word = bench.own(0)?.data.first();
    word.map(|word| word.load(Ordering::Relaxed))
        .map_or_else(|| Err(failure!("no data")), |_| Ok(()))
}

fn found_without(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(format_args!("find 0"), bench.find(0)?, OK)?;
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, bench.own(1)?.shmem)?;
    equal(format_args!("find 1"), bench.find(1)?, DOES_NOT_EXIST)
}

/// The region was this guest's alone, so it ended, and its bytes with it.
fn afresh(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(format_args!("status"), bench.attach(b"moo-1", 2)?, OK)?;
    let connection = bench.connect()?;
    equal(format_args!("size"), connection.pages, 2)?;
    bench.own[0] = Some(connection);
    let dirty = connection
        .data
        .iter()
        .position(|word| word.load(Ordering::Relaxed) != 0);
    dirty.map_or(Ok(()), |at| Err(failure!("word {at} is not 0")))?;
    let both = connection.control.load(CONTROL_STATUS, Width::Double)?;
    equal(format_args!("status and idx"), both, 1 << 16)
}

fn slot_again(bench: &mut Bench<'_, '_>) -> Outcome {
    let control = bench.own(1)?.control;
    control.store(CONTROL_DETACH, Width::Word, 0xffff_ffff)?;
    bench.own[1] = None;
    equal(format_args!("status"), bench.attach(b"moo-3", 1)?, OK)?;
    let third = bench.connect()?;
    third.control.store(CONTROL_DETACH, Width::Word, 1)?;
    aborts("a load", third.control.load(CONTROL_STATUS, Width::Word))
}
