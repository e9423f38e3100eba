// SPDX-License-Identifier: BSD-2-Clause

//! The factory page before anything is attached.

use super::super::checklist::equal;
use super::Check;
use super::bench::{
    Bench, DOES_NOT_EXIST, FACTORY_END, FEATURES, FIND, ILLEGAL_NAME, NAME, Outcome, SHMEM, SIZE,
    STATUS, UNKNOWN_FAILURE, VECTOR, aborts,
};
use crate::failure;
use crate::machine::{Odd, Page, Width};

/// "QVMG2GSM" in memory order.
const SIGNATURE: u64 = 0x4d53_4732_474d_5651;

pub const CHECKS: &[Check] = &[
    ("the signature is the reference page's", signature),
    ("vector is the INTID of the device tree", vector),
    (
        "shmem and size are 0 before the first attach",
        nothing_attached,
    ),
    ("find without a connection is DOES_NOT_EXIST", nothing_found),
    (
        "loads of 1, 2, 4 and 8 bytes see the same registers",
        widths,
    ),
    (
        "stores to signature, shmem, vector and status are ignored",
        read_only,
    ),
    (
        "stores of 1, 2, 4 and 8 bytes merge in the name",
        name_merges,
    ),
    (
        "a store to a part of size merges and does not attach",
        size_merges,
    ),
    (
        "a store to a part of find merges and does not find",
        find_merges,
    ),
    ("what is not defined reads 0 and ignores stores", undefined),
    ("an unaligned access has no effect", unaligned),
    (
        "pairs and write-back forms are done element by element",
        pairs,
    ),
    ("a load-acquire is a load", acquire),
    (
        "SIMD and exclusive accesses are external aborts, and have no effect",
        odd,
    ),
];

/// The defined part of the page, in doubles.
fn image(page: Page) -> Result<[u64; 8], crate::machine::Abort> {
    let mut image = [0; 8];
    for (offset, double) in (0..).step_by(8).zip(&mut image) {
        *double = page.load(offset, Width::Double)?;
    }
    Ok(image)
}

fn unchanged(page: Page, before: &[u64; 8]) -> Outcome {
    for (n, (is, was)) in image(page)?.into_iter().zip(before).enumerate() {
        equal(format_args!("double at {:#x}", n * 8), is, *was)?;
    }
    Ok(())
}

/// Every aligned load of the first `bytes` against loads of 8.
pub fn same_in_every_width(page: Page, bytes: u64) -> Outcome {
    for width in Width::ALL {
        for offset in (0..bytes).step_by(width as usize) {
            let whole = page.load(offset & !7, Width::Double)?;
            let part = whole >> (8 * (offset & 7)) & width.mask();
            let is = page.load(offset, width)?;
            equal(format_args!("{width:?} at {offset:#x}"), is, part)?;
        }
    }
    Ok(())
}

fn signature(bench: &mut Bench<'_, '_>) -> Outcome {
    let is = bench.factory.load(0, Width::Double)?;
    equal(format_args!("signature"), is, SIGNATURE)
}

fn vector(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(
        format_args!("vector"),
        bench.word(VECTOR)?,
        bench.intid.into(),
    )
}

fn nothing_attached(bench: &mut Bench<'_, '_>) -> Outcome {
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, 0)?;
    equal(format_args!("size"), bench.word(SIZE)?, 0)
}

fn nothing_found(bench: &mut Bench<'_, '_>) -> Outcome {
    for nth in [0, 1, 0xffff_ffff] {
        equal(format_args!("find {nth}"), bench.find(nth)?, DOES_NOT_EXIST)?;
    }
    nothing_attached(bench)
}

fn widths(bench: &mut Bench<'_, '_>) -> Outcome {
    bench.store_name(b"abcdefghijklmnopqrstuvwxyz01234")?;
    same_in_every_width(bench.factory, FACTORY_END)
}

fn read_only(bench: &mut Bench<'_, '_>) -> Outcome {
    let before = image(bench.factory)?;
    for width in Width::ALL {
        for offset in (0..SIZE).step_by(width as usize) {
            bench.factory.store(offset, width, 0x5a5a_5a5a_5a5a_5a5a)?;
        }
    }
    bench.factory.store_pair(0, !0, !0)?;
    unchanged(bench.factory, &before)
}

fn name_merges(bench: &mut Bench<'_, '_>) -> Outcome {
    let page = bench.factory;
    bench.store_name(&[b'-'; 32])?;
    page.store(NAME + 0x01, Width::Byte, b'B'.into())?;
    page.store(NAME + 0x02, Width::Half, u16::from_le_bytes(*b"CD").into())?;
    page.store(
        NAME + 0x08,
        Width::Word,
        u32::from_le_bytes(*b"EFGH").into(),
    )?;
    page.store(NAME + 0x14, Width::Double, u64::from_le_bytes(*b"IJKLMNOP"))?;
    if bench.name()? == *b"-BCD----EFGH--------IJKLMNOP----" {
        Ok(())
    } else {
        Err(failure!("the name reads {:?}", bench.name()?))
    }
}

