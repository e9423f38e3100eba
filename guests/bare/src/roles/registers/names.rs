// SPDX-License-Identifier: BSD-2-Clause

//! Attaches that are refused.

use super::super::checklist::equal;
use super::Check;
use super::bench::{Bench, ILLEGAL_NAME, NO_PERMISSION, NOMEM, Outcome, SHMEM, UNKNOWN_FAILURE};
use crate::machine::Width;

pub const CHECKS: &[Check] = &[
    ("a name without terminator is ILLEGAL_NAME", unterminated),
    ("an empty name is ILLEGAL_NAME", empty),
    ("a name with a slash is ILLEGAL_NAME", slash),
    (
        "a name that is not printable ASCII is ILLEGAL_NAME",
        not_ascii,
    ),
    ("a name that policy forbids is NO_PERMISSION", forbidden),
    ("a name of 31 characters is legal", longest),
    ("size 0 creates nothing: UNKNOWN_FAILURE", no_size),
    ("a size beyond any slot is NOMEM", too_large),
    ("refused attaches leave shmem 0", nothing_attached),
];

fn refused(bench: &Bench<'_, '_>, name: &[u8], pages: u64, code: u64) -> Outcome {
    let status = bench.attach(name, pages)?;
    equal(format_args!("status"), status, code)
}

fn unterminated(bench: &mut Bench<'_, '_>) -> Outcome {
    refused(bench, b"moo-01234567890123456789012345678", 1, ILLEGAL_NAME)
}

fn empty(bench: &mut Bench<'_, '_>) -> Outcome {
    refused(bench, b"", 1, ILLEGAL_NAME)
}

fn slash(bench: &mut Bench<'_, '_>) -> Outcome {
    refused(bench, b"/", 1, ILLEGAL_NAME)?;
    refused(bench, b"moo-a/b", 1, ILLEGAL_NAME)
}

fn not_ascii(bench: &mut Bench<'_, '_>) -> Outcome {
    for name in [
        &b"moo-\xc3\xa4"[..],
        b"moo-\x80",
        b"moo-\t",
        b"moo-\x7f",
        b"\x01",
    ] {
        refused(bench, name, 1, ILLEGAL_NAME)?;
    }
    Ok(())
}

fn forbidden(bench: &mut Bench<'_, '_>) -> Outcome {
    refused(bench, b"zoo", 1, NO_PERMISSION)
}

fn longest(bench: &mut Bench<'_, '_>) -> Outcome {
    // Legal, so it is policy that forbids it.
    refused(bench, &[b'z'; 31], 1, NO_PERMISSION)
}

fn no_size(bench: &mut Bench<'_, '_>) -> Outcome {
    refused(bench, b"moo-1", 0, UNKNOWN_FAILURE)
}

fn too_large(bench: &mut Bench<'_, '_>) -> Outcome {
    for pages in [17, 0x7fff_ffff, 0xffff_ffff] {
        refused(bench, b"moo-1", pages, NOMEM)?;
    }
    Ok(())
}

fn nothing_attached(bench: &mut Bench<'_, '_>) -> Outcome {
    let shmem = bench.factory.load(SHMEM, Width::Double)?;
    equal(format_args!("shmem"), shmem, 0)
}
