// SPDX-License-Identifier: BSD-2-Clause

//! The driver's interface: `/dev/guest_shm`.
//!
//! The other side is `driver/guest_shm.h`. One open file is one attachment;
//! closing it detaches, and a mapping keeps it open.
//!
//! Rule: all `unsafe` of the program is here, and nothing but the three
//! ioctls, the mapping, the view of it, and the counter.

use core::ptr::NonNull;
use core::slice;
use core::sync::atomic::AtomicU64;
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::ioctl::{Setter, Updater, ioctl, opcode};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::error::{Error, Refusal};
use crate::region::{Attachment, Device, NAME_MAX, Region, Status, Targets};

/// The device file.
pub const PATH: &str = "/dev/guest_shm";

const GROUP: u8 = 0xb9;
const ATTACH: rustix::ioctl::Opcode = opcode::read_write::<RawAttachment>(GROUP, 0);
const NOTIFY: rustix::ioctl::Opcode = opcode::write::<u32>(GROUP, 2);

/// `struct guest_shm_attachment`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct RawAttachment {
    name: [u8; NAME_MAX + 1],
    size_pages: u32,
    idx: u32,
    gpa: u64,
    status: u32,
    vector: u32,
}

const _: () = assert!(size_of::<RawAttachment>() == 56);

/// The driver of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct Driver;

impl Device for Driver {
    type Region = Attached;

    fn attach(&self, name: &str, pages: u32) -> Result<Attached, Error> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(PATH)
            .map_err(|source| Error::NoDevice { path: PATH, source })?;
        let attachment = attach(&file, name, pages)?;
        let mapping = Mapping::new(&file, &attachment)?;
        Ok(Attached {
            mapping,
            file,
            attachment,
        })
    }
}

fn attach(file: &File, name: &str, pages: u32) -> Result<Attachment, Error> {
    let mut raw = RawAttachment {
        size_pages: pages,
        ..RawAttachment::default()
    };
    // A name too long for the field is passed on unterminated, for the device to refuse.
    for (to, from) in raw.name.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    // SAFETY: ATTACH reads and writes one `struct guest_shm_attachment`, whose
    // layout RawAttachment has, and keeps no pointer to it.
    let done = unsafe { ioctl(file, Updater::<ATTACH, _>::new(&mut raw)) };
    match done {
        Ok(()) => Ok(Attachment {
            name: name.into(),
            pages: raw.size_pages,
            idx: raw.idx,
            gpa: raw.gpa,
            vector: raw.vector,
        }),
        Err(_) if raw.status != 0 => Err(Error::Refused {
            name: name.into(),
            refusal: Refusal(raw.status),
        }),
        Err(errno) => Err(Error::os(format!("attach of \"{name}\""), errno)),
    }
}

/// The data of an attached region, in this process.
#[derive(Debug)]
struct Mapping {
    start: NonNull<AtomicU64>,
    bytes: usize,
}

impl Mapping {
    fn new(file: &File, attachment: &Attachment) -> Result<Mapping, Error> {
        let what = || {
            format!(
                "mmap of {} bytes of \"{}\"",
                attachment.bytes(),
                attachment.name
            )
        };
        let bytes = usize::try_from(attachment.bytes())
            .map_err(|_| Error::os(what(), io::ErrorKind::OutOfMemory))?;
        // SAFETY: a fresh mapping at an address that the kernel chooses overlaps
        // nothing that this program uses.
        let start = unsafe {
            mmap(
                core::ptr::null_mut(),
                bytes,
                ProtFlags::READ | ProtFlags::WRITE,
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

    fn words(&self) -> &[AtomicU64] {
        // SAFETY: the mapping is page-aligned, `bytes` long, readable and writable,
        // and lives until `self` is dropped; its memory is only ever accessed as
        // atomics here, and peers are outside of this program.
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

/// A region that the driver attached. The mapping goes before the file.
#[derive(Debug)]
pub struct Attached {
    mapping: Mapping,
    file: File,
    attachment: Attachment,
}

impl AsFd for Attached {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl Region for Attached {
    fn attachment(&self) -> &Attachment {
        &self.attachment
    }

    fn words(&self) -> &[AtomicU64] {
        self.mapping.words()
    }

    fn notify(&self, targets: Targets) -> Result<(), Error> {
        // SAFETY: NOTIFY reads one u32 through the pointer that Setter passes.
        unsafe { ioctl(&self.file, Setter::<NOTIFY, u32>::new(targets.0)) }
            .map_err(|errno| Error::os(format!("notify {:#x}", targets.0), errno))
    }

    fn wait(&self, timeout: Duration) -> Result<Option<Status>, Error> {
        let failed = |source: io::Error| Error::os(format!("wait on {PATH}"), source);
        let timeout = Timespec::try_from(timeout)
            .map_err(|_| failed(io::Error::from(io::ErrorKind::InvalidInput)))?;
        match poll(
            &mut [PollFd::new(&self.file, PollFlags::IN)],
            Some(&timeout),
        ) {
            Ok(0) | Err(Errno::INTR) => return Ok(None),
            Ok(_) => {}
            Err(errno) => return Err(failed(errno.into())),
        }
        let mut record = [0; 4];
        (&self.file).read_exact(&mut record).map_err(failed)?;
        Ok(Some(Status::from(u32::from_le_bytes(record))))
    }
}

/// The virtual counter and its frequency in Hz. Under a hypervisor that leaves
/// CNTVOFF at 0 the counter has run since the machine's reset.
#[cfg(target_arch = "aarch64")]
pub fn counter() -> (u64, u64) {
    let (count, frequency): (u64, u64);
    // SAFETY: both registers are readable at EL0 (Linux sets CNTKCTL_EL1.EL0VCTEN),
    // and reading them has no effect.
    unsafe {
        core::arch::asm!(
            "isb", "mrs {0}, cntvct_el0", "mrs {1}, cntfrq_el0",
            out(reg) count, out(reg) frequency, options(nomem, nostack)
        );
    }
    (count, frequency)
}

/// There is no such counter on the machine that runs the tests.
#[cfg(not(target_arch = "aarch64"))]
pub fn counter() -> (u64, u64) {
    (0, 1)
}