fn size_merges(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(format_args!("find"), bench.find(7)?, DOES_NOT_EXIST)?;
    bench.factory.store(SIZE, Width::Half, 0x1234)?;
    bench.factory.store(SIZE + 2, Width::Half, 0x5678)?;
    bench.factory.store(SIZE + 1, Width::Byte, 0xab)?;
    equal(format_args!("size"), bench.word(SIZE)?, 0x5678_ab34)?;
    equal(format_args!("status"), bench.word(STATUS)?, DOES_NOT_EXIST)
}

fn find_merges(bench: &mut Bench<'_, '_>) -> Outcome {
    equal(format_args!("status"), bench.attach(b"/", 1)?, ILLEGAL_NAME)?;
    bench.factory.store(FIND, Width::Half, 0x1234)?;
    bench.factory.store(FIND + 3, Width::Byte, 0x56)?;
    let find = bench.word(FIND)?;
    equal(format_args!("find"), find & 0xff00_ffff, 0x5600_1234)?;
    equal(format_args!("status"), bench.word(STATUS)?, ILLEGAL_NAME)
}

fn undefined(bench: &mut Bench<'_, '_>) -> Outcome {
    let before = image(bench.factory)?;
    undefined_from(bench.factory, FACTORY_END)?;
    unchanged(bench.factory, &before)
}

/// The rest of a page, from `start` and without Tombolo's own registers, reads 0 and
/// ignores stores.
pub fn undefined_from(page: Page, start: u64) -> Outcome {
    for width in Width::ALL {
        for offset in [start, start + 0x100, 0x1000 - width as u64] {
            page.store(offset, width, !0)?;
            equal(format_args!("{offset:#x}"), page.load(offset, width)?, 0)?;
        }
    }
    let rest = (start..FEATURES.start).chain(FEATURES.end..0x1000);
    for offset in rest.step_by(8) {
        page.store(offset, Width::Double, !0)?;
        let is = page.load(offset, Width::Double)?;
        equal(format_args!("{offset:#x}"), is, 0)?;
    }
    Ok(())
}

/// A core may take an alignment fault itself, as this page is device memory; what
/// reaches the hypervisor is ignored, with UNKNOWN_FAILURE in `status`.
fn unaligned(bench: &mut Bench<'_, '_>) -> Outcome {
    let page = bench.factory;
    let before = image(page)?;
    for (offset, width) in [(1, Width::Half), (0x11, Width::Word), (0x0c, Width::Double)] {
        match page.load(offset, width) {
            Ok(value) => {
                equal(format_args!("{width:?} at {offset:#x}"), value, 0)?;
                equal(format_args!("status"), bench.word(STATUS)?, UNKNOWN_FAILURE)?;
            }
            Err(abort) if abort.is_alignment() => {}
            Err(abort) => return Err(abort.into()),
        }
    }
    for (offset, width) in [
        (0x1b, Width::Half),
        (0x16, Width::Word),
        (0x14, Width::Double),
    ] {
        match page.store(offset, width, 3) {
            Err(abort) if !abort.is_alignment() => return Err(abort.into()),
            _ => {}
        }
    }
    equal(
        format_args!("size"),
        bench.word(SIZE)?,
        before[3] & 0xffff_ffff,
    )?;
    equal(
        format_args!("name"),
        page.load(NAME + 4, Width::Double)?,
        before[4],
    )
}

fn pairs(bench: &mut Bench<'_, '_>) -> Outcome {
    let page = bench.factory;
    let (signature, shmem) = page.load_pair(0, true)?;
    equal(format_args!("first of a pair"), signature, SIGNATURE)?;
    equal(format_args!("second of a pair"), shmem, 0)?;
    let (vector, status) = page.load_pair(VECTOR, false)?;
    equal(format_args!("vector of a pair"), vector, bench.intid.into())?;
    equal(
        format_args!("status of a pair"),
        status,
        bench.word(STATUS)?,
    )?;
    page.store_pair(0x20, 0x0102_0304_0506_0708, 0x1112_1314_1516_1718)?;
    let stored = page.load(0x28, Width::Double)?;
    equal(format_args!("stored pair"), stored, 0x1112_1314_1516_1718)?;
    let (value, grown) = page.load_and_advance(VECTOR)?;
    equal(
        format_args!("loaded with write-back"),
        value,
        bench.intid.into(),
    )?;
    equal(format_args!("growth of the base"), grown, 4)
}

fn acquire(bench: &mut Bench<'_, '_>) -> Outcome {
    let value = bench.factory.odd(VECTOR, Odd::LoadAcquire)?;
    equal(format_args!("vector"), value, bench.intid.into())
}

fn odd(bench: &mut Bench<'_, '_>) -> Outcome {
    let page = bench.factory;
    let before = image(page)?;
    aborts("a SIMD load", page.odd(0, Odd::LoadSimd))?;
    aborts("a SIMD store", page.odd(0x20, Odd::StoreSimd))?;
    aborts("a load-exclusive", page.odd(VECTOR, Odd::LoadExclusive))?;
    unchanged(page, &before)
}
