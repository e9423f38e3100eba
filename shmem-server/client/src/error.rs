// SPDX-License-Identifier: BSD-2-Clause

//! What can go wrong.

use core::fmt;
use shmem_server_api::Status;

/// Why an operation did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The server refused, with a status code of the register interface.
    Refused(Status),
    /// The connection has ended: detached, reset, or dropped by the manager.
    Ended,
    /// The server attached a slot that is not mapped here at that size: the system
    /// was generated wrongly. The connection has been ended again.
    NotMapped {
        /// The slot.
        slot: u16,
        /// Pages of the region.
        pages: u32,
    },
    /// More calls than our pace allows: nothing was done, the server not asked. There
    /// is a token again at this value of the counter; a peer's signal brings one too.
    TooOften {
        /// The counter value.
        until: u64,
    },
    /// The server's answer fits no question of ours.
    Protocol,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(status) => f.write_str(refusal(*status)),
            Self::Ended => f.write_str("the connection has ended: attach again"),
            Self::NotMapped { slot, pages } => write!(
                f,
                "slot {slot} is not mapped here with {pages} pages: generate the system anew"
            ),
            Self::TooOften { until } => write!(
                f,
                "too many calls: try again at counter value {until}, or raise `calls_per_second`"
            ),
            Self::Protocol => f.write_str(
                "the server's answer makes no sense: build server and client of one version",
            ),
        }
    }
}

impl core::error::Error for Error {}

/// A refusal in words, with its remedy.
fn refusal(status: Status) -> &'static str {
    match status {
        Status::Ok => "refused with OK (0), which cannot be",
        Status::UnknownFailure => "UNKNOWN_FAILURE (1): `Client::usage` has the reason",
        Status::NoMem => "NOMEM (2): no free slot of that size; ask for less, or free a region",
        Status::ClientMax => "CLIENT_MAX (3): the region has 16 connections; detach one",
        Status::IllegalName => {
            "ILLEGAL_NAME (4): use 1 to 31 printable ASCII characters without '/'"
        }
        Status::NoPermission => {
            "NO_PERMISSION (5): policy forbids this name; see `allow` in the manifest"
        }
        Status::DoesNotExist => "DOES_NOT_EXIST (6): there is no such connection",
    }
}
