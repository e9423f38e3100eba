// SPDX-License-Identifier: BSD-2-Clause

//! What can be wrong with a system description, and with an invocation.

use core::fmt;

/// A table of the system description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecTable {
    /// Threads.
    Tcb,
    /// Scheduling contexts.
    SchedContext,
    /// Address spaces.
    VSpace,
    /// vCPUs.
    Vcpu,
    /// Interrupt handlers.
    Irq,
    /// Capabilities.
    Cap,
    /// Memory to zero.
    Zero,
    /// Endpoints (a count in the header).
    Endpoint,
    /// Notifications (a count in the header).
    Notification,
    /// Reply objects (a count in the header).
    Reply,
    /// CSpaces (a count in the header).
    CSpace,
}

/// Why a system description is refused. The image tool writes it, so each of
/// these is an image made by another version of the tool, or a damaged one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecError {
    /// The bytes end before the header or before what it says.
    TooShort,
    /// No description here.
    Magic {
        /// First word.
        found: u64,
    },
    /// Written by a tool of another version.
    Version {
        /// Its version.
        found: u32,
    },
    /// A table is not inside the description, or misaligned.
    TableOutside {
        /// Which.
        table: SpecTable,
    },
    /// More records than the kernel has room for.
    TooMany {
        /// Which table.
        table: SpecTable,
        /// Records in it.
        count: u64,
        /// The kernel's capacity.
        limit: usize,
    },
    /// A field of a record has a value that it cannot have.
    BadField {
        /// Which table.
        table: SpecTable,
        /// Position of the record.
        record: usize,
        /// The field.
        field: &'static str,
        /// Its value.
        value: u64,
    },
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::TooShort => write!(f, "system description is cut short"),
            Self::Magic { found } => write!(f, "no system description here: word {found:#x}"),
            Self::Version { found } => write!(
                f,
                "system description has version {found}, this kernel reads {}: \
                 make the image with this kernel's tool",
                tombolo_kernel_spec::VERSION
            ),
            Self::TableOutside { table } => {
                write!(f, "table {table:?} lies outside the system description")
            }
            Self::TooMany {
                table,
                count,
                limit,
            } => write!(f, "table {table:?} has {count} records, at most {limit}"),
            Self::BadField {
                table,
                record,
                field,
                value,
            } => write!(f, "{table:?} {record}: {field} cannot be {value:#x}"),
        }
    }
}
