// SPDX-License-Identifier: BSD-2-Clause

//! The data of an attached region, in this process.
//!
//! Rule: a mapping that is read-only has no type here that could store.

use core::ptr::NonNull;
use core::slice;
use core::sync::atomic::AtomicU64;
use std::fs::File;
use std::io;

use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::error::Error;
use crate::region::Attachment;

/// A mapping, unmapped when dropped.
#[derive(Debug)]
pub struct Mapping {
    start: NonNull<AtomicU64>,
    bytes: usize,
}

// SAFETY: the mapping belongs to the process, not to a thread, and is accessed as
// atomics only.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps all data of what `file` has attached.
    pub fn new(file: &File, attachment: &Attachment, writable: bool) -> Result<Mapping, Error> {
        let what = || {
            let access = if writable { "writing" } else { "reading" };
            let Attachment { name, .. } = attachment;
            format!(
                "mapping {} bytes of \"{name}\" for {access}",
                attachment.bytes()
            )
        };
        let bytes = usize::try_from(attachment.bytes())
            .map_err(|_| Error::os(what(), io::ErrorKind::OutOfMemory))?;
        let mut protection = ProtFlags::READ;
        protection.set(ProtFlags::WRITE, writable);
        // SAFETY: a fresh mapping at an address that the kernel chooses overlaps
        // nothing that this program uses.
        let start = unsafe {
            mmap(
                core::ptr::null_mut(),
                bytes,
                protection,
                MapFlags::SHARED,
                file,
                0,
            )
        }
        .map_err(|errno| Error::os(what(), errno))?;
        let start = NonNull::new(start.cast())
            .ok_or_else(|| Error::os(what(), io::ErrorKind::InvalidData))?;
        Ok(Mapping { start, bytes })
    }

    /// The data as atomics. Of a read-only mapping only relaxed loads are allowed:
    /// the caller keeps that.
    pub fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, `bytes` long, readable, and lives
        // until `self` is dropped; its memory is only ever accessed as atomics, and
        // peers are outside of this program.
        unsafe { slice::from_raw_parts(self.start.as_ptr(), self.bytes / size_of::<AtomicU64>()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: exactly what `new` mapped, and the borrows that `words` gave out
        // cannot outlive `self`. An error would leave it mapped: harmless.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.bytes) };
    }
}
