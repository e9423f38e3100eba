// SPDX-License-Identifier: BSD-2-Clause

//! The configuration blob.

use crate::StartError;
use core::{ptr, slice};
use sel4_microkit::{Channel, var};
use serde::de::DeserializeOwned;
use tombolo_config::{ChannelId, decode};

/// Reads the blob of this protection domain.
pub fn configuration<T: DeserializeOwned>() -> Result<T, StartError> {
    decode(blob()?).map_err(StartError::Blob)
}

fn blob() -> Result<&'static [u8], StartError> {
    let address = *var!(config_address: usize = 0);
    let size = *var!(config_size: usize = 0);
    if address == 0 || size == 0 {
        return Err(StartError::NoConfiguration);
    }
    let pointer = ptr::with_exposed_provenance::<u8>(address);
    // SAFETY: the tool patched both symbols from the map of a region that it filled
    // with `size` bytes, mapped read-only here for good and written by nobody.
    Ok(unsafe { slice::from_raw_parts(pointer, size) })
}

/// A channel that the blob names.
pub fn channel(id: ChannelId) -> Result<Channel, StartError> {
    if id > 61 {
        return Err(StartError::Channel(id));
    }
    Ok(Channel::new(usize::from(id)))
}
