// SPDX-License-Identifier: BSD-2-Clause

//! Trace rings by address.

use crate::StartError;
use core::ptr;
use shmem_rings::{ReadOnly, map_read_only, map_shared};
use tombolo_config::TraceRing;
use tombolo_trace::{REGION_BYTES, Tracer};

// Lossless: a few pages.
const BYTES: usize = REGION_BYTES as usize;

/// The writing end of this protection domain's own ring.
///
/// # Errors
///
/// [`StartError::Address`] if there is no ring, or something else is there.
pub fn tracer(ring: TraceRing) -> Result<Tracer<'static>, StartError> {
    let wrong = StartError::Address("the trace", ring);
    let address = usize::try_from(ring).map_err(|_| wrong)?;
    let address = ptr::with_exposed_provenance_mut(address);
    // SAFETY: the generator maps a region of that size at the address that it put
    // into the blob, read-write and cached, for this domain's whole life; only the
    // tracer touches it. 0 and a wrong alignment are refused.
    let memory = unsafe { map_shared(address, BYTES) }.map_err(|_| wrong)?;
    Tracer::new(memory).map_err(|_| wrong)
}

/// Another's ring, for reading.
///
/// # Errors
///
/// [`StartError::Address`] if the address is none.
pub fn trace_of(ring: TraceRing) -> Result<ReadOnly<'static>, StartError> {
    let wrong = StartError::Address("a trace", ring);
    let address = usize::try_from(ring).map_err(|_| wrong)?;
    let address = ptr::with_exposed_provenance(address);
    // SAFETY: as above, but mapped read-only.
    unsafe { map_read_only(address, BYTES) }.map_err(|_| wrong)
}
