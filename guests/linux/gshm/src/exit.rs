// SPDX-License-Identifier: BSD-2-Clause

//! Exit codes: what a script can decide by.

use guest_shm::Error;

/// What `--help` says of them.
pub const HELP: &str = "\
Exit codes:
  0  done
  1  failed: an input or output error, or the driver refused
  2  wrong usage
  3  no device, or one without the feature asked for
  4  the device refused the attach
  5  nothing came in time
  6  no such region, or no such peer attached
  7  a peer left or broke the protocol, a checksum differs, or the connection was dropped";

/// The exit code of a program that ends with `error`.
pub fn code(error: &Error) -> u8 {
    match error {
        Error::Os { .. } => 1,
        Error::NoDevice { .. } | Error::Unsupported { .. } => 3,
        Error::Refused { .. } => 4,
        Error::Timeout { .. } => 5,
        Error::NoRegion { .. } | Error::NoPeer { .. } => 6,
        Error::Check(_) | Error::Dropped { .. } => 7,
    }
}
