// SPDX-License-Identifier: BSD-2-Clause

//! The system description, borrowed from the image and checked for form.
//!
//! [`SystemSpec::parse`] proves that every table lies inside the description
//! and fits the kernel's capacity. Indices and values in the records are
//! checked by [`crate::Kernel::instantiate`].

use tombolo_kernel_spec::{
    CapSpec, Header, IrqSpec, MAGIC, Range, SchedContextSpec, TableRef, TcbSpec, VERSION,
    VSpaceSpec, VcpuSpec, limits,
};
use zerocopy::{FromBytes, Immutable, KnownLayout};

use crate::error::{SpecError, SpecTable};

/// A system description with tables in bounds.
#[derive(Clone, Copy, Debug)]
pub struct SystemSpec<'s> {
    /// The header.
    pub header: &'s Header,
    /// Threads.
    pub tcbs: &'s [TcbSpec],
    /// Scheduling contexts.
    pub sched_contexts: &'s [SchedContextSpec],
    /// Address spaces.
    pub vspaces: &'s [VSpaceSpec],
    /// vCPUs.
    pub vcpus: &'s [VcpuSpec],
    /// Interrupt handlers.
    pub irqs: &'s [IrqSpec],
    /// Capabilities.
    pub caps: &'s [CapSpec],
    /// Memory that the caller zeroes before anything runs.
    pub zero: &'s [Range],
}

/// More capabilities than slots cannot be meant.
const MAX_CAPS: usize = limits::CSPACES * limits::CSPACE_SLOTS;

impl<'s> SystemSpec<'s> {
    /// Borrows the description that starts at `bytes`, which is 8-byte-aligned
    /// and may be longer than the description.
    ///
    /// # Errors
    /// What is wrong with the header or with a table's place or size.
    pub fn parse(bytes: &'s [u8]) -> Result<Self, SpecError> {
        let (header, _) = Header::ref_from_prefix(bytes).map_err(|_| SpecError::TooShort)?;
        if header.magic != MAGIC {
            return Err(SpecError::Magic {
                found: header.magic,
            });
        }
        if header.version != VERSION {
            return Err(SpecError::Version {
                found: header.version,
            });
        }
        let size = usize::try_from(header.size).map_err(|_| SpecError::TooShort)?;
        let bytes = bytes.get(..size).ok_or(SpecError::TooShort)?;
        Ok(Self {
            header,
            tcbs: table(bytes, &header.tcbs, SpecTable::Tcb, limits::TCBS)?,
            sched_contexts: table(
                bytes,
                &header.sched_contexts,
                SpecTable::SchedContext,
                limits::SCHED_CONTEXTS,
            )?,
            vspaces: table(bytes, &header.vspaces, SpecTable::VSpace, limits::VSPACES)?,
            vcpus: table(bytes, &header.vcpus, SpecTable::Vcpu, limits::VCPUS)?,
            irqs: table(bytes, &header.irqs, SpecTable::Irq, limits::IRQS)?,
            caps: table(bytes, &header.caps, SpecTable::Cap, MAX_CAPS)?,
            zero: table(bytes, &header.zero, SpecTable::Zero, usize::MAX)?,
        })
    }

    /// Debug configuration: numbering of invocations, debug system calls.
    pub fn is_debug(&self) -> bool {
        self.header.debug != 0
    }
}

fn table<'s, T>(
    bytes: &'s [u8],
    place: &TableRef,
    table: SpecTable,
    limit: usize,
) -> Result<&'s [T], SpecError>
where
    T: FromBytes + Immutable + KnownLayout,
{
    if place.count > limit as u64 {
        return Err(SpecError::TooMany {
            table,
            count: place.count,
            limit,
        });
    }
    let outside = SpecError::TableOutside { table };
    let offset = usize::try_from(place.offset).map_err(|_| outside)?;
    let count = usize::try_from(place.count).map_err(|_| outside)?;
    if count == 0 {
        return Ok(&[]);
    }
    let bytes = bytes.get(offset..).ok_or(outside)?;
    <[T]>::ref_from_prefix_with_elems(bytes, count)
        .map(|(records, _)| records)
        .map_err(|_| outside)
}
