// SPDX-License-Identifier: BSD-2-Clause

//! Why a protection domain cannot start.

use core::fmt;
use tombolo_config::{BlobError, ChannelId};

/// Each variant says what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The symbols `config_address` and `config_size` were not patched.
    NoConfiguration,
    /// The blob cannot be read.
    Blob(BlobError),
    /// An address in it is none, and of what.
    Address(&'static str, u64),
    /// A channel in it is none, or is used twice.
    Channel(ChannelId),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoConfiguration => f.write_str(
                "it was given no configuration: map its blob with setvar_vaddr=\"config_address\" \
                 and setvar_prefill_size=\"config_size\"",
            ),
            Self::Blob(error) => write!(f, "{error}"),
            Self::Address(what, address) => write!(
                f,
                "the configuration's address of {what} is {address:#x}: generate the system anew"
            ),
            Self::Channel(id) => write!(
                f,
                "the configuration's channel {id} is above 61 or used twice: \
                 generate the system anew"
            ),
        }
    }
}

impl core::error::Error for StartError {}
