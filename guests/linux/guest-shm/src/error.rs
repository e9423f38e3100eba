// SPDX-License-Identifier: BSD-2-Clause

//! What can go wrong, with what to do about it.

use core::fmt;
use std::io;

use crate::region::Peers;

/// The device's answer to an attach that it refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Its status, one of the original device's.
    pub status: u32,
    /// The reason behind it; 0 if the device tells none.
    pub reason: u32,
}

impl Refusal {
    fn status_name(self) -> &'static str {
        match self.status {
            1 => "UNKNOWN_FAILURE",
            2 => "NOMEM",
            3 => "CLIENT_MAX",
            4 => "ILLEGAL_NAME",
            5 => "NO_PERMISSION",
            6 => "DOES_NOT_EXIST",
            _ => "not defined",
        }
    }

    /// What stands behind it and what to do, as far as the device tells.
    fn remedy(self) -> &'static str {
        match (self.reason, self.status) {
            (1, _) | (0, 4) => "use 1 to 31 printable ASCII characters without '/'",
            (2, _) => {
                "this guest's allow and deny rules forbid the name: change them in the manifest"
            }
            (3, _) => "no pool of the manifest has a pattern for the name",
            (4, _) => "this guest is no member of the name's pool: add it in the manifest",
            (5, _) => "there is no such region, and size 0 creates none",
            (6, _) => "no slot of the pool is that large; ask for less",
            (7, _) => "all slots of the pool are in use; detach a region, or give the pool more",
            (8, _) | (0, 3) => "the region has 16 connections already; detach one",
            (9, _) => "this guest has 32 connections already; detach one",
            (10, _) => "this guest's quota of connections is used up",
            (11, _) => "this guest's quota of regions is used up",
            (12, _) => "this guest's quota of memory is used up; ask for less",
            (13, _) | (0, 6) => "there is no such connection",
            (0, 2) => "no free memory of that size; ask for less, or free a region",
            (0, 5) => "this guest may not attach that name: change its rules",
            _ => "see the console of the hypervisor for the reason",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Refusal { status, reason } = *self;
        write!(f, "{} ({status}", self.status_name())?;
        if reason != 0 {
            write!(f, ", reason {reason}")?;
        }
        write!(f, "): {}", self.remedy())
    }
}

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The driver's device file cannot be opened.
    #[error(
        "cannot open {path}: {source}\n  load the driver (insmod guest_shm.ko) and be root; \
         `dmesg | grep guest_shm` says whether this guest has the device"
    )]
    NoDevice {
        /// The file.
        path: String,
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
    /// Asked to join only, and nobody has created it.
    #[error("there is no region \"{name}\": give a size to create it, or wait for its creator")]
    NoRegion {
        /// The name asked for.
        name: String,
    },
    /// Peers that were asked for are not attached.
    #[error("not attached to \"{name}\": {missing}")]
    NoPeer {
        /// The region.
        name: String,
        /// Who is missing.
        missing: Peers,
    },
    /// The device ended the connection: the guest was dropped, or slept too long.
    #[error("the device dropped the connection to \"{name}\": attach it again")]
    Dropped {
        /// The region.
        name: String,
    },
    /// The device is one without that feature.
    #[error("this device has no {what}: it is the original's, or an older one")]
    Unsupported {
        /// What it lacks.
        what: &'static str,
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_status_reason_and_remedy() {
        let text = Refusal {
            status: 2,
            reason: 12,
        }
        .to_string();
        assert_eq!(
            text,
            "NOMEM (2, reason 12): this guest's quota of memory is used up; ask for less"
        );
        let text = Refusal {
            status: 5,
            reason: 0,
        }
        .to_string();
        assert!(text.starts_with("NO_PERMISSION (5): this guest may not"));
    }

    #[test]
    fn every_status_has_a_remedy_without_a_reason() {
        for status in 0..8 {
            let refusal = Refusal { status, reason: 0 };
            assert!(refusal.to_string().contains("): "), "{refusal}");
        }
    }
}
