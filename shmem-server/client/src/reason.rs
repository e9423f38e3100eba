// SPDX-License-Identifier: BSD-2-Clause

//! Why an attach was refused, in more detail than its status.

use core::fmt;

/// A number of `docs/interfaces/guest-shm.md`, "Reasons", as
/// [`crate::Client::usage`] gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason(pub u32);

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            0 => "none: the last attach was not refused",
            1 => "illegal name",
            2 => "its allow and deny rules",
            3 => "no pool admits the name",
            4 => "no member of the pool",
            5 => "size 0, and no such region",
            6 => "no slot is that large",
            7 => "all slots in use",
            8 => "16 connections of the region",
            9 => "32 connections of this client",
            10 => "its quota of connections",
            11 => "its quota of regions",
            12 => "its quota of memory",
            13 => "no such connection",
            14 => "no such client",
            15 => "not for this caller",
            16 => "defect of the server",
            17 => "no such region",
            other => return write!(f, "reason {other}"),
        })
    }
}
