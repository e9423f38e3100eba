// SPDX-License-Identifier: BSD-2-Clause

//! What can go wrong, with what to do about it.

use core::fmt;
use std::io;

/// The device's answer to an attach that it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(pub u32);

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            1 => "UNKNOWN_FAILURE (1): see the console of the hypervisor for the reason",
            2 => "NOMEM (2): no free memory of that size; ask for less, or free a region",
            3 => "CLIENT_MAX (3): the region has 16 connections already; detach one",
            4 => "ILLEGAL_NAME (4): use 1 to 31 printable ASCII characters without '/'",
            5 => {
                "NO_PERMISSION (5): this guest may not attach that name; \
                  change its allow list in the system description"
            }
            6 => "DOES_NOT_EXIST (6): there is no such connection",
            other => return write!(f, "status {other}, which is not defined"),
        })
    }
}

/// Why a command or a step of the demo failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The driver's device file cannot be opened.
    #[error(
        "cannot open {path}: {source}\n  load the driver (insmod guest_shm.ko) and be root; \
         `dmesg | grep guest_shm` says whether this guest has the device"
    )]
    NoDevice {
        /// The file.
        path: &'static str,
        /// What opening said.
        source: io::Error,
    },
    /// The device refused an attach.
    #[error("attach of \"{name}\" refused: {refusal}")]
    Refused {
        /// The name asked for.
        name: String,
        /// The device's answer.
        refusal: Refusal,
    },
    /// The operating system or the driver refused.
    #[error("{what}: {source}")]
    Os {
        /// What was being done.
        what: String,
        /// What was said.
        source: io::Error,
    },
    /// What was waited for did not come.
    #[error("waited {seconds} s for {what}, which did not come")]
    Timeout {
        /// What was waited for.
        what: String,
        /// For how long.
        seconds: u64,
    },
    /// A check failed: the peers or the device did not do what they should.
    #[error("{0}")]
    Check(String),
}

impl Error {
    /// An operating system's error while doing `what`.
    pub fn os(what: impl Into<String>, source: impl Into<io::Error>) -> Error {
        Error::Os {
            what: what.into(),
            source: source.into(),
        }
    }

    /// The exit code of a program that ends with this. 2 is a wrong command line.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Check(_) | Error::Os { .. } => 1,
            Error::NoDevice { .. } => 3,
            Error::Refused { .. } => 4,
            Error::Timeout { .. } => 5,
        }
    }
}
